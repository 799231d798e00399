//! Requests for approval in a few words: whose they are, what they would do, what they made.
//!
//! In: what the server told. Out: short plain text, not yet made harmless: whoever draws it does that.
//! Never here: who may decide.

use pilothouse_api::approvals::Approval;
use serde_json::Value;

use crate::look;
use crate::route::Route;
use crate::screen::Cx;

/// Whether this person asked for it, in whatever role.
#[must_use]
pub fn is_of(approval: &Approval, person: &str) -> bool {
    let asked_by = &approval.requested_by;
    !person.is_empty() && (asked_by == person || asked_by.ends_with(&format!(" ({person})")))
}

/// Whether the user asked for it.
#[must_use]
pub fn is_own(approval: &Approval, cx: &Cx<'_>) -> bool {
    is_of(approval, cx.mirror.caller.person())
}

/// Where what it made is seen.
#[must_use]
pub fn made(approval: &Approval) -> Option<Route> {
    approval.outcome.strip_prefix("command/")?.parse().ok().map(Route::Command)
}

/// Why the user cannot take it back.
#[must_use]
pub fn why_not_withdraw(approval: &Approval, cx: &Cx<'_>) -> Option<String> {
    if approval.state.is_over() {
        return Some(format!("it is over: {}", look::approval(approval.state, cx.theme.symbols()).word));
    }
    (!is_own(approval, cx)).then(|| "only who asked for it takes it back".to_owned())
}

/// What it would do, in a few words: the operation, and its script's first line that does something.
#[must_use]
pub fn telling(approval: &Approval) -> String {
    let script = commands(&approval.request).unwrap_or_default();
    let lines = script.iter().flat_map(|text| text.lines()).map(str::trim).filter(|line| !line.is_empty());
    let more = lines.clone().count().saturating_sub(1);
    match lines.clone().find(|line| !line.starts_with('#')) {
        Some(first) if more == 0 => format!("{}: {first}", approval.operation),
        Some(first) => format!("{}: {first}  (+{more})", approval.operation),
        None => approval.operation.clone(),
    }
}

/// The lines of the script that it runs, if it runs one.
fn commands(request: &Value) -> Option<Vec<&str>> {
    let command = request.get("Command").unwrap_or(request);
    let lines = command.get("Parameters")?.get("commands")?.as_array()?;
    Some(lines.iter().filter_map(Value::as_str).collect())
}
