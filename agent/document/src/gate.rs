//! Whether a step runs here.

use serde_json::Value;

use crate::bind::Bindings;
use crate::member::plain;
use crate::{SchemaVersion, Step};

/// An operating system, in AWS's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// Any Linux.
    Linux,
    /// macOS.
    MacOS,
    /// Windows.
    Windows,
}

impl Platform {
    /// AWS's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::MacOS => "MacOS",
            Self::Windows => "Windows",
        }
    }
}

/// A condition as it is written; what it means is decided when the step is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// Only `StringEquals` is known.
    pub operator: String,
    /// Two of them.
    pub arguments: Vec<String>,
}

/// What becomes of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// It runs.
    Run,
    /// It is not for this node, and why; that is a success.
    Skip(String),
    /// It cannot be decided, and why; that is a failure.
    Fail(String),
}

/// The platforms that an action is made for; unknown actions are the agent's to refuse.
fn made_for(action: &str) -> &'static [Platform] {
    match action {
        "aws:runShellScript" => &[Platform::Linux, Platform::MacOS],
        "aws:applications" | "aws:psModule" | "aws:domainJoin" => &[Platform::Windows],
        _ => &[Platform::Linux, Platform::MacOS, Platform::Windows],
    }
}

/// The platform that a precondition asks for, if it is about platforms.
fn asked_platform(precondition: &Precondition) -> Option<&str> {
    let [left, right] = precondition.arguments.as_slice() else { return None };
    match (left.as_str(), right.as_str()) {
        ("platformType", name) | (name, "platformType") => Some(name),
        _ => None,
    }
}

pub(crate) fn can_run_on(step: &Step, platform: Platform) -> bool {
    let asked = step.precondition.as_ref().and_then(asked_platform);
    made_for(&step.action).contains(&platform) && asked.is_none_or(|name| name == platform.as_str())
}

pub(crate) fn gate(step: &Step, schema: SchemaVersion, platform: Platform, bindings: &Bindings) -> Gate {
    if let Some(precondition) = &step.precondition {
        let decided = decide(precondition, platform, bindings);
        if decided != Gate::Run {
            return decided;
        }
    }
    if made_for(&step.action).contains(&platform) {
        return Gate::Run;
    }
    let why = format!("{} is not made for {}", step.action, platform.as_str());
    if schema == SchemaVersion::V2_2 { Gate::Skip(why) } else { Gate::Fail(why) }
}

fn decide(precondition: &Precondition, platform: Platform, bindings: &Bindings) -> Gate {
    let Precondition { operator, arguments } = precondition;
    if operator != "StringEquals" {
        return Gate::Fail(format!("the precondition {operator} is not known: only StringEquals is"));
    }
    let [left, right] = arguments.as_slice() else {
        return Gate::Fail(format!("StringEquals takes two values, not {}", arguments.len()));
    };
    if left == right {
        return Gate::Fail(format!("the precondition compares {left:?} with itself"));
    }
    if arguments.iter().any(|argument| argument.contains("{{ssm:") || argument.contains("{{ ssm:")) {
        return Gate::Fail(String::from("a precondition cannot use {{ssm:…}}"));
    }
    let value = |argument: &str| match argument {
        "platformType" => platform.as_str().to_owned(),
        other => plain(&bindings.apply(&Value::String(other.to_owned()))),
    };
    let (a, b) = (value(left), value(right));
    if a == b {
        Gate::Run
    } else {
        Gate::Skip(format!("the precondition {left:?} = {right:?} does not hold: {a:?} is not {b:?}"))
    }
}
