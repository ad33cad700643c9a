//! A program with ten thousand routes on one host.

use std::fmt::Write as _;

use meshc::access::{Request, Via};
use meshc::analyze::analyze;
use meshc::ir::{GatewayId, Program};
use meshc::source::SourceMap;
use meshc::{Attachments, parse};

pub const ROUTES: usize = 10_000;

pub fn program() -> Program {
    let mut text = String::from("gateway edge {\n  http 80\n}\n\napp big port 80 {\n  hosts big.example.com\n");
    for i in 0..ROUTES {
        let _ = writeln!(text, "  GET /r{i:05}/x public");
    }
    text.push_str("}\n");
    let sources = SourceMap::single("access.mesh", text);
    let analysis = analyze(&sources, parse(&sources).files(), None, &Attachments::default());
    assert!(analysis.diagnostics.is_empty());
    analysis.program
}

/// A request for the route of that number.
pub fn request(route: usize) -> Request {
    Request {
        via: Via::Gateway(GatewayId(0), 80),
        authority: "big.example.com".into(),
        method: "GET".into(),
        target: format!("/r{route:05}/x"),
        preflight_origin: None,
        presented: None,
    }
}
