//! Requirements in disjunctive normal form: alternatives, each of one issuer and some conditions.
//!
//! Every alternative is pinned to its issuer, because a target may keep the claims of all issuers in one place (P28).

use std::collections::BTreeSet;

use crate::diagnostic::{Code, Diagnostic, codes};
use crate::ir::{Access, App, ClaimType, Condition, Fact, Formula, Issuer, IssuerId, Program};
use crate::source::Span;

/// More alternatives than this are refused: they would be more rules than anybody can review.
pub const MAX_ALTERNATIVES: usize = 128;

/// A requirement in normal form: one of the alternatives must hold. At least one, sorted, none implied by another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Requirement {
    /// The alternatives.
    pub alternatives: Vec<Alternative>,
    /// Whether it was written as `token` alone: any token of any issuer that the app trusts.
    pub any_token: bool,
}

/// A valid token of this issuer for which all conditions hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Alternative {
    /// Who issued the token.
    pub issuer: IssuerId,
    /// What must hold, sorted, without repetitions.
    pub conditions: Vec<Literal>,
}

/// A condition that must hold, or must not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Literal {
    /// The condition.
    pub condition: Condition,
    /// Whether it must hold (`true`) or must not (`false`).
    pub holds: bool,
}

/// So many steps are taken at most to find a token that tells two requirements apart.
const MAX_STEPS: usize = 256;

impl Requirement {
    /// Whether every token that meets this one meets the other. `true` is certain; `false` may be too careful where that
    /// takes more than 256 steps.
    pub fn implies(&self, other: &Requirement) -> bool {
        let mut steps = MAX_STEPS;
        self.alternatives.iter().all(|a| {
            other.alternatives.iter().any(|b| a.implies(b)) || {
                let others: Vec<_> = other.alternatives.iter().filter(|b| b.issuer == a.issuer).collect();
                let mut met = Term { literals: a.conditions.iter().cloned().collect(), ..Term::default() };
                !can_miss(&mut met, &others, &mut steps)
            }
        })
    }
}

/// Whether some token meets a term and none of these alternatives: of each alternative, one of its conditions fails.
fn can_miss(met: &mut Term, others: &[&Alternative], steps: &mut usize) -> bool {
    let Some((first, rest)) = others.split_first() else { return true };
    first.conditions.iter().any(|literal| {
        if *steps == 0 {
            return true;
        }
        *steps -= 1;
        let fails = Literal { holds: !literal.holds, ..literal.clone() };
        let is_new = met.literals.insert(fails.clone());
        let can = met.can_hold() && can_miss(met, rest, steps);
        if is_new {
            met.literals.remove(&fails);
        }
        can
    })
}

impl Alternative {
    fn implies(&self, other: &Alternative) -> bool {
        self.issuer == other.issuer
            && other.conditions.iter().all(|wanted| self.conditions.iter().any(|given| given.implies(wanted)))
    }
}

impl Literal {
    fn is_on(&self, other: &Literal) -> bool {
        self.condition.fact == other.condition.fact
    }

    fn implies(&self, other: &Literal) -> bool {
        let (given, wanted) = (&self.condition, &other.condition);
        given.fact == wanted.fact
            && self.holds == other.holds
            && if self.holds {
                given.values.is_subset(&wanted.values)
            } else {
                given.values.is_superset(&wanted.values)
            }
    }
}

/// Whom an app trusts: its `issuers` line; else those that its requirements name; else the only issuer there is.
pub fn trusted_issuers(program: &Program, app: &App) -> Vec<IssuerId> {
    let mut trusted: Vec<IssuerId> = match &app.issuers {
        Some(listed) => listed.iter().map(|i| i.value).collect(),
        None if program.issuers.len() == 1 => vec![IssuerId(0)],
        None => {
            let mut named = Vec::new();
            for route in &app.routes {
                if let Access::Require { formula, .. } = &route.access {
                    named_issuers(formula, &mut named);
                }
            }
            named
        }
    };
    trusted.sort_unstable();
    trusted.dedup();
    trusted
}

