//! What the event stream asks for followers of groups, and the scheduler for the memory that they take.

use pilothouse_api::folding::Normal;
use pilothouse_protocol::CommandId;
use serde::{Deserialize, Serialize};

/// All groups of a command, as they are now.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FollowGroups {
    /// Of which command.
    pub command_id: CommandId,
    /// What is taken out of lines before they are compared.
    pub normal: Normal,
}

/// Frees what was folded and nobody follows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct FreeFolds {}
