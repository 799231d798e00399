//! Records of what is done to a server without the server, in a shell on its machine: in the same chain, in a transaction of their
//! own.

use pilothouse_store::Store;

use super::chain::{ChainError, ChainKey};
use super::cloudtrail::Scribe;
use super::record::CallRecord;
use crate::secrets::Secrets;

/// Records what was done beside a server, which may be running. A database that never was a server's has no trail, and gets none.
///
/// # Errors
/// When the trail's key cannot be opened or is gone, or the store fails.
pub async fn record_beside(
    store: &Store,
    secrets: &Secrets,
    scribe: &Scribe,
    record: &CallRecord,
) -> Result<(), ChainError> {
    let mut tx = store.write().await?;
    let Some(key) = ChainKey::find(&mut tx, secrets).await? else { return Ok(()) };
    key.append(&mut tx, &mut [scribe.row(record)], record.at).await?;
    Ok(tx.commit().await?)
}
