//! SweepBlobs: what nobody uses goes, and what never became whole.

use std::collections::HashSet;

use pilothouse_api::Fault;
use pilothouse_protocol::Millis;
use pilothouse_store::blobs;

use super::blob_fault;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::{Expired, SweepBlobs};

/// How long a blob waits to be attached, and an upload for its next piece.
const GRACE_MS: i64 = 24 * 60 * 60 * 1000;
/// The most blobs of one sweep; the next one goes on.
const MOST: usize = 200;

impl Run for SweepBlobs {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        let before = Millis(cx.now.0 - GRACE_MS);
        let unfinished = cx.ports.blobs.forget_unfinished(before).await.map_err(blob_fault)?;
        blobs::mark_unused(cx.tx, cx.now).await.map_err(store_fault)?;
        let mut gone = blobs::take_unused(cx.tx, before, MOST).await.map_err(store_fault)?;
        gone.extend(strays(cx, before).await?);
        for blob in &gone {
            cx.ports.blobs.remove(blob).await.map_err(blob_fault)?;
        }
        Ok(Expired { changed: unfinished + gone.len() })
    }
}

/// Files that no row tells of: the server went down between the two.
async fn strays(cx: &mut Cx<'_>, before: Millis) -> Result<Vec<blobs::Sha256>, Fault> {
    let old = cx.ports.blobs.older_than(before).await.map_err(blob_fault)?;
    let known: HashSet<_> = blobs::known(cx.tx, &old).await.map_err(store_fault)?.into_iter().collect();
    Ok(old.into_iter().filter(|blob| !known.contains(blob)).take(MOST).collect())
}
