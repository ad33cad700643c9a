//! What can be said on the command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use super::surroundings::{EndpointOf, ListenOf, TlsOf};
use crate::access::Statuses;
use crate::diagnostic::render;
use crate::project::ProgramName;
use crate::target::istio::IstioVersion;

/// Compiles who may reach which app into Istio manifests.
#[derive(Debug, Parser)]
#[command(name = "meshc", version, arg_required_else_help = true, after_help = AFTER_HELP)]
pub(super) struct Arguments {
    /// How findings are written.
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t, global = true, help_heading = MESSAGES)]
    pub message_format: MessageFormat,

    /// Whether findings are coloured.
    #[arg(long, value_name = "WHEN", value_enum, default_value_t, global = true, help_heading = MESSAGES)]
    pub color: Color,

    #[command(subcommand)]
    pub verb: Verb,
}

/// The heading of the options that every verb has.
const MESSAGES: &str = "Messages";

const AFTER_HELP: &str = "\
Exit codes: 0 all is well; 1 there are findings; 2 the call was wrong or a file could not be read or written.";

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Compile a program and write its manifests.
    Build(Build),
    /// Check a program in every environment, without writing anything.
    Check(Check),
    /// Say what earlier builds left in a cluster, and how it is removed safely.
    Prune(Prune),
    /// Run the tests of a program.
    Test(Test),
    /// Run a program on an Envoy of this machine, and follow its files.
    Run(Run),
    /// Print a token for a gateway that runs with `--dev-tokens`.
    Token(Token),
    /// Say what becomes of a request, and why.
    Why(Why),
    /// Format files in place.
    Fmt(Fmt),
    /// Print the page of a diagnostic, or the list of all.
    Explain(Explain),
    /// Write a first `access.mesh`, with comments.
    Init(Init),
    /// Print a completion script for a shell.
    Completions(Completions),
    /// Print the manual page, or write all of them.
    Man(Man),
}

/// The files of a program.
#[derive(Debug, Args)]
pub(super) struct Paths {
    /// Files, and directories that are searched for `*.mesh`; `-` is standard input.
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Build {
    #[command(flatten)]
    pub paths: Paths,

    /// Write one file per object into this directory instead of one stream to standard output.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Write nothing; say which files in the directory are missing, different or superfluous.
    #[arg(long, requires = "out")]
    pub check: bool,

    /// Replace and remove files of an earlier build even if they were edited since.
    #[arg(long, requires = "out", conflicts_with = "check")]
    pub force: bool,

    /// The form of the output: YAML for Istio unless said otherwise, always JSON for Envoy.
    #[arg(long, value_enum)]
    pub format: Option<OutputFormat>,

    /// What the output is for.
    #[arg(long, value_enum, default_value_t)]
    pub target: Target,

    /// The oldest version of Istio in the mesh, among its control planes and its proxies, from 1.22 on; the newest that
    /// meshc knows unless said otherwise.
    #[arg(long, value_name = "VERSION")]
    pub istio: Option<IstioVersion>,

    /// The environment to build for.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,

    #[command(flatten)]
    pub envoy: ForEnvoy,
}

/// What a configuration for Envoy has to be told of its surroundings.
#[derive(Debug, Args)]
#[command(next_help_heading = "With --target envoy")]
pub(super) struct ForEnvoy {
    /// Where an app is, instead of its service in Kubernetes: `shop=10.0.0.7:8080`.
    #[arg(long, value_name = "APP=HOST:PORT")]
    pub endpoint: Vec<EndpointOf>,

    /// The files of the certificate and the key that a gateway takes from a secret.
    #[arg(long, value_name = "SECRET=CERT:KEY")]
    pub tls: Vec<TlsOf>,

    /// The port that is bound for a port of a gateway; otherwise it is the same.
    #[arg(long, value_name = "GATEWAY:PORT=PORT")]
    pub listen: Vec<ListenOf>,

    /// The file with the authorities that are believed when keys are fetched.
    #[arg(long, value_name = "FILE")]
    pub trusted_ca: Option<String>,

