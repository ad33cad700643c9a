//! The tree: what was written, with every place, nothing resolved and nothing checked.
//!
//! A part that could not be read is an `Error` node, so that everything round it is still there for the formatter, the
//! editor and the later stages.

use crate::source::{FileId, Span, Spanned};

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Which file.
    pub id: FileId,
    /// Its declarations, in the order of the text.
    pub items: Vec<Spanned<Item>>,
    /// All comments, in the order of the text.
    pub comments: Vec<Comment>,
}

/// A comment, from its `#` to the last character before the line feed, trailing blanks not included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
    /// The text with its `#`.
    pub text: String,
}

/// A name where it was declared or used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// Where it stands.
    pub span: Span,
    /// The name.
    pub text: String,
}

/// A bare word or a quoted string, in which `${name}` stands for a value of the environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Where it stands, quotes included.
    pub span: Span,
    /// Whether it was written in quotes.
    pub quoted: bool,
    /// Its parts, in order; none for an empty string. Two literals never follow each other.
    pub parts: Vec<TextPart>,
}

/// A part of a [`Text`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextPart {
    /// Characters, escapes resolved.
    Literal(String),
    /// `${name}`: the name's own span excludes `${` and `}`.
    Variable(Name),
}

impl Text {
    /// The text if it holds no variable.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TextPart::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

/// Lines between braces. The span runs from `{` to `}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block<T> {
    /// From `{` to `}`, both included.
    pub span: Span,
    /// The lines, in the order of the text.
    pub lines: Vec<Spanned<T>>,
}

/// A declaration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// `issuer NAME { … }`
    Issuer(Issuer),
    /// `policy NAME = REQUIREMENT`
    Policy(Policy),
    /// `gateway NAME [in NAMESPACE] { … }`
    Gateway(Gateway),
    /// `app NAME [in NAMESPACE] [port N] { … }`
    App(App),
    /// `routes NAME { … }`
    Routes(Routes),
    /// `env NAME { … }`
    Env(Env),
    /// `test "…" { … }`
    Test(Test),
    /// `never SUBJECT reaches APP …`
    Never(Never),
    /// `always APP [at PATH] requires REQUIREMENT`
    Always(Always),
    /// Something that could not be read; a diagnostic tells of it.
    Error,
}

/// `issuer NAME { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issuer {
    /// Its name.
    pub name: Name,
    /// Its lines.
    pub body: Block<IssuerLine>,
}

/// A line of an issuer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuerLine {
    /// `url "…"`
    Url(Text),
    /// `jwks "…"`
    Jwks(Text),
    /// `jwks file "…"`
    JwksFile(Text),
    /// `audience "…" …`
    Audience(Vec<Text>),
    /// `token header "…" [prefix "…"]`, `token query "…"`, `token cookie "…"`
    Token(TokenLocation),
    /// `forward`
    Forward,
    /// `claims { NAME: TYPE … }`
    Claims(Block<ClaimLine>),
    /// `subject optional`
    SubjectOptional,
    /// Not readable.
    Error,
}

/// Where an issuer's token travels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenLocation {
    /// `token header "NAME" [prefix "…"]`
    Header {
        /// The header's name.
        name: Text,
        /// What stands before the token.
        prefix: Option<Text>,
    },
    /// `token query "NAME"`
    Query(Text),
    /// `token cookie "NAME"`
    Cookie(Text),
}

/// A line of a `claims` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimLine {
    /// `PATH: TYPE`; which types there are is known to the analysis.
    Claim {
        /// The claim.
        path: ClaimPath,
        /// The type's name as written: `string`, `list`, `boolean`, `number`.
        kind: Name,
    },
    /// Not readable.
    Error,
}

/// A claim: `groups`, `realm_access.roles`, or `"https://example.com/roles"` (one name, dots included).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimPath {
    /// From the first segment to the last.
    pub span: Span,
    /// The segments; at least one.
    pub segments: Vec<ClaimSegment>,
}

/// One step of a [`ClaimPath`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimSegment {
    /// Where it stands, quotes included.
    pub span: Span,
    /// The name of the claim.
    pub text: String,
    /// Whether it was written in quotes.
    pub quoted: bool,
}

/// `policy NAME = REQUIREMENT`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Its name.
    pub name: Name,
    /// What it requires.
    pub requirement: Spanned<Requirement>,
}

