//! Run Command as AWS shapes it: SendCommand and what can be seen of it.
//!
//! In: nothing. Out: requests and replies of Run Command, one file per operation family, with AWS's members and the constraints
//! of its model.
//!
//! Never here: what a command does.

mod cancel;
mod chunks;
mod command;
mod get;
mod invocation;
mod list;
mod output;
mod send;
mod state;

pub use cancel::{CancelCommand, CancelCommandResult};
pub use command::Command;
pub use get::{GetCommandInvocation, GetCommandInvocationResult};
pub use invocation::{CommandInvocation, CommandPlugin};
pub use list::{
    CommandFilter, FILTER_KEYS, ListCommandInvocations, ListCommandInvocationsResult, ListCommands,
    ListCommandsResult,
};
pub use output::{
    Hit, MAX_BYTES, MAX_HIT_TEXT, MAX_HITS, MAX_LINES, MAX_PATTERN, MAX_SEARCHED_NODES, Place, ReadOutput,
    ReadOutputResult, SearchOutput, SearchOutputResult, SearchQuery,
};
pub use send::{
    CloudWatchOutputConfig, GROUP_NAME, NOTIFICATION_EVENTS, NOTIFICATION_TYPES, NotificationConfig,
    RESOURCE_TYPES, SendCommand, SendCommandResult, Target,
};
pub(crate) use send::{check_max_concurrency, check_max_errors, check_targets};
pub use state::CommandState;
