//! The program as a user runs it: every verb, with its output and its exit code.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end where something is wrong")]

mod attachments;
mod build;
mod build_envoy;
mod check;
mod cluster;
mod cluster_guide;
#[path = "../common/mod.rs"]
mod common;
mod fmt;
mod help;
mod out;
mod pages;
mod paths;
mod pipes;
mod project;
mod prune;
mod rollout_guide;
mod run_guide;
mod run_verb;
mod support;
mod test_envoy;
mod test_verb;
mod why;
