//! Requirements, on one line.

use super::text;
use crate::syntax::ast::{Comparison, Operator, Requirement};

/// A requirement with the parentheses that it was written with.
pub(super) fn requirement(requirement: &Requirement) -> String {
    let mut out = String::new();
    write(requirement, &mut out);
    out
}

fn write(requirement: &Requirement, out: &mut String) {
    match requirement {
        Requirement::Or(parts) | Requirement::And(parts) => {
            let word = if matches!(requirement, Requirement::Or(_)) { " or " } else { " and " };
            for (at, part) in parts.iter().enumerate() {
                if at > 0 {
                    out.push_str(word);
                }
                write(&part.value, out);
            }
        }
        Requirement::Not(part) => {
            out.push_str("not ");
            write(&part.value, out);
        }
        Requirement::Group(part) => {
            out.push('(');
            write(&part.value, out);
            out.push(')');
        }
        Requirement::Token(None) => out.push_str("token"),
        Requirement::Token(Some(issuer)) => {
            out.push_str("token from ");
            out.push_str(&issuer.text);
        }
        Requirement::Policy(name) => out.push_str(&name.text),
        Requirement::Subject(comparison) => write_comparison("subject", comparison, out),
        Requirement::Audience(comparison) => write_comparison("audience", comparison, out),
        Requirement::Scope(comparison) => write_comparison("scope", comparison, out),
        Requirement::Claim(path, comparison) => {
            out.push_str("claim ");
            write_comparison(&text::claim(path), comparison, out);
        }
    }
}

fn write_comparison(left: &str, comparison: &Comparison, out: &mut String) {
    out.push_str(left);
    match comparison.operator.value {
        Operator::Is => out.push_str(" is "),
        Operator::Has => out.push_str(" has "),
        Operator::In => {
            out.push_str(" in ");
            out.push_str(&text::list(&comparison.values));
            return;
        }
    }
    out.push_str(&text::texts(&comparison.values));
}
