//! Policies of parameters are carried out when they are due, and what happened to parameters long ago is forgotten.
//!
//! A policy is taken before it is carried out, and is due again a minute later unless that succeeded: so a server that is killed
//! in between loses nothing, and of several servers one does it.

use std::time::Duration;

use tokio::time::Instant;

use super::report;
use crate::cx::Call;
use crate::door::Door;
use crate::internal::{
    CarryOutParameterPolicy, LookForParameterPolicies, SweepParameterEvents, SweepParameterPast,
    TakeParameterPolicies,
};

/// How often is looked for policies that are due.
const PERIOD: Duration = Duration::from_secs(1);
/// How often the log of what happened is swept.
const SWEEP: Duration = Duration::from_secs(10 * 60);

/// The reconciler.
pub(super) async fn run(door: Door) {
    let mut period = tokio::time::interval(PERIOD);
    period.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut sweep = Instant::now();
    loop {
        let now = period.tick().await;
        activate(&door).await;
        if now >= sweep {
            sweep = now + SWEEP;
            if let Err(fault) = door.perform(&Call::system(), SweepParameterEvents {}).await {
                report("parameter events", &fault);
            }
            sweep_past(&door).await;
        }
    }
}

/// Forgets parameters that were deleted long ago, some at a time.
async fn sweep_past(door: &Door) {
    loop {
        match door.perform(&Call::system(), SweepParameterPast {}).await {
            Ok(swept) if swept.changed > 0 => {}
            Ok(_) => return,
            Err(fault) => return report("the past of parameters", &fault),
        }
    }
}

/// One look, and what is to be done by it.
pub(super) async fn activate(door: &Door) {
    loop {
        match door.perform(&Call::system(), LookForParameterPolicies {}).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(fault) => return report("parameter policies", &fault),
        }
        let taken = match door.perform(&Call::system(), TakeParameterPolicies {}).await {
            Ok(due) => due.taken,
            Err(fault) => return report("parameter policies", &fault),
        };
        if taken.is_empty() {
            return;
        }
        for policy in taken {
            let call = Call { region: policy.region.clone(), ..Call::system() };
            if let Err(fault) = door.perform(&call, CarryOutParameterPolicy { policy }).await {
                report("parameter policies", &fault);
            }
        }
    }
}