fn named_issuers(formula: &Formula, named: &mut Vec<IssuerId>) {
    match formula {
        Formula::Token(issuer) => named.push(*issuer),
        Formula::And(parts) | Formula::Or(parts) => parts.iter().for_each(|p| named_issuers(p, named)),
        Formula::Not(inner) => named_issuers(inner, named),
        Formula::AnyToken | Formula::Condition(_) => {}
    }
}

/// Brings a formula into normal form for an app that trusts these issuers.
///
/// # Errors
/// A negation that holds without a token, an issuer that is not chosen or not trusted, no way to meet it, too many
/// alternatives.
pub fn normalise(
    program: &Program,
    app: &App,
    trusted: &[IssuerId],
    formula: &Formula,
    span: Span,
) -> Result<Requirement, Box<Diagnostic>> {
    if holds_without_token(formula) {
        return Err(Box::new(
            Diagnostic::new(
                codes::NEGATION_WITHOUT_TOKEN,
                "this requirement holds when no token is sent",
                span,
                "a request without a token meets this",
            )
            .with_help("put a token beside the negation: `token and not …`"),
        ));
    }
    let mut untrusted = Vec::new();
    named_issuers(formula, &mut untrusted);
    untrusted.retain(|issuer| !trusted.contains(issuer));
    if let (Some(&issuer), Some(listed)) = (untrusted.first(), &app.issuers) {
        let name = &program.issuer(issuer).name;
        let line = listed.first().map_or(app.head, |first| first.span);
        return Err(Box::new(
            Diagnostic::new(
                codes::UNTRUSTED_ISSUER,
                format!("this needs a token from `{name}`, which app `{}` does not trust", app.name),
                span,
                format!("needs a token from `{name}`"),
            )
            .with_secondary(line, "the app trusts these issuers alone")
            .with_help(format!("add `{name}` to the `issuers` line, or take it out of the requirement")),
        ));
    }
    let too_large = || Box::new(too_large("this requirement", span));
    let terms = terms(formula, true).ok_or_else(too_large)?;
    if terms.iter().any(|t| !t.is_pinned()) && app.issuers.is_none() && program.issuers.len() != 1 {
        let (message, help) = if program.issuers.is_empty() {
            (
                "this needs a token, and the program has no issuer",
                "declare who signs tokens: `issuer NAME { url \"…\" }`",
            )
        } else {
            (
                "this does not say whose token is needed, and the program has several issuers",
                "write `token from ISSUER`, or give the app a line `issuers …`",
            )
        };
        return Err(Box::new(
            Diagnostic::new(codes::ISSUER_NOT_CHOSEN, message, span, "a token of which issuer?").with_help(help),
        ));
    }
    let (mut alternatives, mut can_be_met) = (BTreeSet::new(), false);
    for term in &terms {
        let Some(conditions) = term.conditions() else { continue };
        for issuer in term.issuers(trusted) {
            can_be_met |= term.fits_declaration(program.issuer(issuer));
            alternatives.insert(Alternative { issuer, conditions: conditions.clone() });
        }
    }
    if alternatives.len() > MAX_ALTERNATIVES {
        return Err(too_large());
    }
    let all: Vec<Alternative> = alternatives.into_iter().collect();
    let kept = |i: usize| {
        !all.iter().enumerate().any(|(j, other)| i != j && all[i].implies(other) && (j < i || !other.implies(&all[i])))
    };
    let alternatives: Vec<Alternative> = (0..all.len()).filter(|&i| kept(i)).map(|i| all[i].clone()).collect();
    if !can_be_met {
        return Err(Box::new(unsatisfiable("this requirement", span)));
    }
    Ok(Requirement { alternatives, any_token: *formula == Formula::AnyToken })
}

