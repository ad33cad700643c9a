//! The environment that a call is about.

use super::failure::Failure;
use crate::Parsed;
use crate::diagnostic::suggest;

/// Whether what was asked for is one environment: a program with environments has one chosen, and one without none.
pub(super) fn one(asked: Option<&str>, parsed: &Parsed) -> Result<(), Failure> {
    let known = crate::environments(parsed);
    let names = || known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    match asked {
        None if known.is_empty() => Ok(()),
        None => Err(Failure::new(format!("choose an environment with `--env`; there are {}", names()))),
        Some(name) if known.iter().any(|k| k == name) => Ok(()),
        Some(_) if known.is_empty() => {
            Err(Failure::new("the program has no environments, so there is nothing for `--env` to choose"))
        }
        Some(name) => {
            let near = suggest::nearest(name, known.iter().map(String::as_str));
            let hint = near.map_or(String::new(), |near| format!("; did you mean `{near}`"));
            Err(Failure::new(format!("there is no environment `{name}`; there are {}{hint}", names())))
        }
    }
}

/// The environments that a call is about: the one that was asked for, or all. A program without has one without a name.
pub(super) fn all(asked: Option<&str>, parsed: &Parsed) -> Result<Vec<Option<String>>, Failure> {
    if asked.is_some() {
        one(asked, parsed)?;
        return Ok(vec![asked.map(str::to_string)]);
    }
    let known = crate::environments(parsed);
    Ok(if known.is_empty() { vec![None] } else { known.into_iter().map(Some).collect() })
}
