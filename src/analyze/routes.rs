//! Route lines: methods, path, access, options.

use std::fmt::Display;

use super::claims::OpenClaim;
use super::fault::Fault;
use super::text::Form;
use super::{Analyzer, numbers, paths, urls};
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::ir::{Access, Host, Method, MethodSet, PathPattern, Redirect, RedirectTarget, Route, RouteOptions, Share};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Block, Name, RouteOption, Text};

/// A route, and the claims that it asks for without saying whose.
#[derive(Debug, Clone)]
pub(super) struct ReadRoute {
    pub(super) route: Route,
    pub(super) open: Vec<OpenClaim>,
}

impl<'a> Analyzer<'a> {
    /// Reads a route; `None` if it lacks something without which it is none.
    pub(super) fn read_route(&mut self, span: Span, route: &'a ast::Route) -> Option<ReadRoute> {
        let methods = self.methods(&route.methods, true);
        let path = self.read(&route.path, Form::Word, codes::INVALID_PATH, paths::pattern);
        let (access, open) = self.access(&route.access);
        let head = route.methods.first().map_or(route.path.span, |m| m.span.to(route.path.span));
        let options = match &route.options {
            Some(block) => self.options(block, &route.access, path.as_ref().map(|p| &p.value)),
            None => RouteOptions::default(),
        };
        let route = Route { span, head, hosts: None, methods: methods?, path: path?.value, access: access?, options };
        Some(ReadRoute { route, open })
    }

    /// Reads a list of methods; `any` says whether `ANY` may stand for all of them.
    pub(super) fn methods(&mut self, names: &'a [Name], any: bool) -> Option<MethodSet> {
        let mut set = MethodSet::EMPTY;
        let mut sound = true;
        for (i, name) in names.iter().enumerate() {
            let text = name.text.as_str();
            if names[..i].iter().any(|earlier| earlier.text == text) {
                let first = names[..i].iter().find(|e| e.text == text).map_or(name.span, |e| e.span);
                self.diagnostics.push(super::once::repeated(text, &"this line", name.span, first));
                continue;
            }
            match Method::from_name(text) {
                Some(method) => set = set.with(method),
                None if text == "ANY" && any && names.len() == 1 => set = MethodSet::ANY,
                None => {
                    self.diagnostics.push(bad_method(name, any));
                    sound = false;
                }
            }
        }
        sound.then_some(set)
    }

    fn access(&mut self, access: &'a Spanned<ast::Access>) -> (Option<Access>, Vec<OpenClaim>) {
        match &access.value {
            ast::Access::Public => (Some(Access::Public), Vec::new()),
            ast::Access::Deny => (Some(Access::Deny), Vec::new()),
            ast::Access::Require(requirement) => match self.resolve(requirement) {
                Some(resolved) => {
                    let policies = resolved.policies.into_iter().collect();
                    let access = Access::Require { formula: resolved.formula, span: requirement.span, policies };
                    (Some(access), resolved.open)
                }
                None => (None, Vec::new()),
            },
            ast::Access::Redirect { target, status } => {
                let target = if target.quoted {
                    self.read(target, Form::String, codes::INVALID_URL, urls::redirect).map(|t| t.value)
                } else {
                    self.read(target, Form::Word, codes::INVALID_PATH, redirect_path).map(|t| t.value)
                };
                let status = match status {
                    Some(text) => {
                        self.read(text, Form::Word, codes::INVALID_NUMBER, numbers::redirect_status).map(|s| s.value)
                    }
                    None => Some(301),
                };
                let redirect = target.zip(status).map(|(target, status)| Access::Redirect(Redirect { target, status }));
                (redirect, Vec::new())
            }
        }
    }

    fn options(
        &mut self,
        block: &'a Block<RouteOption>,
        access: &Spanned<ast::Access>,
        path: Option<&PathPattern>,
    ) -> RouteOptions {
        let place: &dyn Display = &"the options of this route";
        let (mut timeout, mut retries, mut rewrite) = (None, None, None);
        let mut shares = Vec::new();
        for line in &block.lines {
            match &line.value {
                RouteOption::Timeout(text) => self.once(&mut timeout, line.span, text, "timeout", place),
                RouteOption::Retries(text) => self.once(&mut retries, line.span, text, "retries", place),
                RouteOption::Rewrite(text) => self.once(&mut rewrite, line.span, text, "rewrite", place),
                RouteOption::To { app, percent } => shares.push((line.span, app, percent)),
                RouteOption::Error => {}
            }
        }
        self.refuse_options(block, access);
        let duration = codes::INVALID_DURATION;
        let timeout_ms = timeout.and_then(|t| self.read(t.value, Form::Word, duration, numbers::duration_ms));
        let retries = retries.and_then(|r| self.read(r.value, Form::Word, codes::INVALID_NUMBER, numbers::retries));
        let rewrite = rewrite.and_then(|r| self.rewrite(r.value, path));
        RouteOptions {
            timeout_ms: timeout_ms.map(|t| t.value),
            retries: retries.map(|r| r.value),
            rewrite,
            shares: self.shares(shares),
        }
    }