/// The error for something that no token can meet.
pub(super) fn unsatisfiable(what: &str, span: Span) -> Diagnostic {
    let message = format!("no token can meet {what}");
    Diagnostic::new(codes::UNSATISFIABLE, message, span, "its parts contradict each other")
        .with_help("write `or` or `in [\"…\", \"…\"]` where one of several is enough, or `deny` if nobody is to pass")
}

/// The error for something with too many alternatives.
pub(super) fn too_large(what: &str, span: Span) -> Diagnostic {
    let message = format!("{what} has more than {MAX_ALTERNATIVES} alternatives when it is multiplied out");
    Diagnostic::new(codes::REQUIREMENT_TOO_LARGE, message, span, "too many combinations of `or` and `and`")
        .with_help("use `in [\"…\", \"…\"]` for several values of one claim, or split the route")
}

/// What is wrong with a formula whatever the app: no token of any issuer meets it, or it has too many alternatives.
pub(super) fn fault(program: &Program, formula: &Formula) -> Option<Code> {
    let Some(terms) = terms(formula, true) else { return Some(codes::REQUIREMENT_TOO_LARGE) };
    let all: Vec<IssuerId> = (0..program.issuers.len()).map(IssuerId).collect();
    let can_be_met = |term: &Term| term.issuers(&all).iter().any(|&i| term.fits_declaration(program.issuer(i)));
    (!terms.iter().any(can_be_met)).then_some(codes::UNSATISFIABLE)
}

fn holds_without_token(formula: &Formula) -> bool {
    match formula {
        Formula::AnyToken | Formula::Token(_) | Formula::Condition(_) => false,
        Formula::And(parts) => parts.iter().all(holds_without_token),
        Formula::Or(parts) => parts.iter().any(holds_without_token),
        Formula::Not(inner) => !holds_without_token(inner),
    }
}

/// A conjunction on the way to normal form.
#[derive(Debug, Clone, Default)]
struct Term {
    from: BTreeSet<IssuerId>,
    not_from: BTreeSet<IssuerId>,
    impossible: bool,
    literals: BTreeSet<Literal>,
}

impl Term {
    fn is_pinned(&self) -> bool {
        !self.from.is_empty() || self.impossible
    }

    fn and(&self, other: &Term) -> Term {
        Term {
            from: self.from.union(&other.from).copied().collect(),
            not_from: self.not_from.union(&other.not_from).copied().collect(),
            impossible: self.impossible || other.impossible,
            literals: self.literals.union(&other.literals).cloned().collect(),
        }
    }

    fn issuers(&self, trusted: &[IssuerId]) -> Vec<IssuerId> {
        if self.impossible || self.from.len() > 1 {
            return Vec::new();
        }
        let candidates: Vec<IssuerId> =
            if self.from.is_empty() { trusted.to_vec() } else { self.from.iter().copied().collect() };
        candidates.into_iter().filter(|i| !self.not_from.contains(i)).collect()
    }

    /// Whether some valid token meets the conditions.
    fn can_hold(&self) -> bool {
        let held = || self.literals.iter().filter(|literal| literal.holds);
        // A claim that is a string or a list has no claims inside.
        let is_inside_another = |inner: &Literal| {
            let Fact::Claim(inner) = &inner.condition.fact else { return false };
            let is_around =
                |fact: &Fact| matches!(fact, Fact::Claim(p) if p.len() < inner.len() && inner.starts_with(p));
            held().any(|outer| is_around(&outer.condition.fact))
        };
        held().all(|literal| self.values_left(literal, None).next().is_some() && !is_inside_another(literal))
    }