/// A formula over the facts of a verified token. `or` binds weakest, then `and`, then `not`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Requirement {
    /// `A or B or …`: two or more.
    Or(Vec<Spanned<Requirement>>),
    /// `A and B and …`: two or more.
    And(Vec<Spanned<Requirement>>),
    /// `not A`
    Not(Box<Spanned<Requirement>>),
    /// `( A )`; kept, for the formatter.
    Group(Box<Spanned<Requirement>>),
    /// `token from ISSUER`, or `token` alone.
    Token(Option<Name>),
    /// The name of a policy.
    Policy(Name),
    /// `subject is "…"`, `subject in […]`
    Subject(Comparison),
    /// `audience has "…"`, `audience in […]`
    Audience(Comparison),
    /// `scope has "…"`, `scope in […]`
    Scope(Comparison),
    /// `claim PATH is|has|in …`
    Claim(ClaimPath, Comparison),
}

/// `is "…"`, `has "…"` or `in ["…", …]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The operator and where it stands.
    pub operator: Spanned<Operator>,
    /// One value after `is` and `has`, one or more after `in`.
    pub values: Vec<Text>,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// `is`: the claim is this string.
    Is,
    /// `has`: the claim is a list that holds this string.
    Has,
    /// `in`: the claim is one of these strings, or a list that holds one.
    In,
}

/// `gateway NAME [in NAMESPACE] { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    /// Its name.
    pub name: Name,
    /// `in NAMESPACE`
    pub namespace: Option<Text>,
    /// Its lines.
    pub body: Block<GatewayLine>,
}

/// A line of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GatewayLine {
    /// `http PORT`
    Http(Text),
    /// `https PORT tls "SECRET"`
    Https {
        /// The port.
        port: Text,
        /// The secret that holds the certificate.
        secret: Text,
    },
    /// `redirect http to https`
    RedirectHttpToHttps,
    /// `hosts HOST …`
    Hosts(Vec<Text>),
    /// `select KEY=VALUE …`; each pair is one bare word.
    Select(Vec<Text>),
    /// Not readable.
    Error,
}

/// `app NAME [in NAMESPACE] [port N] { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Its name.
    pub name: Name,
    /// `in NAMESPACE`
    pub namespace: Option<Text>,
    /// `port N`
    pub port: Option<Text>,
    /// Its lines.
    pub body: Block<AppLine>,
}

/// A line of an app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AppLine {
    /// `hosts HOST …`
    Hosts(Vec<Text>),
    /// `via GATEWAY …`
    Via(Vec<Name>),
    /// `select KEY=VALUE …`
    Select(Vec<Text>),
    /// `service NAME`
    Service(Text),
    /// `protocol http` or `protocol http2`
    Protocol(Name),
    /// `issuers ISSUER …`
    Issuers(Vec<Name>),
    /// `cors { … }`
    Cors(Block<CorsLine>),
    /// `use ROUTES …`
    Use(Vec<Name>),
    /// `host HOST … { … }`
    Host {
        /// The hosts that the block is for; one or more.
        hosts: Vec<Text>,
        /// Its lines.
        body: Block<HostLine>,
    },
    /// `METHODS PATH ACCESS [{ … }]`
    Route(Route),
    /// Not readable.
    Error,
}

/// A line of a `host` block or of a `routes` bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostLine {
    /// `use ROUTES …`
    Use(Vec<Name>),
    /// `METHODS PATH ACCESS [{ … }]`
    Route(Route),
    /// Not readable.
    Error,
}

/// A line of a `cors` block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CorsLine {
    /// `origins "…" …`
    Origins(Vec<Text>),
    /// `methods METHOD …`
    Methods(Vec<Name>),
    /// `headers NAME …`: what the browser may send.
    Headers(Vec<Text>),
    /// `expose NAME …`: what the page may read.
    Expose(Vec<Text>),
    /// `credentials`
    Credentials,
    /// `max-age DURATION`
    MaxAge(Text),
    /// Not readable.
    Error,
}

/// `routes NAME { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routes {
    /// Its name.
    pub name: Name,
    /// Its lines.
    pub body: Block<HostLine>,
}

/// `METHODS PATH ACCESS [{ options }]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The methods, as written; one or more.
    pub methods: Vec<Name>,
    /// The path, as written.
    pub path: Text,
    /// Who may.
    pub access: Spanned<Access>,
    /// How the request is passed on.
    pub options: Option<Block<RouteOption>>,
}

