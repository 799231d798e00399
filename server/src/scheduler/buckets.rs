//! Output of runs that are over is carried to the buckets that their commands name.
//!
//! Each is taken for a lease before it is put there, and settled after: a server that is killed in between loses nothing, and
//! writes the same objects again. A large one does not keep notifications waiting, which are carried elsewhere.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use pilothouse_protocol::JobId;
use pilothouse_store::deliveries::{Attempt, DeliveryRecord, Kind, Wanted};

use super::{report, rung};
use crate::courier::{Buckets, Problem};
use crate::cx::Call;
use crate::door::Door;
use crate::doorbell::Subject;
use crate::internal::{GiveUpDelivery, LookForDeliveries, OutputToBucket, SettleDelivery, TakeDeliveries};

/// How often it is looked without a ring: what failed is due by time alone.
const PERIOD: Duration = Duration::from_secs(1);
/// Seconds for which what was taken is not taken again: longer than the longest output takes.
const LEASE: i64 = 30 * 60;
/// Taken, and carried, at a time.
const AT_ONCE: usize = 8;
/// Seconds after which the first attempt that failed is repeated; the pause doubles up to the longest.
const FIRST_PAUSE: i64 = 2;
const LONGEST_PAUSE: i64 = 600;
/// Milliseconds after its reason, from which on a delivery that fails is given up.
const PATIENCE: i64 = 24 * 60 * 60 * 1000;

/// The reconciler. Without a place with buckets what is due waits for one, until it is given up.
pub(super) async fn run(door: Door, buckets: Option<Arc<Buckets>>) {
    let mut bell = door.doorbell().listen();
    loop {
        activate(&door, buckets.as_deref()).await;
        let _ = tokio::time::timeout(PERIOD, rung(&mut bell, |it| *it == Subject::Deliveries)).await;
        bell = bell.resubscribe();
    }
}

/// One look, and what is to be done by it. A bucket that fails is not tried again before the next.
async fn activate(door: &Door, buckets: Option<&Buckets>) {
    let mut failing = BTreeSet::new();
    loop {
        match door.perform(&Call::system(), LookForDeliveries { kind: Kind::OutputToS3 }).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(fault) => return report("buckets", &fault),
        }
        let wanted = Wanted {
            kind: Kind::OutputToS3,
            except: failing.iter().cloned().collect(),
            lease_until: door.clock().now().plus_seconds(LEASE),
            count: AT_ONCE,
        };
        let taken = match door.perform(&Call::system(), TakeDeliveries { wanted }).await {
            Ok(taken) => taken.taken,
            Err(fault) => return report("buckets", &fault),
        };
        if taken.is_empty() {
            return;
        }
        let mut carried =
            stream::iter(taken).map(|taken| carry(door, buckets, taken)).buffer_unordered(AT_ONCE);
        while let Some((taken, outcome)) = carried.next().await {
            if outcome.is_err() {
                failing.insert(taken.destination.clone());
            }
            settle(door, taken, outcome).await;
        }
    }
}

async fn carry(
    door: &Door,
    buckets: Option<&Buckets>,
    taken: DeliveryRecord,
) -> (DeliveryRecord, Result<(), Problem>) {
    let outcome = match (buckets, read(&taken)) {
        (Some(buckets), Some((job, wanted))) => {
            buckets.put(&*door.ports().outputs, &job, &taken.destination, &wanted).await
        }
        (None, _) => Err(Problem { why: String::from("the settings have no [s3]"), is_final: false }),
        (_, None) => {
            Err(Problem { why: String::from("the row of the delivery cannot be read"), is_final: true })
        }
    };
    (taken, outcome)
}

fn read(taken: &DeliveryRecord) -> Option<(JobId, OutputToBucket)> {
    let job = JobId { command: taken.command_id.parse().ok()?, instance: taken.instance_id.parse().ok()? };
    Some((job, serde_json::from_value(taken.payload.clone()).ok()?))
}

async fn settle(door: &Door, taken: DeliveryRecord, outcome: Result<(), Problem>) {
    let now = door.clock().now();
    let call = Call { region: taken.region.clone(), ..Call::system() };
    let (bucket, delivery) = (&taken.destination, &taken.delivery_id);
    let attempt = match outcome {
        Ok(()) => Attempt::Done,
        Err(Problem { why, is_final }) if is_final || now.0 - taken.created_at.0 > PATIENCE => {
            tracing::warn!(delivery, bucket, why, "output that was to go to a bucket is given up");
            if let Err(fault) = door.perform(&call, GiveUpDelivery { taken, problem: why }).await {
                report("buckets", &fault);
            }
            return;
        }
        Err(Problem { why, .. }) => {
            tracing::info!(delivery, bucket, why, "output has not arrived in its bucket");
            Attempt::Again(why, now.plus_seconds(pause(taken.attempts)))
        }
    };
    if let Err(fault) = door.perform(&call, SettleDelivery { taken, attempt }).await {
        report("buckets", &fault);
    }
}

/// Seconds to wait after this many attempts.
fn pause(attempts: i64) -> i64 {
    let doubled = u32::try_from(attempts - 1).ok().and_then(|n| FIRST_PAUSE.checked_shl(n.min(32)));
    doubled.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}
