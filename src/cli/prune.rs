//! `meshc prune`: what earlier builds left in a cluster, and how it goes.

use std::fmt::Write as _;

use super::arguments::{Prune, PruneFormat};
use super::console::{Console, Findings};
use super::failure::Failure;
use super::load::{Program, load};
use super::{Outcome, cluster, environment};
use crate::cluster::Cluster;
use crate::diagnostic::Diagnostic;
use crate::leftovers::{self, Closed, Environment, Identity, ObjectName, Plan};
use crate::project::{self, ProgramName};
use crate::{Attachments, Compilation, Options, Parsed};

pub(super) fn run(verb: &Prune, console: &Console) -> Result<Outcome, Failure> {
    let cluster = cluster::load(&verb.cluster, &verb.paths.paths)?.unwrap_or_default();
    if !verb.first && !cluster.knows_istio() {
        return Err(Failure::new(format!(
            "it is not known what earlier builds left, since the file has no object of Istio's; get them with \
             `{GET}`; if the cluster really has none, say so with `--first`"
        )));
    }
    let program = load(&verb.paths.paths)?;
    console.note_what_was_left_out(&program);
    let name = whole(&program)?;
    let parsed = crate::parse(&program.sources);
    let attachments = program.attachments(&parsed);
    let chosen = environment::one(verb.env.as_deref(), &parsed);
    let istio = verb.istio.unwrap_or_default();
    let options = Options { environment: verb.env.clone(), istio, program: Some(name.clone()) };
    let Compilation { documents, diagnostics } = match chosen {
        Ok(()) => crate::compile(&program.sources, &parsed, &attachments, &options),
        Err(_) => {
            Compilation { documents: Vec::new(), diagnostics: crate::check(&program.sources, &parsed, &attachments) }
        }
    };
    let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    if !errors.is_empty() {
        console.findings(&errors, &program, Findings::Aside)?;
        console.notice("no plan, since the program has errors: what cannot be built would be taken for left over");
        return Ok(Outcome::Findings);
    }
    // A program that cannot be read may have environments that are not seen: its errors came first.
    chosen?;
    let environments = other_environments(&program, &parsed, &attachments, &options)?;
    let identity = Identity { program: &name, earlier: verb.formerly.as_ref(), environments: &environments };
    let plan = leftovers::plan(&identity, &documents, &cluster);
    let is_script = verb.format == PruneFormat::Script;
    if is_script && !plan.foreign.is_empty() {
        for line in foreign(&plan) {
            console.notice(&line);
        }
        console.notice("no script, since applying the build would take these objects away from the other program");
        return Ok(Outcome::Findings);
    }
    if is_script {
        let script = leftovers::script(&plan, &documents, &program.sources, &options.for_istio());
        Console::output(&script.map_err(|error| Failure::new(format!("{error}; please report it")))?)?;
    } else {
        Console::output(&human(&name, &plan))?;
    }
    say_what_is_not_known(&plan, &cluster, console);
    // A script that removes what is left is what was asked for; in a pipeline it has to be 0 so that the script runs.
    let is_fine = is_script || plan.count() == 0 && plan.foreign.is_empty() && plan.unguarded.is_empty();
    Ok(if is_fine { Outcome::Fine } else { Outcome::Findings })
}

/// What the program becomes in the environments that were not chosen.
fn other_environments(
    program: &Program,
    parsed: &Parsed,
    attachments: &Attachments,
    options: &Options,
) -> Result<Vec<Environment>, Failure> {
    let others = crate::environments(parsed).into_iter().filter(|name| Some(name) != options.environment.as_ref());
    let build = |name: String| {
        let options = Options { environment: Some(name.clone()), ..options.clone() };
        let Compilation { documents: built, diagnostics } =
            crate::compile(&program.sources, parsed, attachments, &options);
        if diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Failure::new(format!(
                "the program has errors in the environment `{name}`, which may be in the same cluster; see `meshc check`"
            )));
        }
        Ok(Environment { name, built })
    };
    others.map(build).collect()
}

/// What to run so that a file has all that `prune` and `check --cluster` look at.
const GET: &str = "kubectl get services,pods,deployments,statefulsets,daemonsets,namespaces,\
                   virtualservices.networking.istio.io,gateways.networking.istio.io,\
                   authorizationpolicies.security.istio.io,requestauthentications.security.istio.io -A -o json";

/// The name of the program, of which every file was read.
fn whole(program: &Program) -> Result<ProgramName, Failure> {
    program.name_of_whole()?.cloned().ok_or_else(|| {
        Failure::new(format!(
            "the program has no name by which its objects could be found in the cluster; give it one in `{}`, as in \
             `name = \"shop\"`, then build and apply it",
            project::FILE
        ))
    })
}