    /// Open Envoy's admin interface on this port of loopback.
    #[arg(long, value_name = "PORT")]
    pub admin: Option<u16>,

    /// Log each request to Envoy's standard output, with the route that decided.
    #[arg(long)]
    pub access_log: bool,
}

#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    pub paths: Paths,

    /// Let warnings count as findings that fail the check.
    #[arg(long)]
    pub deny_warnings: bool,

    /// The environment to check; all if it is left out.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,

    /// Hold the program against the objects of a cluster, in YAML or JSON as `kubectl get … -A -o json` prints them; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub cluster: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Prune {
    #[command(flatten)]
    pub paths: Paths,

    /// The environment that the cluster is for.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,

    /// The objects of the cluster, from all namespaces, in JSON or YAML as `kubectl get … -A -o json` prints them; `-` is standard input.
    #[arg(long, value_name = "FILE", required = true)]
    pub cluster: Vec<PathBuf>,

    /// The file may have no object of Istio's: nothing was applied to the cluster yet.
    #[arg(long)]
    pub first: bool,

    /// The name that the program had before: its objects are this program's.
    #[arg(long, value_name = "NAME", value_parser = program_name)]
    pub formerly: Option<ProgramName>,

    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: PruneFormat,

    /// The oldest version of Istio that the manifests have to work with, from 1.22 on, as for `build`.
    #[arg(long, value_name = "VERSION")]
    pub istio: Option<IstioVersion>,
}

#[derive(Debug, Args)]
pub(super) struct Test {
    #[command(flatten)]
    pub paths: Paths,

    /// The environment to test; all if it is left out.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,

    /// Run only tests whose name holds this text.
    #[arg(long, value_name = "TEXT")]
    pub filter: Option<String>,

    /// The form of the results.
    #[arg(long, value_enum, default_value_t)]
    pub format: TestFormat,

    /// Who answers the requests.
    #[arg(long, value_enum, default_value_t)]
    pub engine: TestEngine,

    /// Whose statuses are meant where a test expects one: Istio's, and with `--engine envoy` Envoy's.
    #[arg(long, value_enum)]
    pub target: Option<StatusTarget>,

    /// The program of Envoy, for `--engine envoy`; otherwise `MESHC_ENVOY`, the `PATH` and the cache are looked at.
    #[arg(long, value_name = "FILE")]
    pub envoy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub paths: Paths,

    /// The environment to run.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,

    /// Where an app is; one that is nowhere is a built-in echo that shows what the app would see.
    #[arg(long, value_name = "APP=HOST:PORT")]
    pub endpoint: Vec<EndpointOf>,

    /// Replace the keys of every issuer by keys of this run, and print requests with tokens.
    #[arg(long)]
    pub dev_tokens: bool,

    /// The port of loopback for the first port of the first gateway; the others follow. Otherwise a free one from 8080.
    #[arg(long, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    pub port: Option<u16>,

    /// The program of Envoy; otherwise `MESHC_ENVOY`, the `PATH` and the cache are looked at.
    #[arg(long, value_name = "FILE")]
    pub envoy: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct Token {
    /// The issuer, by its name in the program.
    #[arg(value_name = "ISSUER")]
    pub issuer: String,

    /// Claims beside the usual ones, as a JSON object: `{"groups": ["admins"]}`; `null` takes one away.
    #[arg(long, value_name = "JSON")]
    pub claims: Option<String>,

    /// Make a token whose time is over.
    #[arg(long)]
    pub expired: bool,

    /// The gateway, by the first port that it shows; needed where several run.
    #[arg(long, value_name = "PORT")]
    pub port: Option<u16>,
}

#[derive(Debug, Args)]
pub(super) struct Why {
    /// Method and address, in one argument: `GET https://shop.example.com/cart`.
    #[arg(value_name = "REQUEST")]
    pub request: String,

    #[command(flatten)]
    pub paths: Paths,