/// The clause without which no route is a route.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// `public`
    Public,
    /// `deny`
    Deny,
    /// `require REQUIREMENT`
    Require(Spanned<Requirement>),
    /// `redirect TARGET [STATUS]`: a path (bare) or a URL (quoted).
    Redirect {
        /// Where to.
        target: Text,
        /// `301`, `302`, …
        status: Option<Text>,
    },
}

/// A line of a route's options.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteOption {
    /// `timeout DURATION`
    Timeout(Text),
    /// `retries N`
    Retries(Text),
    /// `rewrite PATH`
    Rewrite(Text),
    /// `to [NAMESPACE/]APP N%`; the word holds the number without its `%`.
    To {
        /// The app that gets a share.
        app: AppReference,
        /// Its share.
        percent: Text,
    },
    /// Not readable.
    Error,
}

/// `APP` or `NAMESPACE/APP`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AppReference {
    /// Both parts.
    pub span: Span,
    /// The namespace, where several apps have the name.
    pub namespace: Option<Name>,
    /// The app.
    pub name: Name,
}

/// `env NAME { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Env {
    /// Its name.
    pub name: Name,
    /// Its lines.
    pub body: Block<EnvLine>,
}

/// A line of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnvLine {
    /// `NAME VALUE`: a bare word or a string.
    Value {
        /// The name.
        name: Name,
        /// What it stands for; holds no variable.
        value: Text,
    },
    /// Not readable.
    Error,
}

/// `test "NAME" { … }`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// What it is called.
    pub name: Text,
    /// Its cases.
    pub body: Block<TestLine>,
}

/// A line of a test.
#[derive(Debug, Clone, PartialEq, Eq)]
#[allow(clippy::large_enum_variant, reason = "nearly every line of a test is a case")]
pub enum TestLine {
    /// `METHOD HOST/PATH [with CREDENTIAL] => EXPECTED`
    Case(TestCase),
    /// Not readable.
    Error,
}

/// `METHOD [http://|https://]HOST[:PORT]/PATH[?QUERY] [with CREDENTIAL] => EXPECTED`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestCase {
    /// The method.
    pub method: Name,
    /// Host and path, one bare word or one string.
    pub target: Text,
    /// The token that is sent.
    pub credential: Option<Spanned<Credential>>,
    /// What must come of it.
    pub expected: Spanned<Expected>,
}

/// What a test presents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// `with garbage`: something that is not a token.
    Garbage,
    /// `with ISSUER [expired] [signed by nobody] [audience "…"] [without subject] [{ CLAIM VALUE … }]`
    Token {
        /// Who issues it.
        issuer: Name,
        /// What is wrong with it.
        flaws: Vec<Spanned<Flaw>>,
        /// Its claims.
        claims: Option<Block<ClaimValueLine>>,
    },
}

/// A way in which a test's token differs from a good one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    /// `expired`
    Expired,
    /// `signed by nobody`
    SignedByNobody,
    /// `audience "…"`
    Audience(Text),
    /// `without subject`
    WithoutSubject,
}

/// A line of a token's claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimValueLine {
    /// `PATH VALUE`
    Value {
        /// The claim.
        path: ClaimPath,
        /// Its value.
        value: Spanned<ClaimValue>,
    },
    /// Not readable.
    Error,
}

/// The value of a claim in a test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimValue {
    /// `"…"`
    String(Text),
    /// `["…", …]`
    List(Vec<Text>),
    /// `true`, `false` or a number, as written.
    Word(Name),
}

/// What stands after `=>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// The request reaches this app.
    App(AppReference),
    /// `refused`
    Refused,
    /// `not found`
    NotFound,
    /// `redirect`
    Redirect,
    /// A status of the target, such as `401`.
    Status(Name),
}

/// `never SUBJECT reaches APP [at PATH] [except METHODS PATH, …]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Never {
    /// Who must not get there.
    pub subject: Spanned<Subject>,
    /// Where.
    pub app: AppReference,
    /// Only below this path.
    pub path: Option<Text>,
    /// What is let through all the same.
    pub exceptions: Vec<Spanned<Exception>>,
}

/// The subject of `never`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// `public`: a request without a token.
    Public,
    /// A request with a token that meets this.
    Requirement(Spanned<Requirement>),
}

/// `METHODS PATH` after `except`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// The methods.
    pub methods: Vec<Name>,
    /// The path.
    pub path: Text,
}

/// `always APP [at PATH] requires REQUIREMENT`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Always {
    /// Which app.
    pub app: AppReference,
    /// Only below this path.
    pub path: Option<Text>,
    /// What every request that gets there must meet.
    pub requirement: Spanned<Requirement>,
}
