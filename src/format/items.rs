//! Declarations.

use super::layout::{Class, Layout};
use super::lines::{self, entries};
use super::requirement::requirement;
use super::text::{self, app};
use crate::source::Spanned;
use crate::syntax::ast::{Always, File, Item, Never, Subject, Text};

/// The whole file.
pub(super) fn print(source: &str, file: &File) -> String {
    let mut layout = Layout::new(source, &file.comments);
    let mut before: Option<&Item> = None;
    for item in &file.items {
        if before.is_some_and(|before| !may_stand_together(before, &item.value)) {
            layout.apart();
        }
        print_item(item, &mut layout);
        before = Some(&item.value);
    }
    layout.finish()
}

/// Declarations of one line and one kind stand with or without a blank line between them, as they were written.
fn may_stand_together(a: &Item, b: &Item) -> bool {
    matches!(
        (a, b),
        (Item::Policy(_), Item::Policy(_)) | (Item::Never(_) | Item::Always(_), Item::Never(_) | Item::Always(_))
    )
}

fn print_item(item: &Spanned<Item>, layout: &mut Layout<'_>) {
    let start = item.span.start;
    match &item.value {
        Item::Issuer(issuer) => {
            let head = vec![format!("issuer {}", issuer.name.text)];
            entries(start, &issuer.body, Class::None, head, layout, lines::issuer);
        }
        Item::Policy(policy) => {
            let cells =
                vec![format!("policy {}", policy.name.text), format!("= {}", requirement(&policy.requirement.value))];
            layout.row(item.span, Class::Policy, cells);
        }
        Item::Gateway(gateway) => {
            let head = vec![format!("gateway {}{}", gateway.name.text, clause("in", gateway.namespace.as_ref()))];
            entries(start, &gateway.body, Class::None, head, layout, lines::gateway);
        }
        Item::App(app) => {
            let namespace = clause("in", app.namespace.as_ref());
            let port = clause("port", app.port.as_ref());
            let head = vec![format!("app {}{namespace}{port}", app.name.text)];
            entries(start, &app.body, Class::None, head, layout, lines::app);
        }
        Item::Routes(routes) => {
            let head = vec![format!("routes {}", routes.name.text)];
            entries(start, &routes.body, Class::None, head, layout, lines::host);
        }
        Item::Env(env) => {
            let head = vec![format!("env {}", env.name.text)];
            entries(start, &env.body, Class::None, head, layout, lines::env);
        }
        Item::Test(test) => {
            let head = vec![format!("test {}", text::text(&test.name))];
            entries(start, &test.body, Class::None, head, layout, lines::test);
        }
        Item::Never(it) => layout.row(item.span, Class::None, vec![never(it)]),
        Item::Always(it) => layout.row(item.span, Class::None, vec![always(it)]),
        Item::Error => {}
    }
}

fn clause(keyword: &str, value: Option<&Text>) -> String {
    value.map(|value| format!(" {keyword} {}", text::text(value))).unwrap_or_default()
}

fn never(never: &Never) -> String {
    let subject = match &never.subject.value {
        Subject::Public => "public".to_string(),
        Subject::Requirement(it) => requirement(&it.value),
    };
    let path = clause("at", never.path.as_ref());
    let exceptions: Vec<String> = never
        .exceptions
        .iter()
        .map(|e| format!("{} {}", text::methods(&e.value.methods), text::text(&e.value.path)))
        .collect();
    let except = if exceptions.is_empty() { String::new() } else { format!(" except {}", exceptions.join(", ")) };
    format!("never {subject} reaches {}{path}{except}", app(&never.app))
}

fn always(always: &Always) -> String {
    let path = clause("at", always.path.as_ref());
    format!("always {}{path} requires {}", app(&always.app), requirement(&always.requirement.value))
}
