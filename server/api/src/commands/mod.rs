//! Run Command as AWS shapes it: SendCommand and what can be seen of it.
//!
//! In: nothing. Out: requests and replies of Run Command, one file per operation family, with AWS's members and the constraints
//! of its model.
//!
//! Never here: what a command does.

mod cancel;
mod command;
mod get;
mod invocation;
mod list;
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
pub(crate) use send::check_targets;
pub use send::{CloudWatchOutputConfig, NotificationConfig, SendCommand, SendCommandResult, Target};
pub use state::CommandState;
