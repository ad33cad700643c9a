//! The configuration, with the names and fields of Envoy's v3 API, in the order in which they are written.
//!
//! Only what meshc writes is here. A message of an extension is a variant that carries its `@type`, so that a message
//! in the wrong place does not compile.

pub mod bootstrap;
pub mod cluster;
pub mod http;
pub mod jwt;
pub mod matcher;
pub mod rbac;
pub mod route;

pub use bootstrap::Bootstrap;