    /// The conditions, without what says nothing; `None` if no valid token meets them together. What an issuer declares of
    /// its claims does not count: a token may break the declaration, and then every condition is needed.
    fn conditions(&self) -> Option<Vec<Literal>> {
        if !self.can_hold() {
            return None;
        }
        let mut kept: Vec<Literal> = Vec::new();
        for literal in &self.literals {
            if literal.condition.fact != Fact::Subject || !self.literals.iter().any(|l| l.holds && l.is_on(literal)) {
                kept.push(literal.clone());
            } else if literal.holds {
                // What is left of one says all: `sub` is one string in every valid token (R21).
                let values = self.values_left(literal, None).cloned().collect();
                kept.push(Literal { condition: Condition { fact: Fact::Subject, values }, holds: true });
            }
        }
        let implied = |i: usize| {
            kept.iter().enumerate().any(|(j, o)| j != i && o.implies(&kept[i]) && (j < i || !kept[i].implies(o)))
        };
        let mut conditions: Vec<Literal> = (0..kept.len()).filter(|&i| !implied(i)).map(|i| kept[i].clone()).collect();
        conditions.sort();
        Some(conditions)
    }

    /// Whether a token meets the conditions that keeps to what its issuer declares. This finds mistakes, and nothing else
    /// may hang on it.
    fn fits_declaration(&self, issuer: &Issuer) -> bool {
        self.literals.iter().all(|l| !l.holds || self.values_left(l, Some(issuer)).next().is_some())
    }

    /// The values by which a token can meet a condition that must hold, beside all the others; with an issuer, one of its
    /// tokens that keeps to what it declares.
    fn values_left<'t>(&'t self, literal: &'t Literal, issuer: Option<&Issuer>) -> impl Iterator<Item = &'t String> {
        let fact = &literal.condition.fact;
        let words = issuer.is_some() && fact.is_space_delimited();
        let declared = |issuer: &Issuer| match fact {
            Fact::Claim(path) => issuer.claims.as_ref().and_then(|c| c.get(path)) == Some(&ClaimType::String),
            Fact::Subject | Fact::Audience => false,
        };
        let single = *fact == Fact::Subject || (!words && issuer.is_some_and(declared));
        literal.condition.values.iter().filter(move |value| {
            let fits = |other: &Literal| {
                let named = other.condition.values.contains(*value);
                if other.holds { named || !single } else { !named }
            };
            // A word holds no blank.
            !(words && value.contains(' ')) && self.literals.iter().filter(|o| o.is_on(literal)).all(fits)
        })
    }
}

/// The formula (or its negation) as a disjunction of terms; `None` if there are too many.
fn terms(formula: &Formula, positive: bool) -> Option<Vec<Term>> {
    let one = |term: Term| Some(vec![term]);
    match formula {
        Formula::Not(inner) => terms(inner, !positive),
        Formula::AnyToken => one(Term { impossible: !positive, ..Term::default() }),
        Formula::Token(issuer) => {
            let set = BTreeSet::from([*issuer]);
            one(if positive {
                Term { from: set, ..Term::default() }
            } else {
                Term { not_from: set, ..Term::default() }
            })
        }
        Formula::Condition(condition) => {
            let literal = Literal { condition: condition.clone(), holds: positive };
            one(Term { literals: BTreeSet::from([literal]), ..Term::default() })
        }
        Formula::And(parts) if positive => all_of(parts, positive),
        Formula::Or(parts) if !positive => all_of(parts, positive),
        Formula::And(parts) | Formula::Or(parts) => {
            let mut result = Vec::new();
            for part in parts {
                result.extend(terms(part, positive)?);
                if result.len() > MAX_ALTERNATIVES {
                    return None;
                }
            }
            Some(result)
        }
    }
}

fn all_of(parts: &[Formula], positive: bool) -> Option<Vec<Term>> {
    let mut result = vec![Term::default()];
    for part in parts {
        let factors = terms(part, positive)?;
        if result.len() * factors.len() > MAX_ALTERNATIVES {
            return None;
        }
        result = result.iter().flat_map(|term| factors.iter().map(|factor| term.and(factor))).collect();
    }
    Some(result)
}

#[cfg(test)]
mod tests;
