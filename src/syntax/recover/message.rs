//! What is said of a line that cannot be read.

use super::{Recover, Recovery, habits, is_method};
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::source::Span;
use crate::syntax::ast::RouteOption;
use crate::syntax::grammar::{self, Rule};
use crate::syntax::lexical;
use crate::syntax::quotes;
use crate::syntax::rule_names::{self, END, Failure};
use crate::syntax::scan::TokenKind;
use std::ops::Range;

/// How many things "expected …" names.
const MAX_EXPECTED: usize = 4;

const ACCESS_HELP: &str = "say who may: `public`, `require …`, `deny` or `redirect …`";

impl Recovery<'_> {
    /// Tells of the first thing that is wrong with a line.
    pub(super) fn explain<L: Recover>(&mut self, line: Range<usize>) {
        if self.has_lexical_error(&line) {
            return;
        }
        let first = self.word(line.start);
        let known = L::KEYWORDS.is_empty() || L::KEYWORDS.contains(&first);
        let path_follows = line.len() > 1 && self.word(line.start + 1).starts_with('/');
        let route = L::ROUTES && !known && (is_method(first) || path_follows);
        let after_methods = line.clone().find(|&i| !is_method(self.word(i)));
        if let Some(comma) = after_methods.filter(|&i| route && self.tokens[i].kind == TokenKind::Comma) {
            self.comma(comma);
            return;
        }
        if route && self.missing_access::<L>(&line) {
            return;
        }
        if !known && !route {
            self.unknown_statement::<L>(line.start);
            return;
        }
        // A block on the line is not what is wrong: whatever could have one was taken apart before. A route is read
        // alone, since nearly any word could begin a second one behind it.
        self.expected(if route { Rule::only_route_head } else { L::ONLY }, line, L::KEYWORDS, END);
    }

    /// Tells what is wrong with the head of a line that has a block.
    pub(super) fn explain_head(&mut self, rule: Rule, head: Range<usize>) {
        if self.has_lexical_error(&head) {
            return;
        }
        if rule == Rule::only_route_head && self.missing_access::<crate::syntax::ast::HostLine>(&head) {
            return;
        }
        self.expected(rule, head, &[], "`{`");
    }

    /// Tells of a comma where values are separated by blanks.
    fn comma(&mut self, token: usize) {
        let span = self.span(token..token + 1);
        self.errors.push(
            Diagnostic::new(codes::SYNTAX_ERROR, "`,` cannot stand here", span, "not expected here")
                .with_help("values of a list are separated by blanks; commas stand only between `[` and `]`"),
        );
    }

    /// Tells of a path like `/users/{id}`, whose brace looks as if it began a block; says whether there was one.
    pub(super) fn path_with_braces(&mut self, line: &Range<usize>, open: usize) -> bool {
        let inside = open > line.start
            && self.word(open - 1).starts_with('/')
            && self.tokens[open - 1].end == self.tokens[open].start
            && self.tokens.get(open + 2).is_some_and(|t| t.kind == TokenKind::Close(b'}'));
        if !inside {
            return false;
        }
        let end = (open..line.end).find(|&i| self.tokens.get(i + 1).is_none_or(|t| t.start > self.tokens[i].end));
        let span = self.span(open - 1..end.unwrap_or(open) + 1);
        let path = self.text.get(span.range()).unwrap_or("").to_string();
        // `{id}` is one segment for everybody; `{path...}`, `{**}` and `{id:[0-9]+}` are something else.
        let is_name = |segment: &str| {
            let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            name.is_some_and(|name| {
                name.starts_with(|c: char| c.is_ascii_alphabetic())
                    && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
            })
        };
        let mended: Vec<&str> = path.split('/').map(|segment| if is_name(segment) { "*" } else { segment }).collect();
        let mended = mended.join("/");
        let label = "`{` and `}` cannot stand in a path";
        let mut diagnostic = Diagnostic::new(codes::INVALID_PATH, format!("`{path}` is not a path"), span, label)
            .with_help("write `*` for a whole segment of any text, and `/**` at the end for everything below");
        if !mended.contains(['{', '}']) {
            diagnostic = diagnostic.with_fix(format!("write `{mended}`"), span, mended);
        }
        self.errors.push(diagnostic);
        true
    }

    fn unknown_statement<L: Recover>(&mut self, token: usize) {
        let span = self.span(token..token + 1);
        let text = self.slice(token..token + 1);
        let mut diagnostic = Diagnostic::new(
            codes::UNKNOWN_STATEMENT,
            format!("nothing here begins with `{text}`"),
            span,
            "not known here",
        );
        if let Some(help) = habits::help_at_start(text) {
            diagnostic = diagnostic.with_help(help);
        } else if let Some(nearest) = suggest::nearest(text, L::KEYWORDS.iter().copied()) {
            diagnostic = diagnostic.with_help(format!("did you mean `{nearest}`"));
        } else {
            let all: Vec<String> = L::KEYWORDS.iter().map(|word| format!("`{word}`")).collect();
            let routes = if L::ROUTES { " or a route such as `GET /path public`" } else { "" };
            diagnostic = diagnostic.with_help(format!("what may stand here: {}{routes}", all.join(", ")));
        }
        self.errors.push(diagnostic);
    }

    /// A route after whose path nothing stands is told as what it is; nothing is guessed in its place.
    fn missing_access<L: Recover>(&mut self, line: &Range<usize>) -> bool {
        let base = self.tokens[line.start].start;
        let text = self.slice(line.clone());
        let Some(pair) = grammar::read(Rule::route_start, text).and_then(|mut pairs| pairs.next()) else {
            return false;
        };
        let end = base + pair.as_str().trim_end().len();
        let next = line.clone().find(|&i| self.tokens[i].start >= end);
        let nothing = next.is_none_or(|i| match self.tokens[i].kind {
            TokenKind::Open(b'{') | TokenKind::Close(b'}') | TokenKind::Newline => true,
            _ => is_method(self.word(i)) || L::KEYWORDS.contains(&self.word(i)),
        });
        if nothing {
            let place = lexical::span(self.file, base, end);
            let message = "the route does not say who may use it";
            let mut diagnostic =
                Diagnostic::new(codes::MISSING_ACCESS, message, place, "no access clause").with_help(ACCESS_HELP);
            if self.text.get(end..).is_some_and(|rest| rest.starts_with('#')) {
                diagnostic = diagnostic.with_note("`#` begins a comment and cannot stand in a path");
            }
            self.errors.push(diagnostic);
        }
        nothing
    }

    /// Reads once more, for what pest would have taken at the place where it got stuck.
    fn expected(&mut self, rule: Rule, line: Range<usize>, keywords: &[&str], end: &str) {
        let base = self.tokens[line.start].start;
        let failure = self.failure(rule, &line);
        let stuck = base + failure.position;
        let mut names = failure.expected;
        let expects = |names: &[String], name: &str| names.iter().any(|n| n == name);
        let route = rule == Rule::only_route_head;
        let half = expects(&names, "`is`") || expects(&names, "`has`");
        let ends = expects(&names, END) || names.is_empty() && stuck < base + self.slice(line.clone()).len();
        // Behind a whole requirement a route may end, though pest does not say so; behind half of one nothing may.
        if ends || route && expects(&names, "`and`") {
            // Where the line may end, a list of all that could begin the next one helps nobody.
            names.retain(|name| !keywords.contains(&name.trim_matches('`')) && !name.contains("method"));
            names.retain(|name| name != END);
            if !half {
                names.extend((route && end == END).then(|| "`{`".to_string()));
                names.push(end.to_string());
            }
        }
        let token = line.clone().find(|&i| self.tokens[i].end > stuck && self.tokens[i].kind != TokenKind::Newline);
        let (place, found) = match token {
            Some(token) => (self.span(token..token + 1), format!("`{}`", self.slice(token..token + 1))),
            None => self.after(&line),
        };
        if let Some(comma) = token.filter(|&token| self.tokens[token].kind == TokenKind::Comma) {
            self.comma(comma);
            return;
        }
        let label = if token.is_some() { "not expected here" } else { "it ends here" };
        let message = match list(&names) {
            Some(list) => format!("expected {list}, found {found}"),
            None => format!("{found} cannot stand here"),
        };
        let mut diagnostic = Diagnostic::new(codes::SYNTAX_ERROR, message, place, label);
        if let Some(help) = self.help(&names, &line, token) {
            diagnostic = diagnostic.with_help(help);
        }
        if let Some(open) = self.open_before(&line, token) {
            diagnostic = diagnostic.with_secondary(self.span(open..open + 1), "not closed");
        }
        self.errors.push(diagnostic);
    }

    /// The place behind a line.
    fn after(&self, line: &Range<usize>) -> (Span, String) {
        let span = self.span(line.clone());
        let next = self.tokens.get(line.end).map(|token| token.kind);
        let found = match next {
            Some(TokenKind::Open(b'{')) => "`{`",
            Some(TokenKind::Close(b'}')) => "`}`",
            _ => "the end of the line",
        };
        (self.last_character(span.start as usize, span.end as usize), found.to_string())
    }

    /// Where a line could not be read on. A word that goes on where a keyword ends, such as `requires`, is no keyword:
    /// what could have stood there is what would be expected in place of a word that resembles none.
    fn failure(&self, rule: Rule, line: &Range<usize>) -> Failure {
        let base = self.tokens[line.start].start;
        let text = self.slice(line.clone());
        let failure = rule_names::failure(rule, text);
        let stuck = base + failure.position;
        let word = line.clone().find(|&i| (self.tokens[i].start + 1..self.tokens[i].end).contains(&stuck));
        let Some(word) = word.filter(|_| failure.expected.is_empty()) else { return failure };
        let place = self.tokens[word].start - base..self.tokens[word].end - base;
        let strange = "\u{1}".repeat(place.len());
        let (Some(before), Some(after)) = (text.get(..place.start), text.get(place.end..)) else { return failure };
        let second = rule_names::failure(rule, &format!("{before}{strange}{after}"));
        if second.position == place.start { second } else { failure }
    }

    /// The way out, where what was found tells what was meant.
    fn help(&self, names: &[String], line: &Range<usize>, token: Option<usize>) -> Option<String> {
        let expected = |name: &str| names.iter().any(|n| n == name);
        let Some(token) = token else { return self.help_at_the_end(line).filter(|_| expected("`{`")) };
        let text = self.slice(token..token + 1);
        let words = names.iter().filter_map(|name| name.strip_prefix('`')?.strip_suffix('`'));
        let word = self.word(token);
        if let Some(near) = suggest::nearest(word, words).filter(|_| word.len() > 1) {
            return Some(format!("did you mean `{near}`"));
        }
        if let Some(name) = word.strip_suffix(':').filter(|_| expected("`=`")) {
            return Some(format!("write `{name} =`"));
        }
        match (expected("`is`"), expected("`has`")) {
            (true, true) => return Some("write `is` for a string, `has` for a list".to_string()),
            (true, false) => return Some("write `is`".to_string()),
            (false, true) => return Some("write `has`".to_string()),
            (false, false) => {}
        }
        if (line.start..=token).any(|i| quotes::stand_around(self.word(i)) && !self.word(i).starts_with(['/', '"'])) {
            return Some("strings stand in double quotes, as in `\"shop\"`".to_string());
        }
        if expected("`{`") && RouteOption::KEYWORDS.contains(&word) {
            return Some(format!("write options in braces behind the route: `{{ {word} … }}`"));
        }
        let before = if token > line.start { self.word(token - 1) } else { "" };
        if text == "[" && matches!(before, "is" | "has") {
            return Some(format!("write `in` before several values, in place of `{before}`"));
        }
        if expected("`and`") && !matches!(before, "" | "token") && habits::compares(text) {
            return Some(format!("a claim is asked for by `claim {before} is …` or `claim {before} has …`"));
        }
        habits::help(text)
    }

    /// The same where a line ends before its block begins.
    fn help_at_the_end(&self, line: &Range<usize>) -> Option<String> {
        let (_, end) = self.bytes(line);
        let rest = self.text.get(end..).unwrap_or("");
        let next = rest.lines().map(str::trim_start).find(|line| !line.is_empty() && !line.starts_with('#'));
        if next.is_some_and(|line| line.starts_with('{')) {
            return Some("write the `{` on this line".to_string());
        }
        let host = self.word(line.start) == "host";
        host.then(|| "the hosts of an app are its line `hosts`; `host` begins a block of routes".to_string())
    }

    /// A parenthesis or bracket of the line that is not closed before a token.
    fn open_before(&self, line: &Range<usize>, token: Option<usize>) -> Option<usize> {
        let end = token.unwrap_or(line.end);
        (line.start..end)
            .rev()
            .find(|&i| matches!(self.tokens[i].kind, TokenKind::Open(b'(' | b'[')) && !self.structure.is_closed(i))
    }
}

/// "a, b or c"
fn list(names: &[String]) -> Option<String> {
    let names = if names.len() > MAX_EXPECTED { &names[..MAX_EXPECTED] } else { names };
    let (last, others) = names.split_last()?;
    Some(if others.is_empty() { last.clone() } else { format!("{} or {last}", others.join(", ")) })
}
