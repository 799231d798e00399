//! The newest records alone: for whoever wants to know at once whether the chain holds where it grows.

use pilothouse_protocol::Millis;
use pilothouse_store::Tx;
use pilothouse_store::audit::{self, Which};

use super::chain::{ChainError, ChainKey};
use super::verify::Defect;
use crate::secrets::Secrets;

/// Where a chain ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Place of the newest record; 0 when there is none.
    pub seq: i64,
    /// When it was.
    pub at: Millis,
}

/// Whether the newest `count` records are as they were written; `None` when there is no trail yet.
///
/// # Errors
/// When the trail cannot be read.
pub async fn tail(
    tx: &mut Tx,
    secrets: &Secrets,
    count: u16,
) -> Result<Result<Option<Tail>, Defect>, ChainError> {
    let Some(key) = ChainKey::find(tx, secrets).await? else { return Ok(Ok(None)) };
    let (head, floor) = (audit::head(tx).await?, audit::floor(tx).await?);
    let (Some(head), Some(floor)) = (head, floor) else { return Ok(Err(Defect::NoMark("head or floor"))) };
    if !key.is_genuine(Which::Head, &head) {
        return Ok(Err(Defect::ForgedMark("head")));
    }
    let before = floor.seq.max(head.seq - i64::from(count));
    let (mut at, mut newest) = (before, Tail { seq: head.seq, at: head.at });
    let mut previous = None;
    for row in audit::following(tx, before, usize::from(count)).await? {
        at += 1;
        if row.seq != at {
            return Ok(Err(Defect::Missing { from: at, to: row.seq - 1 }));
        }
        let follows = previous.is_none_or(|previous| previous == row.previous);
        if !follows || key.link(&row.previous, &row) != row.hash {
            return Ok(Err(Defect::Changed(row.seq)));
        }
        newest.at = row.at;
        previous = Some(row.hash);
    }
    Ok(match previous {
        _ if at < head.seq => Err(Defect::Missing { from: at + 1, to: head.seq }),
        Some(hash) if hash != head.hash => Err(Defect::Changed(head.seq)),
        _ => Ok(Some(newest)),
    })
}
