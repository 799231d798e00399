//! Where commands stand, wherever they are.

use std::collections::BTreeMap;

use pilothouse_api::commands::CommandState;
use pilothouse_protocol::CommandId;
use sqlx::AssertSqlSafe;

use super::state;
use crate::rows::{MAX_BINDS, parsed, placeholders, text};
use crate::{StoreError, Tx};

/// Where a command is, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Its region.
    pub region: String,
    /// Its state.
    pub state: CommandState,
}

/// Where these commands are and stand, of any region; those that are not known are absent.
///
/// # Errors
/// When the store fails.
pub async fn standing(tx: &mut Tx, ids: &[CommandId]) -> Result<BTreeMap<CommandId, Standing>, StoreError> {
    let mut found = BTreeMap::new();
    for group in ids.chunks(MAX_BINDS) {
        let sql = format!(
            "SELECT command_id, region, state FROM commands WHERE command_id IN ({})",
            placeholders(1, group.len())
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for id in group {
            query = query.bind(id.as_str());
        }
        for row in query.fetch_all(tx.connection()).await? {
            let it = Standing { region: text(&row, "region")?, state: state(&row)? };
            found.insert(parsed(&row, "command_id")?, it);
        }
    }
    Ok(found)
}
