//! Whether two files say the same: the trees without their places, the comments in their order.

use super::text::method_rank;
use crate::syntax::ast::{AppLine, CorsLine, File, HostLine, Item};

/// Whether two trees differ in nothing but places and the order of methods.
pub(super) fn same_tree(a: &File, b: &File) -> bool {
    a.items.len() == b.items.len() && a.items.iter().zip(&b.items).all(|(a, b)| shape(&a.value) == shape(&b.value))
}

/// Whether two files have the same comments in the same order.
pub(super) fn same_comments(a: &File, b: &File) -> bool {
    a.comments.iter().map(|c| &c.text).eq(b.comments.iter().map(|c| &c.text))
}

/// A declaration in words, without places. It is made of what `Debug` prints, so no field can be forgotten.
fn shape(item: &Item) -> String {
    let mut item = item.clone();
    sort_methods(&mut item);
    without_spans(&format!("{item:?}"))
}

/// Takes `span: 0:12..34` out of what `Debug` prints, but not out of strings.
fn without_spans(debug: &str) -> String {
    const KEY: &str = "span: ";
    let mut out = String::with_capacity(debug.len());
    let mut rest = debug;
    while let Some(at) = rest.find(['"', 's']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if rest.starts_with('"') {
            let length = string_length(rest);
            out.push_str(&rest[..length]);
            length
        } else if let Some(span) = rest.strip_prefix(KEY) {
            KEY.len() + span.bytes().take_while(|b| b.is_ascii_digit() || matches!(b, b':' | b'.')).count()
        } else {
            out.push('s');
            1
        };
        rest = &rest[taken..];
    }
    out.push_str(rest);
    out
}

/// The length of a string as `Debug` prints it, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The order of methods means nothing, and the formatter changes it.
fn sort_methods(item: &mut Item) {
    match item {
        Item::App(app) => {
            for line in &mut app.body.lines {
                match &mut line.value {
                    AppLine::Route(route) => route.methods.sort_by_key(method_rank),
                    AppLine::Host { body, .. } => body.lines.iter_mut().for_each(|line| sort_in_host(&mut line.value)),
                    AppLine::Cors(block) => {
                        for line in &mut block.lines {
                            if let CorsLine::Methods(methods) = &mut line.value {
                                methods.sort_by_key(method_rank);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        Item::Routes(routes) => routes.body.lines.iter_mut().for_each(|line| sort_in_host(&mut line.value)),
        Item::Never(never) => {
            never.exceptions.iter_mut().for_each(|it| it.value.methods.sort_by_key(method_rank));
        }
        _ => {}
    }
}

fn sort_in_host(line: &mut HostLine) {
    if let HostLine::Route(route) = line {
        route.methods.sort_by_key(method_rank);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_taken_out_and_strings_are_not() {
        let debug = r#"Name { span: 0:12..15, text: "span: 0:1..2 \" s" }"#;
        assert_eq!(without_spans(debug), r#"Name { , text: "span: 0:1..2 \" s" }"#);
    }
}
