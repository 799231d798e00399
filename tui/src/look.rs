//! How states and environments look: role, symbol and word, the same in every room. A state is never told by colour alone.
//!
//! In: states as the server tells them. Out: names of roles, and the theme's symbols.
//! Never here: a colour, a layout.

use pilothouse_api::approvals::ApprovalState;
use pilothouse_api::commands::CommandState;
use pilothouse_api::protocol::{InvocationState, PingStatus};
use pilothouse_api::topics::NodeView;
use pilothouse_kit::theme::{Role, Symbols};

/// Tag keys that name an environment; the first that a node has counts.
const ENV_KEYS: [&str; 4] = ["env", "environment", "stage", "Env"];

/// How a state looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Its meaning.
    pub role: Role,
    /// One cell.
    pub symbol: &'static str,
    /// The word for people.
    pub word: &'static str,
}

impl Look {
    /// Symbol and word.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{} {}", self.symbol, self.word)
    }
}

/// Whether a node answers.
#[must_use]
pub fn ping(ping: PingStatus, symbols: &Symbols) -> Look {
    match ping {
        PingStatus::Online => Look { role: Role::NodeOnline, symbol: symbols.online, word: "online" },
        PingStatus::ConnectionLost => Look { role: Role::NodeLost, symbol: symbols.lost, word: "lost" },
        PingStatus::Inactive => Look { role: Role::NodeInactive, symbol: symbols.inactive, word: "inactive" },
    }
}

/// Where a run on one node stands.
#[must_use]
pub fn invocation(state: InvocationState, symbols: &Symbols) -> Look {
    use InvocationState as S;
    let (role, symbol, word) = match state {
        S::Pending => (Role::StateWaiting, symbols.waiting, "pending"),
        S::Delayed => (Role::StateWaiting, symbols.waiting, "delayed"),
        S::InProgress => (Role::StateRunning, symbols.running, "running"),
        S::Cancelling => (Role::StateRunning, symbols.running, "cancelling"),
        S::Success => (Role::StateOk, symbols.ok, "success"),
        S::Failed => (Role::StateFailed, symbols.failed, "failed"),
        S::Undeliverable => (Role::StateFailed, symbols.failed, "undeliverable"),
        S::InvalidPlatform => (Role::StateFailed, symbols.failed, "wrong platform"),
        S::AccessDenied => (Role::StateFailed, symbols.failed, "access denied"),
        S::DeliveryTimedOut => (Role::StateTimedOut, symbols.timed_out, "never reached"),
        S::ExecutionTimedOut => (Role::StateTimedOut, symbols.timed_out, "ran too long"),
        S::Cancelled => (Role::StateCancelled, symbols.cancelled, "cancelled"),
        S::Terminated => (Role::StateCancelled, symbols.cancelled, "not sent"),
    };
    Look { role, symbol, word }
}

/// Where a command stands.
#[must_use]
pub fn command(state: CommandState, symbols: &Symbols) -> Look {
    use CommandState as S;
    let (role, symbol) = match state {
        S::Pending => (Role::StateWaiting, symbols.waiting),
        S::InProgress | S::Cancelling => (Role::StateRunning, symbols.running),
        S::Success => (Role::StateOk, symbols.ok),
        S::Failed | S::Incomplete | S::RateExceeded => (Role::StateFailed, symbols.failed),
        S::NoInstancesInTag | S::Cancelled => (Role::StateCancelled, symbols.cancelled),
        S::DeliveryTimedOut | S::ExecutionTimedOut => (Role::StateTimedOut, symbols.timed_out),
    };
    Look { role, symbol, word: command_word(state) }
}

/// The word for where a command stands.
#[must_use]
pub const fn command_word(state: CommandState) -> &'static str {
    use CommandState as S;
    match state {
        S::Pending => "pending",
        S::InProgress => "running",
        S::Cancelling => "cancelling",
        S::Success => "success",
        S::Failed => "failed",
        S::Incomplete => "incomplete",
        S::RateExceeded => "error limit",
        S::NoInstancesInTag => "no nodes",
        S::Cancelled => "cancelled",
        S::DeliveryTimedOut => "never reached",
        S::ExecutionTimedOut => "ran too long",
    }
}

/// Where a request for approval stands.
#[must_use]
pub fn approval(state: ApprovalState, symbols: &Symbols) -> Look {
    use ApprovalState as S;
    let (role, symbol, word) = match state {
        S::Pending => (Role::StateWaiting, symbols.waiting, "waits"),
        S::Approved => (Role::StateRunning, symbols.running, "approved"),
        S::Executed => (Role::StateOk, symbols.ok, "carried out"),
        S::Rejected => (Role::StateFailed, symbols.failed, "rejected"),
        S::Withdrawn => (Role::StateCancelled, symbols.cancelled, "taken back"),
        S::Expired => (Role::StateTimedOut, symbols.timed_out, "expired"),
        S::Stopped => (Role::StateFailed, symbols.failed, "stopped"),
    };
    Look { role, symbol, word }
}

/// The environment that a node's tags name.
#[must_use]
pub fn env_of(node: &NodeView) -> Option<&str> {
    ENV_KEYS.iter().find_map(|key| node.tags.get(*key)).map(String::as_str)
}

/// The environment of a node as policies see it, and as it is armed: its tag `env`, else `environment`.
#[must_use]
pub fn environment(node: &NodeView) -> Option<&str> {
    node.tags.get("env").or_else(|| node.tags.get("environment")).map(String::as_str)
}

/// How an environment is drawn.
#[must_use]
pub fn env(name: &str) -> Role {
    if is_prod(name) {
        return Role::EnvProd;
    }
    match name.to_lowercase().as_str() {
        "staging" | "stage" | "stg" | "preprod" | "uat" | "qa" => Role::EnvStaging,
        "dev" | "development" | "test" | "sandbox" | "local" => Role::EnvDev,
        _ => Role::EnvOther,
    }
}

/// Whether an environment is production, where a slip hurts.
#[must_use]
pub fn is_prod(name: &str) -> bool {
    ["prod", "production", "prd", "live"].iter().any(|prod| name.eq_ignore_ascii_case(prod))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screens::fixtures::node;

    #[test]
    fn production_is_known_by_any_of_its_names() {
        assert!(["prod", "Production", "PRD", "live"].iter().all(|name| is_prod(name)));
        assert!(!is_prod("preprod"), "what only resembles production is none");
        assert_eq!(
            (env("Prod"), env("uat"), env("dev"), env("berlin")),
            (Role::EnvProd, Role::EnvStaging, Role::EnvDev, Role::EnvOther)
        );
        assert_eq!(env_of(&node(0)), Some("prod"));
    }
}
