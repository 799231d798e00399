//! The aws CLI as a person uses it: what it prints, and what it says when it is refused.

use serde_json::Value;

use crate::server::Server;

/// What the CLI prints for `aws ssm …` as root, which must succeed; null when it prints nothing.
///
/// # Panics
/// When it is refused.
#[expect(clippy::must_use_candidate, reason = "what it does is often all that is wanted")]
pub fn ok(server: &Server, arguments: &[&str]) -> Value {
    let out = server.aws(arguments);
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "aws ssm {arguments:?}: {said}");
    if out.stdout.is_empty() { Value::Null } else { serde_json::from_slice(&out.stdout).unwrap() }
}

/// What the CLI says when it is refused.
///
/// # Panics
/// When it is not.
#[must_use]
pub fn refused(server: &Server, arguments: &[&str]) -> String {
    let out = server.aws(arguments);
    let printed = String::from_utf8_lossy(&out.stdout);
    assert!(!out.status.success(), "aws ssm {arguments:?} succeeded: {printed}");
    String::from_utf8_lossy(&out.stderr).trim().to_owned()
}

/// A text in an answer, by its JSON pointer.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn text<'a>(value: &'a Value, path: &str) -> &'a str {
    value.pointer(path).and_then(Value::as_str).unwrap_or_else(|| panic!("there is no {path} in {value:#}"))
}
