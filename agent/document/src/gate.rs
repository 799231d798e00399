//! Whether a step runs here.

use crate::action::made_for;
use crate::bind::Bindings;
use crate::platform::Platform;
use crate::ssm;
use crate::{SchemaVersion, Session, SessionType, Step};

/// `StringEquals` of two texts: a placeholder or `platformType` on one side, a constant on the other. What they are is decided
/// when the step is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// The first.
    pub left: String,
    /// The second.
    pub right: String,
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

/// The platform that a precondition asks for, if it is about platforms.
fn asked_platform(precondition: &Precondition) -> Option<&str> {
    match (precondition.left.as_str(), precondition.right.as_str()) {
        ("platformType", name) | (name, "platformType") => Some(name),
        _ => None,
    }
}

pub(crate) fn can_run_on(step: &Step, platform: Platform) -> bool {
    let asked = step.precondition.as_ref().and_then(asked_platform);
    made_for(&step.action).contains(&platform) && asked.is_none_or(|name| name == platform.as_str())
}

/// Whether a session document has something for a platform: a command of its own, or nothing that depends on one.
pub(crate) fn can_open_on(session: &Session, platform: Platform) -> bool {
    let name = match platform {
        Platform::Linux => "linux",
        Platform::MacOS => "macOS",
        Platform::Windows => "windows",
    };
    match session.session_type {
        SessionType::StandardStream | SessionType::Port => true,
        SessionType::InteractiveCommands | SessionType::NonInteractiveCommands => {
            session.properties.contains_key(name)
        }
    }
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
    let Precondition { left, right } = precondition;
    if left == right {
        return Gate::Fail(format!("the precondition compares {left:?} with itself"));
    }
    if ssm::is_in(left) || ssm::is_in(right) {
        return Gate::Fail(String::from("a precondition cannot use {{ssm:…}}"));
    }
    let value = |argument: &str| match argument {
        "platformType" => Ok(platform.as_str().to_owned()),
        other => bindings.in_text(other),
    };
    let (a, b) = match (value(left), value(right)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(error), _) | (_, Err(error)) => return Gate::Fail(error.to_string()),
    };
    if a == b {
        Gate::Run
    } else {
        Gate::Skip(format!("the precondition {left:?} = {right:?} does not hold: {a:?} is not {b:?}"))
    }
}
