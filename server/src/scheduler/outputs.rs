//! Output that is old, or too much, goes.

use std::time::Duration;

use super::report;
use crate::config::OutputSettings;
use crate::cx::Call;
use crate::door::Door;
use crate::internal::{LookForOldOutput, SweepOutput};

/// How often.
const PERIOD: Duration = Duration::from_secs(5 * 60);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The reconciler.
pub(super) async fn run(door: Door, settings: OutputSettings) {
    let mut period = tokio::time::interval(PERIOD);
    loop {
        period.tick().await;
        activate(&door, settings).await;
    }
}

/// One look, and what is to be done by it.
pub(super) async fn activate(door: &Door, settings: OutputSettings) {
    let look = LookForOldOutput { keep_ms: i64::from(settings.keep_days) * DAY_MS, total: settings.total };
    let old = match door.perform(&Call::system(), look).await {
        Ok(old) => old,
        Err(fault) => return report("outputs", &fault),
    };
    for it in old {
        tracing::info!(command = %it.command_id, why = it.why.reason(), "output of a command is removed");
        let call = Call { region: it.region, ..Call::system() };
        if let Err(fault) = door.perform(&call, SweepOutput { command_id: it.command_id, why: it.why }).await
        {
            report("outputs", &fault);
        }
    }
}
