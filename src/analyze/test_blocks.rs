//! `test` blocks: hosts, names and claims of their cases, resolved and checked.

use serde_json::{Map, Value};

use super::Analyzer;
use super::fault::Fault;
use super::issuers::show_claim;
use super::numbers;
use super::text::fault_at;
use crate::diagnostic::{Diagnostic, codes, suggest};
use crate::ir::{
    Address, AddressFault, ClaimType, Expected, IssuerId, MethodSet, Test, TestCase, TestCredential, TestToken,
};
use crate::source::{Span, Spanned};
use crate::syntax::ast::{
    self, Block, ClaimPath, ClaimValue, ClaimValueLine, Credential, File, Flaw, Item, Name, TestLine, Text,
};

/// What is wrong with a token, and where it is said.
#[derive(Default)]
struct Flaws<'a> {
    expired: Option<Spanned<()>>,
    forged: Option<Spanned<()>>,
    audience: Option<Spanned<&'a Text>>,
    without_subject: Option<Spanned<()>>,
}

impl<'a> Analyzer<'a> {
    /// Reads every test. A case of which something is wrong is told and left out.
    pub(super) fn read_tests(&mut self, files: &'a [File]) -> Vec<Test> {
        let mut tests = Vec::new();
        for item in files.iter().flat_map(|file| &file.items) {
            let Item::Test(test) = &item.value else { continue };
            let name = self.fill_name(&test.name).map(|filled| filled.text.into_owned()).unwrap_or_default();
            let mut cases = Vec::with_capacity(test.body.lines.len());
            for line in &test.body.lines {
                if let TestLine::Case(case) = &line.value {
                    cases.extend(self.read_case(line.span, case));
                }
            }
            tests.push(Test { name: Spanned::new(test.name.span, name), cases });
        }
        tests
    }

    fn read_case(&mut self, span: Span, case: &'a ast::TestCase) -> Option<TestCase> {
        let method = self.methods(std::slice::from_ref(&case.method), false).map(MethodSet::example);
        let address = self.address(&case.target);
        // Everything is looked at, so that every error is told.
        let credential = match &case.credential {
            Some(credential) => self.credential(&credential.value).map(Some),
            None => Some(None),
        };
        let expected = self.expected(&case.expected);
        Some(TestCase {
            span,
            method: method?.to_string(),
            address: address?,
            credential: credential?,
            expected: expected?,
        })
    }

    fn address(&mut self, text: &'a Text) -> Option<Address> {
        let filled = self.fill_either(text)?;
        let fault = match Address::parse(&filled.text) {
            Ok(address) => return Some(address),
            Err(fault) => fault,
        };
        let code = match &fault {
            AddressFault::Host(_) => codes::INVALID_HOST,
            AddressFault::Port(_) => codes::INVALID_PORT,
            AddressFault::Path(_) => codes::INVALID_PATH,
        };
        let told = Fault::new(format!("no request can be sent to `{}`", filled.text), fault.text().to_string())
            .help("write host and path, such as `shop.example.com/orders`");
        let mut diagnostic = fault_at(code, told, text.span);
        for (name, span) in filled.from {
            diagnostic = diagnostic.with_secondary(span, format!("`{name}` is set here"));
        }
        self.diagnostics.push(diagnostic);
        None
    }

    fn expected(&mut self, expected: &'a Spanned<ast::Expected>) -> Option<Spanned<Expected>> {
        let value = match &expected.value {
            ast::Expected::App(app) => Expected::App(self.app_reference(app)?),
            ast::Expected::Refused => Expected::Refused,
            ast::Expected::NotFound => Expected::NotFound,
            ast::Expected::Redirect => Expected::Redirect,
            ast::Expected::Status(status) => match numbers::status(&status.text) {
                Ok(status) => Expected::Status(status),
                Err(fault) => {
                    self.diagnostics.push(fault_at(codes::INVALID_NUMBER, fault, status.span));
                    return None;
                }
            },
        };
        Some(Spanned::new(expected.span, value))
    }

    fn credential(&mut self, credential: &'a Credential) -> Option<TestCredential> {
        let Credential::Token { issuer, flaws, claims } = credential else { return Some(TestCredential::Garbage) };
        let found = self.issuer(issuer).map(IssuerId);
        let place = &"this token";
        let mut read = Flaws::default();
        for flaw in flaws {
            let span = flaw.span;
            match &flaw.value {
                Flaw::Expired => self.once(&mut read.expired, span, (), "expired", &place),
                Flaw::SignedByNobody => self.once(&mut read.forged, span, (), "signed by nobody", &place),
                Flaw::Audience(text) => self.once(&mut read.audience, span, text, "audience", &place),
                Flaw::WithoutSubject => self.once(&mut read.without_subject, span, (), "without subject", &place),
            }
        }
        let mut given = found.map_or_else(Map::new, |id| self.issuers[id.0].good_claims());
        if read.without_subject.is_some() {
            given.shift_remove("sub");
        }
        if let Some(text) = &read.audience {
            let audience = self.fill_either(text.value)?;
            given.insert("aud".to_string(), Value::from(audience.text));
        }
        if let Some(block) = claims {
            self.token_claims(block, found, &read, &mut given);
        }
        Some(TestCredential::Token(TestToken {
            issuer: found?,
            expired: read.expired.is_some(),
            forged: read.forged.is_some(),
            claims: given,
        }))
    }

