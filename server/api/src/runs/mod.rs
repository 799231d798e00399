//! What one can do with commands here that AWS has no word for: throttle them while they run, find them again, keep them as
//! templates.
//!
//! In: nothing. Out: requests and replies, one file per operation family, with the constraints of each.
//!
//! Never here: what a command does, and what AWS itself calls so (`commands`).

mod find;
mod templates;
mod throttle;

pub use find::{FindCommands, FindCommandsResult};
pub use templates::{
    DeleteRunTemplate, DeleteRunTemplateResult, ListRunTemplates, ListRunTemplatesResult, MAX_TEMPLATES,
    PutRunTemplate, PutRunTemplateResult, RunTemplate,
};
pub use throttle::{AbortCommand, AbortCommandResult, UpdateCommand, UpdateCommandResult};
