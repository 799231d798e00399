//! Where the runs of a command stand, in a few columns: what is asked again and again about thousands of them.

use pilothouse_api::topics::Revision;
use pilothouse_protocol::{CommandId, InstanceId, InvocationState};

use crate::rows::{int, maybe_int, parsed, text};
use crate::{StoreError, Tx};

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// On which node.
    pub instance_id: InstanceId,
    /// Its place in the command.
    pub position: i64,
    /// The node's name when the command was sent.
    pub node_name: String,
    /// Its state.
    pub state: InvocationState,
    /// Whether a step began.
    pub began: bool,
    /// Exit code of the last step that ran.
    pub exit_code: Option<i32>,
    /// End of what is stored of its output.
    pub output_end: u64,
    /// When it changed last.
    pub revision: Revision,
}

/// The runs of a command that changed after a revision, in order of change, then of position.
///
/// # Errors
/// When the store fails.
pub async fn standing(
    tx: &mut Tx,
    region: &str,
    command: &CommandId,
    after: Revision,
) -> Result<Vec<Standing>, StoreError> {
    let rows = sqlx::query(
        "SELECT instance_id, position, node_name, state, started_at, exit_code, output_end, revision FROM invocations
         WHERE command_id = $1 AND region = $2 AND revision > $3 ORDER BY revision, position",
    )
    .bind(command.as_str())
    .bind(region)
    .bind(after)
    .fetch_all(tx.connection())
    .await?;
    rows.iter()
        .map(|row| {
            let exit_code = maybe_int(row, "exit_code")?.and_then(|code| i32::try_from(code).ok());
            Ok(Standing {
                instance_id: parsed(row, "instance_id")?,
                position: int(row, "position")?,
                node_name: text(row, "node_name")?,
                state: parsed(row, "state")?,
                began: exit_code.is_some() || maybe_int(row, "started_at")?.is_some(),
                exit_code,
                output_end: u64::try_from(int(row, "output_end")?).unwrap_or(0),
                revision: int(row, "revision")?,
            })
        })
        .collect()
}