    /// Present a good token of this issuer.
    #[arg(long, value_name = "ISSUER")]
    pub with: Option<String>,

    /// Claims of that token, as a JSON object: `{"groups": ["admins"]}`.
    #[arg(long, value_name = "JSON", requires = "with")]
    pub claims: Option<String>,

    /// Present the token in this file; `-` is standard input. Its signature is not verified.
    #[arg(long, value_name = "FILE", conflicts_with = "with")]
    pub token: Option<PathBuf>,

    /// Ask for a caller inside the mesh, who goes straight to this app; the address may then be a path alone.
    #[arg(long, value_name = "APP")]
    pub inside: Option<String>,

    /// The environment.
    #[arg(long, value_name = "NAME")]
    pub env: Option<String>,

    /// The form of the answer.
    #[arg(long, value_enum, default_value_t)]
    pub format: WhyFormat,
}

#[derive(Debug, Args)]
pub(super) struct Fmt {
    #[command(flatten)]
    pub paths: Paths,

    /// Write nothing; name the files that would change.
    #[arg(long)]
    pub check: bool,

    /// Write nothing; show what would change.
    #[arg(long)]
    pub diff: bool,
}

#[derive(Debug, Args)]
pub(super) struct Explain {
    /// A code such as `E0301`, or its name.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

#[derive(Debug, Args)]
pub(super) struct Init {
    /// Where the file is to be written.
    #[arg(value_name = "DIR", default_value = ".")]
    pub directory: PathBuf,
}

#[derive(Debug, Args)]
pub(super) struct Completions {
    /// The shell.
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
pub(super) struct Man {
    /// Write the pages of meshc and all of its verbs into this directory.
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum MessageFormat {
    /// The source with the place marked.
    #[default]
    Human,
    /// One line each.
    Short,
    /// One JSON object per line.
    Json,
    /// One SARIF 2.1.0 log.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

impl From<MessageFormat> for render::Format {
    fn from(format: MessageFormat) -> Self {
        match format {
            MessageFormat::Human => render::Format::Human,
            MessageFormat::Short => render::Format::Short,
            MessageFormat::Json => render::Format::Json,
            MessageFormat::Sarif => render::Format::Sarif,
            MessageFormat::Github => render::Format::Github,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum OutputFormat {
    /// A stream of YAML documents.
    #[default]
    Yaml,
    /// A Kubernetes `List`.
    Json,
}

impl OutputFormat {
    /// How the name of a file in this form ends.
    pub fn extension(self) -> &'static str {
        match self {
            OutputFormat::Yaml => "yaml",
            OutputFormat::Json => "json",
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum PruneFormat {
    /// What is left and what has to be done, in words.
    #[default]
    Human,
    /// A shell script that does it with kubectl.
    Script,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TestFormat {
    /// Failures with the source, and a summary.
    #[default]
    Human,
    /// One JSON object.
    Json,
    /// `JUnit` XML.
    Junit,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum WhyFormat {
    /// Words and lines of the program.
    #[default]
    Human,
    /// One JSON object.
    Json,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum TestEngine {
    /// The language itself, without a proxy.
    #[default]
    Decide,
    /// A real Envoy on this machine, with echoes in place of the apps.
    Envoy,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum StatusTarget {
    /// Istio's.
    #[default]
    Istio,
    /// Envoy's.
    Envoy,
}

impl From<StatusTarget> for Statuses {
    fn from(target: StatusTarget) -> Self {
        match target {
            StatusTarget::Istio => Statuses::Istio,
            StatusTarget::Envoy => Statuses::Envoy,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Target {
    /// Istio's custom resources.
    #[default]
    Istio,
    /// One static configuration for Envoy by itself.
    Envoy,
}

/// The name of a program, as `meshc.toml` has it.
fn program_name(text: &str) -> Result<ProgramName, String> {
    ProgramName::new(text).ok_or_else(|| "not a DNS label, as the name of a program is".to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definition_holds_together() {
        Arguments::command().debug_assert();
    }
}
