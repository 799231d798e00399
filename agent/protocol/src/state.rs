//! States, and the transitions that are legal. Terminal states are sticky: late news about a finished run is refused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

macro_rules! named {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vdoc])* $variant),* }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// AWS's spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant)),* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|it| it.as_str() == text).ok_or_else(|| UnknownName {
                    kind: stringify!($name),
                    text: text.chars().take(80).collect(),
                })
            }
        }
    };
}

/// A text that names no value of the enum it was read as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no {kind}")]
pub struct UnknownName {
    /// The enum.
    pub kind: &'static str,
    /// What was given, shortened.
    pub text: String,
}

named!(
    /// Where a run of a command on one node stands: AWS's `StatusDetails` of an invocation.
    /// Source: User Guide, "Understanding command statuses".
    InvocationState {
        /// Not yet handed to the node.
        Pending,
        /// Handed to the node, and accepted or running there.
        InProgress,
        /// Handed over, but the node has not answered; delivery is tried again.
        Delayed,
        /// Ended well.
        Success,
        /// Stopped on request before it ended.
        Cancelled,
        /// Asked to stop; the node has not confirmed yet.
        Cancelling,
        /// Ended with an error.
        Failed,
        /// Never reached the node, or no word came back, before the command expired.
        DeliveryTimedOut,
        /// Ran longer than its time-out and was killed on the node.
        ExecutionTimedOut,
        /// The node cannot be reached at all (it was deregistered).
        Undeliverable,
        /// The document does not support the node's platform.
        InvalidPlatform,
        /// The caller may not run this there.
        AccessDenied,
        /// Not sent, as the command's error limit was exceeded first.
        Terminated,
    }
);

named!(
    /// Where a step (AWS: plugin) of a run stands.
    StepState {
        /// Not begun.
        Pending,
        /// Running.
        InProgress,
        /// Ended well.
        Success,
        /// Ran too long and was killed.
        TimedOut,
        /// Stopped on request.
        Cancelled,
        /// Ended with an error.
        Failed,
        /// Not for this node; counts as success in the roll-up.
        Skipped,
    }
);

named!(
    /// Whether a node answers: AWS's `PingStatus`.
    PingStatus {
        /// It has a live link, or had one within the loss threshold.
        Online,
        /// No word for longer than the loss threshold.
        ConnectionLost,
        /// Deprecated by AWS; never produced here.
        Inactive,
    }
);

named!(
    /// AWS's `PlatformType`.
    Platform {
        /// Any Linux.
        Linux,
        /// Windows.
        Windows,
        /// macOS.
        MacOS,
    }
);

/// What can happen to an invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocationEvent {
    /// The server handed the job to the node's link.
    Sent,
    /// The link broke before the node accepted; the job will be handed over again.
    Unsent,
    /// The node has it on disk, or has begun it.
    Accepted,
    /// The operator asked to stop it.
    CancelRequested,
    /// The node reports its end, in the given terminal state.
    Finished(InvocationState),
    /// The command expired.
    Expired,
    /// The error limit was exceeded before it was sent.
    LimitExceeded,
    /// The node was deregistered.
    NodeGone,
}

/// News that cannot be true of a run in this state.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an invocation that is {from} cannot take {event:?}")]
pub struct IllegalTransition {
    /// The state it was in, and stays in.
    pub from: InvocationState,
    /// What was refused.
    pub event: InvocationEvent,
}

impl InvocationState {
    /// AWS's coarse `Status` of an invocation.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::DeliveryTimedOut | Self::ExecutionTimedOut => "TimedOut",
            Self::Undeliverable | Self::InvalidPlatform | Self::AccessDenied => "Failed",
            Self::Terminated => "Cancelled",
            other => other.as_str(),
        }
    }

    /// Whether nothing can change it any more.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        !matches!(self, Self::Pending | Self::InProgress | Self::Delayed | Self::Cancelling)
    }

    /// Whether it counts against `MaxErrors`. Delivery time-outs and refusals do not.
    #[must_use]
    pub const fn is_error(self) -> bool {
        matches!(self, Self::Failed | Self::ExecutionTimedOut)
    }

    /// The state after `event`.
    ///
    /// # Errors
    /// When the event cannot happen in this state; the state stays what it was.
    pub fn on(self, event: InvocationEvent) -> Result<Self, IllegalTransition> {
        use InvocationEvent as E;
        let refused = Err(IllegalTransition { from: self, event });
        if self.is_terminal() {
            return refused;
        }
        match (self, event) {
            (Self::Pending, E::Sent) => Ok(Self::Delayed),
            (Self::Delayed, E::Sent) => Ok(Self::Delayed),
            (Self::Delayed, E::Unsent) => Ok(Self::Pending),
            (Self::Pending | Self::Delayed | Self::InProgress, E::Accepted) => Ok(Self::InProgress),
            (Self::Cancelling, E::Accepted | E::Sent | E::CancelRequested) => Ok(Self::Cancelling),
            // Never handed over: nothing can be running, so it ends at once.
            (Self::Pending, E::CancelRequested) => Ok(Self::Cancelled),
            (Self::Delayed | Self::InProgress, E::CancelRequested) => Ok(Self::Cancelling),
            (_, E::Finished(end)) if end.is_terminal() => Ok(end),
            (_, E::Expired) => Ok(Self::DeliveryTimedOut),
            (Self::Pending, E::LimitExceeded) => Ok(Self::Terminated),
            (_, E::NodeGone) => Ok(Self::Undeliverable),
            _ => refused,
        }
    }
}

impl StepState {
    /// AWS's `CommandPluginStatus`, which has no word for a skipped step.
    #[must_use]
    pub const fn status(self) -> &'static str {
        match self {
            Self::Skipped => "Success",
            other => other.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use InvocationEvent as E;

    #[test]
    fn a_run_goes_from_pending_to_success() {
        let state = InvocationState::Pending.on(E::Sent).unwrap().on(E::Accepted).unwrap();
        assert_eq!(state, InvocationState::InProgress);
        assert_eq!(state.on(E::Finished(InvocationState::Success)).unwrap(), InvocationState::Success);
    }

    #[test]
    fn terminal_states_are_sticky_against_every_event() {
        let events =
            [E::Sent, E::Unsent, E::Accepted, E::CancelRequested, E::Expired, E::LimitExceeded, E::NodeGone];
        for state in InvocationState::ALL.iter().copied().filter(|s| s.is_terminal()) {
            for event in events.into_iter().chain([E::Finished(InvocationState::Success)]) {
                assert!(state.on(event).is_err(), "{state} took {event:?}");
            }
        }
    }

    #[test]
    fn cancelling_a_run_that_was_never_sent_ends_it_at_once() {
        assert_eq!(InvocationState::Pending.on(E::CancelRequested).unwrap(), InvocationState::Cancelled);
        assert_eq!(InvocationState::InProgress.on(E::CancelRequested).unwrap(), InvocationState::Cancelling);
    }

    #[test]
    fn a_run_may_finish_while_it_is_being_cancelled() {
        let state = InvocationState::Cancelling;
        assert_eq!(state.on(E::Finished(InvocationState::Success)).unwrap(), InvocationState::Success);
    }

    #[test]
    fn only_failures_and_execution_time_outs_are_errors() {
        let errors: Vec<_> = InvocationState::ALL.iter().filter(|s| s.is_error()).collect();
        assert_eq!(errors, [&InvocationState::Failed, &InvocationState::ExecutionTimedOut]);
    }
}
