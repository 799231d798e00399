//! Conditions of `aws:branch` and `aws:loop`: a variable compared with a constant, joined by `And`, `Or`, `Not`.

use serde_json::Value;

use crate::member::{Members, Result, list, misfit};
use crate::path::Path;

const OPERATORS: &[&str] = &[
    "StringEquals",
    "EqualsIgnoreCase",
    "StartsWith",
    "EndsWith",
    "Contains",
    "NumericEquals",
    "NumericGreater",
    "NumericLesser",
    "NumericGreaterOrEquals",
    "NumericLesserOrEquals",
    "BooleanEquals",
];

/// Refuses what is no condition; `beside` are members that may stand next to it.
pub(super) fn check(value: &Value, at: &Path, beside: &[&str]) -> Result<()> {
    let condition = Members::of(value, at)?;
    let names: Vec<_> = condition.map.keys().map(String::as_str).filter(|it| !beside.contains(it)).collect();
    match names.as_slice() {
        ["And" | "Or"] => {
            let (value, at) = condition.required(names[0])?;
            let parts = list(value, &at)?;
            if parts.is_empty() {
                return misfit(&at, "a list of conditions", "an empty one");
            }
            parts.iter().enumerate().try_for_each(|(i, part)| check(part, &at.entry(i), &[]))
        }
        ["Not"] => {
            let (value, at) = condition.required("Not")?;
            check(value, &at, &[])
        }
        names if names.iter().any(|name| matches!(*name, "And" | "Or" | "Not")) => {
            misfit(at, "one of And, Or, Not by itself", names.join(", "))
        }
        names => {
            let mut known = vec!["Variable"];
            known.extend(OPERATORS.iter().chain(beside));
            condition.only(&known)?;
            condition.required("Variable")?;
            if names.len() == 2 {
                return Ok(());
            }
            misfit(at, "Variable with one operator", names.join(", "))
        }
    }
}
