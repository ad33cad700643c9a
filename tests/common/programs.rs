//! Random programs with all that a target can be judged on. A part that contradicts another is taken out again, as the
//! compiler's findings tell, so that nearly every seed gives a program that compiles.

mod apps;
pub mod dense;
mod draft;
mod formulas;
mod surroundings;

use meshc::access::Access;
use meshc::analyze::analyze;
use meshc::diagnostic::Diagnostic;
use meshc::ir::Program;
use meshc::source::SourceMap;
use meshc::{Attachments, parse};

use super::random::Random;

use draft::{Part, Written};
use surroundings::World;

/// After so many parts were taken out there is nothing left to be judged.
const TRIES: usize = 200;

/// A program and its text.
pub struct Generated {
    pub text: String,
    /// The environment in which it was built, if it has any.
    pub environment: Option<&'static str>,
    pub program: Program,
}

/// Makes a program; `None` if too little of it is left.
pub fn generate(random: &mut Random) -> Option<Generated> {
    let world = World::new(random);
    let mut parts = draft(random, &world);
    let environment = world.environments.then(|| *random.pick(&surroundings::ENVIRONMENTS));
    for _ in 0..TRIES {
        let written = Written::of(&parts);
        let (program, findings) = compile_in(&written.text, environment);
        if let Some(program) = program {
            return (!program.apps.is_empty()).then_some(Generated { text: written.text, environment, program });
        }
        let found = findings.iter().find(|d| d.is_error())?;
        draft::take_out(&mut parts, written.innermost(usize::try_from(found.primary.span.start).unwrap())?);
    }
    None
}

/// The text of a program that may contradict itself.
pub fn any_text(random: &mut Random) -> String {
    let world = World::new(random);
    Written::of(&draft(random, &world)).text
}

fn draft(random: &mut Random, world: &World) -> Vec<Part> {
    let mut parts = surroundings::all(random, world);
    parts.extend((0..world.apps.len()).map(|app| apps::app(random, world, app)));
    parts
}

/// The program of a text without environments, and what was found.
pub fn compile(text: &str) -> (Option<Program>, Vec<Diagnostic>) {
    compile_in(text, None)
}

/// The same in one of its environments.
pub fn compile_in(text: &str, environment: Option<&str>) -> (Option<Program>, Vec<Diagnostic>) {
    let sources = SourceMap::single("access.mesh", text.to_string());
    let parsed = parse(&sources);
    let mut findings = parsed.errors().to_vec();
    let analysis = analyze(&sources, parsed.files(), environment, &Attachments::default());
    findings.extend(analysis.diagnostics);
    if findings.iter().any(Diagnostic::is_error) {
        return (None, findings);
    }
    let (_, contradictions) = Access::build(&analysis.program);
    let sound = !contradictions.iter().any(Diagnostic::is_error);
    findings.extend(contradictions);
    (sound.then_some(analysis.program), findings)
}
