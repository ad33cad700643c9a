//! Issuers: who signs, where the keys are, where the token travels, which claims there are.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use super::fault::Fault;
use super::symbols::Entry;
use super::text::Form;
use super::{Analyzer, jwks, labels, urls};
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::ir::{ClaimType, Issuer, Keys, TokenLocation};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{self, Block, ClaimLine, ClaimPath, IssuerLine, Text};

/// The lines of an issuer, each at most once.
#[derive(Default)]
struct Lines<'a> {
    url: Option<Spanned<&'a Text>>,
    keys: Option<Spanned<KeyLine<'a>>>,
    audience: Option<Spanned<&'a [Text]>>,
    token: Option<Spanned<&'a ast::TokenLocation>>,
    forward: Option<Spanned<()>>,
    claims: Option<Spanned<&'a Block<ClaimLine>>>,
    subject_optional: Option<Spanned<()>>,
    unreadable: bool,
}

enum KeyLine<'a> {
    Url(&'a Text),
    File(&'a Text),
}

impl<'a> Analyzer<'a> {
    /// Reads every issuer, in order of name.
    pub(super) fn read_issuers(&mut self) {
        let entries = self.symbols.issuers.entries.clone();
        let mut issuers = Vec::with_capacity(entries.len());
        for entry in &entries {
            issuers.push(self.read_issuer(entry));
        }
        for entry in &self.symbols.issuers.repeated.clone() {
            self.read_issuer(entry);
        }
        self.refuse_same_urls(&issuers, &entries);
        self.issuers = issuers;
    }

    fn read_issuer(&mut self, entry: &Entry<'a, ast::Issuer>) -> Issuer {
        let name = &entry.name.text;
        let place = format!("issuer `{name}`");
        let lines = self.issuer_lines(entry.node, &place);
        let discovery = lines.keys.is_none() && !lines.unreadable;
        let url = if let Some(line) = lines.url {
            self.issuer_url(line.value, discovery)
        } else {
            if !lines.unreadable {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::MISSING_LINE,
                        format!("{place} has no `url`"),
                        entry.name.span,
                        "has no `url`",
                    )
                    .with_help("add the exact text of the token's `iss`: `url \"https://…\"`"),
                );
            }
            None
        };
        let keys = match lines.keys {
            None => Some(Keys::Discovery),
            Some(Spanned { value: KeyLine::Url(text), .. }) => self.keys_url(text),
            Some(Spanned { value: KeyLine::File(text), .. }) => self.keys_file(text),
        };
        let place = format!("the audiences of {place}");
        let audiences = lines.audience.map(|line| {
            // Also compared in policies, where a `*` at either end is a pattern.
            let what = |t: &str| labels::plain(t, "the audience").and_then(|t| labels::literal(&t));
            self.read_list(line.value, (Form::String, codes::PATTERN_IN_LITERAL), what, Clone::clone, &place)
        });
        let mut audiences: Vec<String> = audiences.unwrap_or_default().into_iter().map(|a| a.value).collect();
        audiences.sort();
        Issuer {
            name: name.clone(),
            span: entry.span,
            url: url.unwrap_or_default(),
            keys: keys.unwrap_or(Keys::Discovery),
            audiences,
            location: lines.token.map_or(TokenLocation::Default, |line| self.token_location(line.value)),
            forward: lines.forward.is_some(),
            subject_optional: lines.subject_optional.is_some(),
            claims: lines.claims.map(|line| self.claims(line.value, name)),
        }
    }

    fn issuer_lines(&mut self, issuer: &'a ast::Issuer, place: &dyn Display) -> Lines<'a> {
        let mut lines = Lines::default();
        for line in &issuer.body.lines {
            let span = line.span;
            match &line.value {
                IssuerLine::Url(text) => self.once(&mut lines.url, span, text, "url", place),
                IssuerLine::Jwks(text) => self.once(&mut lines.keys, span, KeyLine::Url(text), "jwks", place),
                IssuerLine::JwksFile(text) => self.once(&mut lines.keys, span, KeyLine::File(text), "jwks", place),
                IssuerLine::Audience(texts) => self.once(&mut lines.audience, span, texts, "audience", place),
                IssuerLine::Token(location) => self.once(&mut lines.token, span, location, "token", place),
                IssuerLine::Forward => self.once(&mut lines.forward, span, (), "forward", place),
                IssuerLine::Claims(block) => self.once(&mut lines.claims, span, block, "claims", place),
                IssuerLine::SubjectOptional => {
                    self.once(&mut lines.subject_optional, span, (), "subject optional", place);
                }
                IssuerLine::Error => lines.unreadable = true,
            }
        }
        lines
    }

    fn issuer_url(&mut self, text: &'a Text, discovery: bool) -> Option<String> {
        let url = self.read(text, Form::String, codes::INVALID_URL, |t| {
            let url = labels::plain(t, "the issuer's `url`")?;
            if discovery && !is_pattern(t) {
                urls::discovery(t)?;
            }
            Ok(url)
        })?;
        self.read(text, Form::String, codes::PATTERN_IN_LITERAL, |t| {
            if is_pattern(t) {
                return Err(Fault::new(format!("`{t}` would be read as a pattern"), "begins or ends with `*`")
                    .help("write the exact text of the token's `iss`"));
            }
            Ok(())
        })?;
        Some(url.value)
    }

    fn keys_url(&mut self, text: &'a Text) -> Option<Keys> {
        let url = self.read(text, Form::String, codes::INVALID_URL, urls::keys)?.value;
        Some(Keys::Uri(url))
    }

    fn keys_file(&mut self, text: &'a Text) -> Option<Keys> {
        let path = self.sources.file(text.span.file).path();
        let attachments = self.attachments;
        let keys = self.read(text, Form::String, codes::INVALID_JWKS, |name| match attachments.get(path, name) {
            Some(Ok(document)) => jwks::compact(document, name),
            Some(Err(reason)) => Err(unreadable(name, reason.to_string())),
            None => Err(unreadable(name, "it was not read".to_string())),
        })?;
        Some(Keys::Inline(keys.value))
    }

    fn token_location(&mut self, location: &'a ast::TokenLocation) -> TokenLocation {
        let read = match location {
            ast::TokenLocation::Header { name, prefix } => {
                let name = self.read(name, Form::String, codes::INVALID_HEADER, labels::header);
                let prefix = prefix.as_ref().map(|prefix| {
                    self.read(prefix, Form::String, codes::INVALID_HEADER, |t| labels::plain(t, "the prefix"))
                });
                let prefix = prefix.flatten().map(|prefix| prefix.value);
                name.map(|name| TokenLocation::Header { name: name.value, prefix })
            }
            ast::TokenLocation::Query(name) => self
                .read(name, Form::String, codes::INVALID_HEADER, |t| labels::parameter(t, "query parameter"))
                .map(|name| TokenLocation::Query(name.value)),
            ast::TokenLocation::Cookie(name) => self
                .read(name, Form::String, codes::INVALID_HEADER, |t| labels::parameter(t, "cookie"))
                .map(|name| TokenLocation::Cookie(name.value)),
        };
        read.unwrap_or(TokenLocation::Default)
    }

    fn claims(&mut self, block: &'a Block<ClaimLine>, issuer: &str) -> BTreeMap<Vec<String>, ClaimType> {
        let mut claims = BTreeMap::new();
        let mut places: HashMap<Vec<String>, Span> = HashMap::new();
        for line in &block.lines {
            let ClaimLine::Claim { path, kind } = &line.value else {
                self.unreadable_claims.insert(issuer.to_string());
                continue;
            };
            let parsed = ClaimType::from_word(&kind.text);
            if parsed.is_none() {
                let words =
                    [ClaimType::String, ClaimType::List, ClaimType::Boolean, ClaimType::Number].map(ClaimType::word);
                let mut diagnostic = Diagnostic::new(
                    codes::INVALID_WORD,
                    format!("`{}` is not the type of a claim", kind.text),
                    kind.span,
                    "not a type",
                )
                .with_help("write `string`, `list`, `boolean` or `number`");
                if let Some(near) = suggest::nearest(&kind.text, words) {
                    let types = "a type is `string`, `list`, `boolean` or `number`";
                    diagnostic = diagnostic.with_help(format!("did you mean `{near}`; {types}"));
                }
                self.diagnostics.push(diagnostic);
            }
            let Some(steps) = self.claim_path(path) else { continue };
            if let Some(&first) = places.get(&steps) {
                let place = format!("the claims of issuer `{issuer}`");
                self.diagnostics.push(super::once::repeated(&show_claim(&steps), &place, path.span, first));
                continue;
            }
            places.insert(steps.clone(), path.span);
            // A type that is not known must not lead to complaints where the claim is used.
            match parsed {
                Some(kind) => drop(claims.insert(steps, kind)),
                None => drop(self.unreadable_claims.insert(issuer.to_string())),
            }
        }
        claims
    }

    /// The steps of a claim's path.
    pub(super) fn claim_path(&mut self, path: &'a ClaimPath) -> Option<Vec<String>> {
        let mut steps = Vec::with_capacity(path.segments.len());
        let mut sound = true;
        for segment in &path.segments {
            let text = &segment.text;
            if segment.quoted {
                self.note_quotes_inside(text, segment.span);
            }
            let problem = if text.is_empty() {
                Some((codes::PATTERN_IN_LITERAL, "a claim without a name".to_string(), "empty"))
            } else if text.contains(['[', ']']) {
                let message = format!("a claim named `{text}` cannot be asked for");
                Some((codes::PATTERN_IN_LITERAL, message, "Istio reads a bracket as the end of the name"))
            } else if text.chars().any(char::is_control) || !segment.quoted && !labels::is_identifier(text) {
                Some((
                    codes::INVALID_LABEL,
                    format!("`{}` cannot be the name of a claim", text.escape_default()),
                    "not a name",
                ))
            } else {
                None
            };
            if let Some((code, message, label)) = problem {
                self.diagnostics.push(
                    Diagnostic::new(code, message, segment.span, label)
                        .with_help("let the issuer write the claim under another name"),
                );
                sound = false;
            }
            steps.push(text.clone());
        }
        sound.then_some(steps)
    }

    /// Two issuers with one `iss` would widen each other (R13).
    fn refuse_same_urls(&mut self, issuers: &[Issuer], entries: &[Entry<'a, ast::Issuer>]) {
        let place = |i: usize| {
            let lines = &entries[i].node.body.lines;
            lines.iter().find(|l| matches!(l.value, IssuerLine::Url(_))).map_or(entries[i].name.span, |l| l.span)
        };
        let mut order: Vec<usize> = (0..issuers.len()).filter(|&i| !issuers[i].url.is_empty()).collect();
        order.sort_by_key(|&i| (&issuers[i].url, place(i)));
        for pair in order.windows(2) {
            let [first, second] = [pair[0], pair[1]].map(|i| (&issuers[i], place(i)));
            if first.0.url == second.0.url {
                self.diagnostics.push(
                    Diagnostic::new(
                        codes::SAME_ISSUER_TWICE,
                        format!("issuers `{}` and `{}` have the same `url`", first.0.name, second.0.name),
                        second.1,
                        "the same again",
                    )
                    .with_secondary(first.1, format!("the `url` of `{}`", first.0.name))
                    .with_help("declare the issuer once, and tell its users apart by `audience has …` or a claim"),
                );
            }
        }
    }
}

fn unreadable(name: &str, reason: String) -> Fault {
    Fault::new(format!("the key file `{name}` cannot be read"), reason)
        .help("the path is taken from the directory of the file that names it")
}

fn is_pattern(text: &str) -> bool {
    text.starts_with('*') || text.ends_with('*')
}

/// A claim as a program writes it.
pub(super) fn show_claim(steps: &[String]) -> String {
    let show = |step: &String| if labels::is_identifier(step) { step.clone() } else { format!("\"{step}\"") };
    steps.iter().map(show).collect::<Vec<_>>().join(".")
}
