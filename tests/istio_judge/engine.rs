//! The judge's program (`conformance/istio`), as one process that answers a question a line.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::common::real_envoy;

/// The variable that names the program, built from `conformance/istio`.
pub const VARIABLE: &str = "MESHC_ISTIO_JUDGE";

/// The running program.
pub struct Istio {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// The program, for one test at a time: the proxies that it runs have fixed addresses. `None`, and a word about it, if it
/// was not asked for.
pub fn istio() -> Option<Turn> {
    static ONE: Mutex<Option<Istio>> = Mutex::new(None);
    let Some(named) = std::env::var_os(VARIABLE) else {
        // Past the harness, which keeps what a test that passes prints.
        let said = writeln!(std::io::stderr(), "Istio was not asked: {VARIABLE} is not set (see docs/contributing.md)");
        said.unwrap();
        return None;
    };
    let mut turn = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    if turn.is_none() {
        *turn = Some(Istio::start(&PathBuf::from(named)));
    }
    Some(Turn(turn))
}

/// The program, held by one test.
pub struct Turn(MutexGuard<'static, Option<Istio>>);

impl Turn {
    /// Asks; the answer and whether there was nothing to complain about.
    pub fn ask(&mut self, question: &Value) -> Result<(Value, bool), String> {
        self.0.as_mut().expect("it was started").ask(question)
    }
}

impl Istio {
    fn start(program: &PathBuf) -> Self {
        assert!(program.is_file(), "{VARIABLE} names `{}`, which is not a file", program.display());
        let mut command = Command::new(program);
        command.args(["serve", "--envoy"]).arg(real_envoy::envoy());
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        Istio { child, questions, answers }
    }

    fn ask(&mut self, question: &Value) -> Result<(Value, bool), String> {
        let mut line = String::new();
        let asked = writeln!(self.questions, "{question}").and_then(|()| self.answers.read_line(&mut line));
        if asked.map_err(|error| error.to_string())? == 0 {
            return Err(format!("the program ended: {:?}", self.child.wait()));
        }
        let mut answer: Value = serde_json::from_str(&line).map_err(|error| error.to_string())?;
        match answer["error"].as_str() {
            Some(error) => Err(error.to_string()),
            None => Ok((answer["answer"].take(), answer["clean"] == true)),
        }
    }
}
