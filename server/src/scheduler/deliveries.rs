//! Notifications are carried to their webhooks.
//!
//! What is due is taken for a lease before it is posted, and settled after. So a server that is killed in between loses nothing,
//! and of several servers one does it; a receiver may be told twice, and knows it by the delivery's id.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream;
use pilothouse_protocol::Millis;
use pilothouse_store::deliveries::{Attempt, DeliveryRecord, Kind, Wanted};
use tokio::time::Instant;

use super::{report, rung};
use crate::courier::{Courier, Problem};
use crate::cx::Call;
use crate::door::Door;
use crate::doorbell::Subject;
use crate::internal::{GiveUpDelivery, LookForDeliveries, SettleDelivery, SweepDeliveries, TakeDeliveries};

/// How often it is looked without a ring: what failed is due by time alone.
const PERIOD: Duration = Duration::from_secs(1);
/// How often what ended is swept.
const SWEEP: Duration = Duration::from_secs(10 * 60);
/// Seconds for which what was taken is not taken again: longer than any attempt.
const LEASE: i64 = 60;
/// Taken at a time.
const AT_ONCE: usize = 64;
/// Posted at a time.
const IN_FLIGHT: usize = 16;
/// Seconds after which the first attempt that failed is repeated; the pause doubles.
const FIRST_PAUSE: i64 = 2;
/// Seconds of the longest pause.
const LONGEST_PAUSE: i64 = 600;
/// Milliseconds after its reason, from which on a delivery that fails is given up.
const PATIENCE: i64 = 24 * 60 * 60 * 1000;

/// The reconciler.
pub(super) async fn run(door: Door, courier: Arc<Courier>) {
    let mut bell = door.doorbell().listen();
    let (mut rests, mut sweep) = (Rests::default(), Instant::now());
    loop {
        activate(&door, &courier, &mut rests).await;
        if Instant::now() >= sweep {
            sweep = Instant::now() + SWEEP;
            if let Err(fault) = door.perform(&Call::system(), SweepDeliveries {}).await {
                report("deliveries", &fault);
            }
        }
        let _ = tokio::time::timeout(PERIOD, rung(&mut bell, |it| *it == Subject::Deliveries)).await;
        bell = bell.resubscribe();
    }
}

/// Destinations where nobody answered, each with the end of its rest: what waits for them does not keep the others waiting.
#[derive(Debug, Default)]
pub(super) struct Rests(BTreeMap<String, (Millis, i64)>);

impl Rests {
    fn resting(&self, now: Millis) -> Vec<String> {
        self.0.iter().filter(|(_, (until, _))| *until > now).map(|(name, _)| name.clone()).collect()
    }

    /// Nobody answered there.
    fn failed(&mut self, destination: &str, now: Millis) {
        let rest = self.0.entry(destination.to_owned()).or_insert((now, 0));
        // Attempts that were under way together are one failure.
        if rest.0 <= now {
            rest.1 += 1;
            rest.0 = Millis(now.0 + 1000 * pause(rest.1));
        }
    }

    fn answered(&mut self, destination: &str) {
        self.0.remove(destination);
    }
}

/// Seconds to wait after this many failures in a row.
fn pause(failures: i64) -> i64 {
    let doubled = u32::try_from(failures - 1).ok().and_then(|n| FIRST_PAUSE.checked_shl(n.min(32)));
    doubled.unwrap_or(LONGEST_PAUSE).min(LONGEST_PAUSE)
}

/// One look, and what is to be done by it.
pub(super) async fn activate(door: &Door, courier: &Courier, rests: &mut Rests) {
    loop {
        match door.perform(&Call::system(), LookForDeliveries { kind: Kind::Webhook }).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(fault) => return report("deliveries", &fault),
        }
        let now = door.clock().now();
        let wanted = Wanted {
            kind: Kind::Webhook,
            except: rests.resting(now),
            lease_until: now.plus_seconds(LEASE),
            count: AT_ONCE,
        };
        let taken = match door.perform(&Call::system(), TakeDeliveries { wanted }).await {
            Ok(taken) => taken.taken,
            Err(fault) => return report("deliveries", &fault),
        };
        if taken.is_empty() {
            return;
        }
        let posted = stream::iter(taken).map(|taken| post(door, courier, taken));
        let mut posted = posted.buffer_unordered(IN_FLIGHT);
        while let Some((taken, outcome)) = posted.next().await {
            settle(door, taken, outcome, rests).await;
        }
    }
}

async fn post(
    door: &Door,
    courier: &Courier,
    taken: DeliveryRecord,
) -> (DeliveryRecord, Result<(), Problem>) {
    let (body, at) = (taken.payload.to_string().into_bytes(), door.clock().now().0 / 1000);
    let outcome = courier.notify(&taken.destination, &taken.delivery_id, body, at).await;
    (taken, outcome)
}

async fn settle(door: &Door, taken: DeliveryRecord, outcome: Result<(), Problem>, rests: &mut Rests) {
    let now = door.clock().now();
    let call = Call { region: taken.region.clone(), ..Call::system() };
    let attempt = match outcome {
        Ok(()) => {
            rests.answered(&taken.destination);
            Attempt::Done
        }
        Err(Problem { why, is_final }) if is_final || now.0 - taken.created_at.0 > PATIENCE => {
            tracing::warn!(
                delivery = taken.delivery_id,
                webhook = taken.destination,
                why,
                "a notification is given up"
            );
            if let Err(fault) = door.perform(&call, GiveUpDelivery { taken, problem: why }).await {
                report("deliveries", &fault);
            }
            return;
        }
        Err(Problem { why, .. }) => {
            rests.failed(&taken.destination, now);
            tracing::info!(
                delivery = taken.delivery_id,
                webhook = taken.destination,
                why,
                "a notification has not arrived"
            );
            Attempt::Again(why, now.plus_seconds(pause(taken.attempts)))
        }
    };
    if let Err(fault) = door.perform(&call, SettleDelivery { taken, attempt }).await {
        report("deliveries", &fault);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_ten_minutes() {
        assert_eq!([1, 2, 3, 9, 10, 1_000].map(pause), [2, 4, 8, 512, 600, 600]);
    }

    #[test]
    fn who_does_not_answer_rests_and_failures_at_once_are_one() {
        let mut rests = Rests::default();
        for _ in 0..5 {
            rests.failed("ops", Millis(1_000));
        }
        assert_eq!(rests.resting(Millis(2_999)), ["ops"]);
        assert!(rests.resting(Millis(3_000)).is_empty());
        rests.failed("ops", Millis(3_000));
        assert_eq!(rests.resting(Millis(6_999)), ["ops"]);
        rests.answered("ops");
        assert!(rests.resting(Millis(4_000)).is_empty());
    }
}
