//! Whether a text is a policy: Cedar's grammar, the schema, and rules of our own, each finding with its place.

use cedar_policy::ffi::DetailedError;
use cedar_policy::pst::{EntityOrSlot, PrincipalConstraint, SlotId, Template as Tree};
use cedar_policy::{Effect, PolicySet, ValidationMode, ValidationWarning};
use pilothouse_api::access::{Finding, Severity};

use super::finding::{finding, first_byte, told};
use super::schema::VALIDATOR;
use super::statement::{Parsed, parse};
use super::text::{deep, outline};

/// The most statements of a policy.
pub const MAX_STATEMENTS: usize = 200;

/// What is wrong with a policy's text, in order of place; none when it is good.
#[must_use]
pub fn validate(text: &str) -> Vec<Finding> {
    if let Some(at) = outline(text).statements.get(MAX_STATEMENTS) {
        let message = format!("a policy has at most {MAX_STATEMENTS} statements: split it here");
        return vec![finding(text, *at, Severity::Error, message)];
    }
    let mut findings = deep(|| checked(text)).unwrap_or_else(|reason| {
        vec![finding(text, 0, Severity::Error, format!("it cannot be checked now: {reason}"))]
    });
    findings.sort_by(|a, b| (a.line, a.column, &a.message).cmp(&(b.line, b.column, &b.message)));
    findings.dedup();
    one_for_each_place(findings)
}

/// What is said of one place for many kinds of resources is one mistake, and told once.
fn one_for_each_place(findings: Vec<Finding>) -> Vec<Finding> {
    let mut told: Vec<(Finding, usize)> = Vec::new();
    for found in findings {
        let place = |it: &Finding| (it.line, it.column, it.severity);
        match told.last_mut().filter(|(last, _)| place(last) == place(&found)) {
            Some((_, more)) => *more += 1,
            None => told.push((found, 0)),
        }
    }
    let with_number = |(found, more): (Finding, usize)| match more {
        0 => found,
        more => Finding { message: format!("{} (and {more} more like it here)", found.message), ..found },
    };
    told.into_iter().map(with_number).collect()
}

fn checked(text: &str) -> Vec<Finding> {
    match parse(text) {
        Err(findings) => findings,
        Ok((_, statements)) if statements.is_empty() => {
            vec![finding(text, 0, Severity::Error, "there is no statement: begin one with permit or forbid")]
        }
        Ok((set, statements)) => {
            let mut findings = against_the_schema(text, &set);
            findings.extend(statements.iter().flat_map(|statement| by_our_rules(text, statement)));
            findings
        }
    }
}

fn against_the_schema(text: &str, set: &PolicySet) -> Vec<Finding> {
    let validator = match VALIDATOR.as_ref() {
        Ok(validator) => validator,
        Err(reason) => return vec![finding(text, 0, Severity::Error, reason.clone())],
    };
    let outline = outline(text);
    let statement = |error: &DetailedError| outline.statement_of(first_byte(error));
    let result = validator.validate(set, ValidationMode::Strict);
    let errors: Vec<DetailedError> = result.validation_errors().map(DetailedError::from).collect();
    let mut findings: Vec<Finding> = errors.iter().map(|error| told(text, error, Severity::Error)).collect();
    for warning in result.validation_warnings() {
        let detailed = DetailedError::from(warning);
        let mut found = told(text, &detailed, Severity::Warning);
        if let ValidationWarning::ImpossiblePolicy(_) = warning {
            // Beside an error of the same statement it only repeats; alone it is the one sign of a name that does not exist.
            if errors.iter().any(|error| statement(error) == statement(&detailed)) {
                continue;
            }
            let nth = statement(&detailed);
            let at = outline.statements.get(nth).copied().unwrap_or_default();
            found = finding(text, at, Severity::Error, "this statement can never apply");
            found.help = Some(String::from(
                "an attribute that no such resource has, or an action that is never asked about such a resource",
            ));
        }
        findings.push(found);
    }
    findings
}

fn by_our_rules(text: &str, statement: &Parsed) -> Vec<Finding> {
    let warn = |message: &str, help: &str| Finding {
        help: Some(help.to_owned()),
        ..finding(text, statement.at, Severity::Warning, message)
    };
    let tree = &statement.tree;
    let mut findings = Vec::new();
    if tree.resource.has_slot() {
        findings.push(Finding {
            help: Some(String::from("name the resource, or say what it must be like in a when clause")),
            ..finding(text, statement.at, Severity::Error, "?resource is filled by nobody")
        });
    }
    if statement.effect == Effect::Permit && is_for_everyone(tree) {
        findings.push(warn(
            "this permits everyone who has a key",
            "write `principal in ?principal` and attach the policy to those who are meant",
        ));
    }
    if tree.principal == PrincipalConstraint::Eq(EntityOrSlot::Slot(SlotId::Principal)) {
        findings.push(warn(
            "attached to a group, this does not apply to its members",
            "write `principal in ?principal`: it applies to a user or role as well as to the members of a group",
        ));
    }
    findings
}

fn is_for_everyone(tree: &Tree) -> bool {
    matches!(tree.principal, PrincipalConstraint::Any | PrincipalConstraint::Is(_))
}