    fn token_claims(
        &mut self,
        block: &'a Block<ClaimValueLine>,
        issuer: Option<IssuerId>,
        flaws: &Flaws<'a>,
        claims: &mut Map<String, Value>,
    ) {
        let mut seen: Vec<(Vec<String>, Span)> = Vec::with_capacity(block.lines.len());
        for line in &block.lines {
            let ClaimValueLine::Value { path, value } = &line.value else { continue };
            let steps = self.claim_path(path);
            let read = self.claim_value(&value.value);
            let Some(steps) = steps else { continue };
            // `a` and `a.b` cannot both be there: `a` is one value.
            let clash = |(earlier, _): &&(Vec<String>, Span)| earlier.starts_with(&steps) || steps.starts_with(earlier);
            if let Some((_, first)) = seen.iter().find(clash) {
                let found = super::once::repeated(&show_claim(&steps), &"the claims of this token", path.span, *first);
                self.diagnostics.push(found);
                continue;
            }
            seen.push((steps.clone(), path.span));
            if let Some(found) = reserved(&steps, path.span, flaws) {
                self.diagnostics.push(found);
                continue;
            }
            let Some(read) = read else { continue };
            if let Some(issuer) = issuer {
                self.check_given(&steps, path, value, issuer);
            }
            insert(claims, &steps, read);
        }
    }

    fn claim_value(&mut self, value: &'a ClaimValue) -> Option<Value> {
        match value {
            ClaimValue::String(text) => self.fill(text).map(|filled| Value::from(filled.text)),
            ClaimValue::List(texts) => {
                // All of them are looked at, so that every unknown variable is told.
                let filled: Vec<Option<Value>> =
                    texts.iter().map(|text| self.fill_either(text).map(|filled| Value::from(filled.text))).collect();
                filled.into_iter().collect::<Option<Vec<Value>>>().map(Value::from)
            }
            ClaimValue::Word(word) => self.word(word),
        }
    }

    fn word(&mut self, word: &Name) -> Option<Value> {
        let value = serde_json::from_str(&word.text).ok().filter(|v: &Value| v.is_boolean() || v.is_number());
        if value.is_none() {
            self.diagnostics.push(
                Diagnostic::new(
                    codes::INVALID_WORD,
                    format!("`{}` cannot be the value of a claim", word.text),
                    word.span,
                    "not a value",
                )
                .with_help("write a string in quotes, a list `[\"…\"]`, a number, `true` or `false`"),
            );
        }
        value
    }

    /// Holds a claim against what its issuer declares.
    fn check_given(&mut self, steps: &[String], path: &ClaimPath, value: &Spanned<ClaimValue>, issuer: IssuerId) {
        let who = &self.issuers[issuer.0];
        let open = matches!(steps, [one] if matches!(one.as_str(), "sub" | "scope"));
        let Some(declared) = who.claims.as_ref().filter(|_| !open && !self.unreadable_claims.contains(&who.name))
        else {
            return;
        };
        let shown = show_claim(steps);
        let declaration = self.symbols.issuers.entries[issuer.0].name.span;
        let found = match declared.get(steps) {
            None => {
                let message = format!("issuer `{}` declares no claim `{shown}`", who.name);
                let found = Diagnostic::new(codes::UNDECLARED_CLAIM, message, path.span, "not declared");
                let known: Vec<String> = declared.keys().map(|steps| show_claim(steps)).collect();
                match suggest::nearest(&shown, known.iter().map(String::as_str)) {
                    Some(near) => found.with_help(format!("did you mean `{near}`")),
                    None => found.with_help(format!("declare it in the `claims` of `{}`", who.name)),
                }
            }
            Some(&kind) if kind_of(&value.value) != kind => Diagnostic::new(
                codes::CLAIM_TYPE,
                format!("the claim `{shown}` is a {}", kind.word()),
                value.span,
                format!("not a {}", kind.word()),
            )
            .with_help(match kind {
                ClaimType::String => "write one string, `\"…\"`",
                ClaimType::List => "write a list, `[\"…\"]`",
                ClaimType::Boolean => "write `true` or `false`",
                ClaimType::Number => "write a number",
            }),
            Some(_) => return,
        };
        self.diagnostics.push(found.with_secondary(declaration, "the issuer and its claims"));
    }
}

fn kind_of(value: &ClaimValue) -> ClaimType {
    match value {
        ClaimValue::String(_) => ClaimType::String,
        ClaimValue::List(_) => ClaimType::List,
        ClaimValue::Word(word) if matches!(word.text.as_str(), "true" | "false") => ClaimType::Boolean,
        ClaimValue::Word(_) => ClaimType::Number,
    }
}

/// Claims that a test says in words, or that the token gets by itself.
fn reserved(steps: &[String], span: Span, flaws: &Flaws<'_>) -> Option<Diagnostic> {
    let name = steps.first()?;
    let help = match name.as_str() {
        "aud" => "write `audience \"…\"` before the braces",
        "exp" | "nbf" | "iat" => "write `expired` before the braces for a token whose time is over",
        "iss" => "the issuer is the name after `with`",
        "sub" => {
            let without = flaws.without_subject.as_ref()?;
            let found =
                Diagnostic::new(codes::TEST_CLAIM, "this token is without subject and has a `sub`", span, "a subject");
            return Some(found.with_secondary(without.span, "without subject").with_help("keep one of the two"));
        }
        _ => return None,
    };
    let message = format!("`{name}` cannot be set among the claims");
    Some(Diagnostic::new(codes::TEST_CLAIM, message, span, "set otherwise").with_help(help))
}

/// Puts a value into nested objects.
fn insert(claims: &mut Map<String, Value>, steps: &[String], value: Value) {
    let Some((first, rest)) = steps.split_first() else { return };
    if rest.is_empty() {
        claims.insert(first.clone(), value);
        return;
    }
    let inner = claims.entry(first.clone()).or_insert_with(|| Value::Object(Map::new()));
    if let Value::Object(inner) = inner {
        insert(inner, rest, value);
    }
}