/// Silence is no proof: what was not looked at is said in every format.
fn say_what_is_not_known(plan: &Plan, cluster: &Cluster, console: &Console) {
    if !cluster.knows_pods() {
        console.notice(
            "not known: where pods are, since no Pod and no workload is among the objects; every policy of an app that \
             is gone is kept, without rules",
        );
    }
    for (environment, count) in &plan.elsewhere {
        let objects = objects(*count);
        console.notice(&format!("left alone: {objects} of the environment `{environment}` of this program"));
    }
    for ObjectName { namespace, name, .. } in &plan.strange {
        console.notice(&format!(
            "left alone: AuthorizationPolicy {namespace}/{name}, which bears the program's name and is none that meshc \
             writes: its action is not ALLOW, or it has no selector"
        ));
    }
    if plan.unnamed > 0 {
        let objects = objects(plan.unnamed);
        console.notice(&format!(
            "left alone: {objects} that meshc wrote without a program's name; list with `kubectl get \
             authorizationpolicies,requestauthentications,virtualservices.networking.istio.io,\
             gateways.networking.istio.io -A -l 'app.kubernetes.io/managed-by=meshc,!app.kubernetes.io/part-of'`"
        ));
    }
}

fn objects(count: usize) -> String {
    if count == 1 { "1 object".to_string() } else { format!("{count} objects") }
}

/// A line for each other program that has objects which the build writes too.
fn foreign(plan: &Plan) -> Vec<String> {
    let line = |(program, objects): (&String, &Vec<ObjectName>)| {
        let names: Vec<String> = objects.iter().map(|o| format!("{} {}/{}", o.kind, o.namespace, o.name)).collect();
        let (names, bear) = (names.join(", "), if names.len() == 1 { "bears" } else { "bear" });
        let count = self::objects(objects.len());
        format!(
            "{count} of this build {bear} the name `{program}`: {names}; give one of the two programs other names for \
             its apps, gateways or hosts, or, if this program was called `{program}` before, `--formerly {program}`"
        )
    };
    plan.foreign.iter().map(line).collect()
}

fn human(program: &ProgramName, plan: &Plan) -> String {
    let mut out = match plan.count() {
        0 => format!("Earlier builds of `{program}` left nothing to remove.\n"),
        1 => format!("1 object is left of earlier builds of `{program}`; do this, in this order\n"),
        many => format!("{many} objects are left of earlier builds of `{program}`; do this, in this order\n"),
    };
    let names = |objects: &[ObjectName]| objects.iter().map(|object| line(object, "")).collect::<Vec<_>>();
    let steps = [
        ("delete, so that no route leads where no policy is", names(&plan.routes)),
        ("delete, since the rules of the new build must not meet the tokens that they verify", names(&plan.verifying)),
        ("apply from the new build, so that its rules hold", names(&plan.apply)),
        (
            "delete, since policies of the new build decide for their pods",
            plan.superseded.iter().map(|gone| line(&gone.object, &format!(" (`{}`)", gone.by))).collect(),
        ),
        (
            "replace by a policy without rules, which refuses every request to pods that may still be there",
            plan.close.iter().map(closed_line).collect(),
        ),
        ("apply from the new build, which serves the hosts of what goes next", names(&plan.take_over)),
        ("delete, since others serve those of their hosts that stay", names(&plan.renamed)),
        ("delete, since there are no pods any more", names(&plan.policies)),
        ("delete, since no rule asks for what they verify any more", names(&plan.authentications)),
    ];
    for (number, (what, lines)) in steps.iter().filter(|(_, lines)| !lines.is_empty()).enumerate() {
        // A `String` takes everything that is written to it.
        let _ = write!(out, "\n{}. {what}:\n{}", number + 1, lines.concat());
    }
    if !plan.stay.is_empty() {
        out.push_str("\nstays without rules, as long as there may be pods:\n");
        out.extend(plan.stay.iter().map(closed_line));
    }
    if !plan.unguarded.is_empty() {
        out.push_str(
            "\nselect pods now that no policy selects after the build; end these pods first, since pods without a policy \
             are open to the mesh:\n",
        );
        out.extend(plan.unguarded.iter().map(closed_line));
    }
    if !plan.unserved.is_empty() {
        out.push_str("\nnot served from the first step on until the build is applied:\n");
        out.extend(plan.unserved.iter().map(|host| format!("   {host}\n")));
    }
    if !plan.foreign.is_empty() {
        out.push('\n');
        out.extend(foreign(plan).into_iter().map(|line| line + "\n"));
    }
    if plan.count() > 0 && plan.foreign.is_empty() {
        out.push_str("\n`--format script` prints these steps for kubectl. Apply the whole build after them.\n");
    }
    out
}

fn line(object: &ObjectName, remark: &str) -> String {
    let ObjectName { kind, namespace, name } = object;
    format!("   {kind} {namespace}/{name}{remark}\n")
}

fn closed_line(policy: &Closed) -> String {
    let remark = match policy.pods {
        None => String::new(),
        Some(1) => " (1 pod)".to_string(),
        Some(pods) => format!(" ({pods} pods)"),
    };
    line(&policy.object, &remark)
}
