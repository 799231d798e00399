//! The audit trail's upkeep: an anchor is written where it can be fetched from, and what is older than retention is removed.

use std::time::Duration;

use crate::audit::AnchorFile;
use crate::door::Door;

/// How often.
const PERIOD: Duration = Duration::from_secs(60 * 60);

/// What is kept of the audit trail.
#[derive(Clone, Debug)]
pub struct TrailUpkeep {
    /// Days after which a record is removed; 0 keeps all.
    pub retention_days: u32,
    /// Where anchors are written.
    pub anchor: AnchorFile,
}

/// The reconciler.
pub(super) async fn run(door: Door, upkeep: TrailUpkeep) {
    let mut period = tokio::time::interval(PERIOD);
    loop {
        period.tick().await;
        match door.audit().retain(upkeep.retention_days).await {
            Ok(removed) => tracing::debug!(removed, days = upkeep.retention_days, "audit records removed"),
            Err(error) => tracing::warn!(%error, "old audit records remain; the next activation goes on"),
        }
        door.audit().keep_anchor(&upkeep.anchor).await;
    }
}
