//! Where a command stands.

use serde::{Deserialize, Serialize};

/// Where a command stands: AWS's `StatusDetails` of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum CommandState {
    /// Nothing was sent yet.
    #[default]
    Pending,
    /// Sent to at least one node, not over everywhere.
    InProgress,
    /// Over, well everywhere.
    Success,
    /// Stopped on request before it was over anywhere.
    Cancelled,
    /// Stopping.
    Cancelling,
    /// Over; every node refused or failed it.
    Failed,
    /// Over; not well everywhere, but within the error limit.
    Incomplete,
    /// AWS: more targets than the account may have. Commands of older versions have it for an exceeded error limit, which is Failed.
    RateExceeded,
    /// The targets matched no node.
    NoInstancesInTag,
    /// Over; no node could be reached in time.
    DeliveryTimedOut,
    /// Over; every node ran out of time.
    ExecutionTimedOut,
}

impl CommandState {
    /// Every value.
    pub const ALL: &'static [Self] = &[
        Self::Pending,
        Self::InProgress,
        Self::Success,
        Self::Cancelled,
        Self::Cancelling,
        Self::Failed,
        Self::Incomplete,
        Self::RateExceeded,
        Self::NoInstancesInTag,
        Self::DeliveryTimedOut,
        Self::ExecutionTimedOut,
    ];

    /// AWS's `StatusDetails`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::InProgress => "InProgress",
            Self::Success => "Success",
            Self::Cancelled => "Cancelled",
            Self::Cancelling => "Cancelling",
            Self::Failed => "Failed",
            Self::Incomplete => "Incomplete",
            Self::RateExceeded => "RateExceeded",
            Self::NoInstancesInTag => "NoInstancesInTag",
            Self::DeliveryTimedOut => "DeliveryTimedOut",
            Self::ExecutionTimedOut => "ExecutionTimedOut",
        }
    }

    /// AWS's coarse `Status`. What goes with Incomplete, RateExceeded and NoInstancesInTag is undocumented.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Incomplete | Self::RateExceeded => "Failed",
            Self::NoInstancesInTag => "Success",
            Self::DeliveryTimedOut | Self::ExecutionTimedOut => "TimedOut",
            other => other.as_str(),
        }
    }

    /// Whether nothing can change it any more.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress | Self::Cancelling)
    }

    /// The state with this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|s| s.as_str() == name)
    }
}

impl std::fmt::Display for CommandState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}
