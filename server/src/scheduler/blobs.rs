//! What is attached to no document goes, and what never became whole.

use std::time::Duration;

use super::report;
use crate::cx::Call;
use crate::door::Door;
use crate::internal::SweepBlobs;

/// How often.
const PERIOD: Duration = Duration::from_secs(60 * 60);

/// The reconciler.
pub(super) async fn run(door: Door) {
    let mut period = tokio::time::interval(PERIOD);
    loop {
        period.tick().await;
        match door.perform(&Call::system(), SweepBlobs {}).await {
            Ok(swept) => tracing::debug!(swept = swept.changed, "blobs that nobody used are gone"),
            Err(fault) => report("blobs", &fault),
        }
    }
}
