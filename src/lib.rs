//! meshc: a compiler from a short description of who may reach which app into Istio manifests.

pub mod access;
pub mod diagnostic;
pub mod ir;
pub mod judge;
pub mod source;
pub mod syntax;
pub mod target;