    /// A route that is refused or redirected reaches no app, so it has nothing to be passed on.
    fn refuse_options(&mut self, block: &Block<RouteOption>, access: &Spanned<ast::Access>) {
        let what = match &access.value {
            ast::Access::Deny => "denied",
            ast::Access::Redirect { .. } => "redirected",
            ast::Access::Public | ast::Access::Require(_) => return,
        };
        if let Some(first) = block.lines.iter().find(|line| line.value != RouteOption::Error) {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::OPTION_NOT_ALLOWED,
                    format!("a route that is {what} has no options"),
                    first.span,
                    "no request gets here",
                )
                .with_secondary(access.span, format!("{what} here"))
                .with_help("take the options out"),
            );
        }
    }

    fn rewrite(&mut self, text: &'a Text, path: Option<&PathPattern>) -> Option<PathPattern> {
        let target = self.read(text, Form::Word, codes::INVALID_PATH, paths::pattern)?;
        let problem = if target.value.has_star() {
            Some(("`*` cannot stand in a target", "write one path, or one that ends in `/**`".to_string()))
        } else if target.value.subtree {
            match path {
                Some(path) if !path.subtree => {
                    Some(("the route has no `/**` whose rest could be kept", exact(&target.value)))
                }
                Some(path) if path.has_star() => {
                    Some(("what a `*` of the route matches cannot be kept", exact(&target.value)))
                }
                _ => None,
            }
        } else {
            None
        };
        let Some((label, help)) = problem else { return Some(target.value) };
        let mut diagnostic = Diagnostic::new(
            codes::REWRITE_SHAPE,
            match path {
                Some(path) => format!("`{path}` cannot be rewritten to `{}`", target.value),
                None => format!("nothing can be rewritten to `{}`", target.value),
            },
            target.span,
            label,
        );
        diagnostic = diagnostic.with_help(help);
        self.diagnostics.push(diagnostic);
        None
    }

    fn shares(&mut self, lines: Vec<(Span, &'a ast::AppReference, &'a Text)>) -> Vec<Share> {
        let mut shares: Vec<Share> = Vec::with_capacity(lines.len());
        for (span, app, percent) in lines {
            let percent = self.read(percent, Form::Word, codes::INVALID_NUMBER, numbers::percent);
            let Some(app_id) = self.app_reference(app) else { continue };
            if let Some(first) = shares.iter().find(|s| s.app == app_id) {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::SPLIT_SHARES,
                        format!("app `{}` gets two shares of this route", app.name.text),
                        app.span,
                        "again here",
                    )
                    .with_secondary(first.span, "first here")
                    .with_help("write one share for each app"),
                );
                continue;
            }
            // A share that could not be read keeps its place and counts for nothing.
            let Some(percent) = percent else { continue };
            shares.push(Share { app: app_id, percent: percent.value, span });
        }
        let mut sum: u32 = 0;
        for share in &shares {
            sum += u32::from(share.percent);
            if sum > 100 {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::SPLIT_SHARES,
                        "the shares of this route are more than 100 % together",
                        share.span,
                        format!("{sum} % with this one"),
                    )
                    .with_help("what the shares leave over goes to the route's own app"),
                );
                break;
            }
        }
        shares.sort_by_key(|share| share.app);
        shares
    }
}

/// Puts routes into an order that does not depend on where they were written.
pub(super) fn sort(routes: &mut [Route]) {
    routes.sort_by(|a, b| {
        let key = |r: &Route| (r.methods, r.span);
        a.hosts.cmp(&b.hosts).then_with(|| a.path.cmp(&b.path)).then_with(|| key(a).cmp(&key(b)))
    });
}

/// Puts routes on the hosts of their block.
pub(super) fn put_on(hosts: &[Host], routes: &mut [ReadRoute]) {
    for read in routes {
        read.route.hosts = Some(hosts.to_vec());
    }
}

fn redirect_path(text: &str) -> Result<RedirectTarget, Fault> {
    if text.contains("://") {
        return Err(Fault::new(format!("`{text}` has to be in quotes"), "a URL needs quotes")
            .help("write the URL in double quotes")
            .write(format!("\"{text}\"")));
    }
    paths::target(text).map(RedirectTarget::Path)
}

fn exact(target: &PathPattern) -> String {
    let named = target.named();
    format!("rewrite to one path, such as `{}`", if named.is_empty() { "/" } else { &named })
}

fn bad_method(name: &Name, any: bool) -> Diagnostic {
    let text = name.text.as_str();
    let upper = text.to_ascii_uppercase();
    let error =
        |message: String, label: &'static str| Diagnostic::new(codes::INVALID_METHOD, message, name.span, label);
    if text == "ANY" {
        let found = error("`ANY` stands beside another method".to_string(), "every method there is");
        return if any {
            found.with_help("write `ANY` alone, or the methods that are meant")
        } else {
            error("`ANY` cannot stand here".to_string(), "not one method").with_help("list the methods that are meant")
        };
    }
    let found = error(format!("`{text}` is not a method"), "not a method");
    if Method::from_name(&upper).is_some() || upper == "ANY" {
        let found = error(format!("the method `{text}` is not in upper case"), "methods are written in upper case");
        return found.with_fix(format!("write `{upper}`"), name.span, upper);
    }
    let names = Method::ALL.map(Method::name);
    match suggest::nearest(text, names) {
        Some(near) => found.with_help(format!("did you mean `{near}`")),
        None => found.with_help(format!("write {}, or `ANY`", names.map(|n| format!("`{n}`")).join(", "))),
    }
}
