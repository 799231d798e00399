//! What was folded for nobody any more goes.

use std::time::Duration;

use super::report;
use crate::cx::Call;
use crate::door::Door;
use crate::internal::FreeFolds;

/// How often.
const PERIOD: Duration = Duration::from_secs(30);

/// The reconciler.
pub(super) async fn run(door: Door) {
    let mut period = tokio::time::interval(PERIOD);
    loop {
        period.tick().await;
        match door.perform(&Call::system(), FreeFolds {}).await {
            Ok(left) => tracing::trace!(left = left.changed, "folds that are kept"),
            Err(fault) => report("folding", &fault),
        }
    }
}
