//! meshc: a compiler from a short description of who may reach which app into Istio manifests.

pub mod diagnostic;
pub mod format;
pub mod source;
pub mod syntax;
pub mod target;
