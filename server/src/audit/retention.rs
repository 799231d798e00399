//! Retention: removes the oldest records in small steps, and seals where it has cut.

use pilothouse_protocol::Millis;
use pilothouse_store::StoreError;
use pilothouse_store::audit::{self, Which};
use serde_json::json;

use super::record::{CallRecord, Touched};
use super::trail::AuditTrail;
use crate::access::{Kind, Resource};
use crate::cx::Call;

/// Records removed in one transaction.
const STEP: usize = 1000;
const DAY: i64 = 24 * 60 * 60 * 1000;
/// Operation, target and permission of what is done here.
const CUT: [&str; 3] = ["CutAuditTrail", "Internal.CutAuditTrail", "system:CutAuditTrail"];

impl AuditTrail {
    /// Removes what is older than `days` (0 keeps everything), and records that it did. The number of records removed.
    ///
    /// # Errors
    /// When the store fails; what was removed until then stays removed.
    pub async fn retain(&self, days: u32) -> Result<u64, StoreError> {
        if days == 0 {
            return Ok(0);
        }
        let before = Millis(self.pen.clock.now().0 - i64::from(days) * DAY);
        let (mut removed, mut through) = (0, 0);
        while let Some((count, last)) = self.cut(before).await? {
            removed += count;
            through = last;
            // Others come in between.
            tokio::task::yield_now().await;
        }
        if removed > 0 {
            let mut tx = self.pen.store.write().await?;
            self.append(&mut tx, &[self.cut_record(days, removed, through)]).await?;
            tx.commit().await?;
            self.committed("");
        }
        Ok(removed)
    }

    /// One step: how many were removed, and the last of them.
    async fn cut(&self, before: Millis) -> Result<Option<(u64, i64)>, StoreError> {
        let mut tx = self.pen.store.write().await?;
        let Some(floor) = audit::floor(&mut tx).await? else { return Ok(None) };
        let rows = audit::oldest(&mut tx, STEP).await?;
        let count = rows.iter().take_while(|(_, at, _)| *at < before).count();
        let first = rows.first().map(|(seq, ..)| *seq);
        let Some((seq, _, hash)) = rows.into_iter().take(count).next_back() else { return Ok(None) };
        if !self.pen.key.is_genuine(Which::Floor, &floor) {
            tracing::error!(
                "the floor of the audit trail was forged: nothing is removed; see `audit verify`"
            );
            return Ok(None);
        }
        if first != Some(floor.seq + 1) || i64::try_from(count).ok() != Some(seq - floor.seq) {
            tracing::error!(
                after = floor.seq,
                through = seq,
                "audit records were missing among those that are removed"
            );
        }
        let mark = self.pen.key.mark(Which::Floor, seq, hash, self.pen.clock.now());
        if !audit::raise_floor(&mut tx, floor.seq, &mark).await? {
            return Ok(None);
        }
        audit::remove_through(&mut tx, seq).await?;
        tx.commit().await?;
        Ok(Some((u64::try_from(count).unwrap_or(u64::MAX), seq)))
    }

    fn cut_record(&self, days: u32, removed: u64, through: i64) -> CallRecord {
        CallRecord {
            request: json!({"retentionDays": days, "removed": removed, "throughSeq": through}),
            touched: Touched::from_iter([&Resource::new(Kind::Trail, "default")]),
            ..CallRecord::of(&Call::system(), self.pen.clock.now(), CUT)
        }
    }
}
