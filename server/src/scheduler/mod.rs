//! The clock's door: reconcilers, each an operation that takes no input, may run at any time and any number of times.
//!
//! In: time, and the doorbell. Out: operations through the core's door. A failed reconciliation needs no retry of its own: the
//! next activation is the retry.
//!
//! Never here: rules. What a reconciler does stands in its capability.

mod approvals;
mod audit;
mod blobs;
mod buckets;
mod deliveries;
mod folding;
mod outputs;
mod parameters;

use std::sync::Arc;
use std::time::Duration;

pub use audit::TrailUpkeep;
use pilothouse_api::Fault;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinHandle;

use crate::config::OutputSettings;
use crate::courier::{Buckets, Courier};
use crate::cx::Call;
use crate::door::Door;
use crate::doorbell::{Ring, Subject};
use crate::internal::{DetectLost, Dispatch, ExpireCommands};

/// How often the dispatcher looks without being rung for.
const DISPATCH_PERIOD: Duration = Duration::from_secs(5);
/// How often time-outs are looked for.
const EXPIRE_PERIOD: Duration = Duration::from_secs(1);

/// What is kept, and for how long.
#[derive(Clone, Debug)]
pub struct Upkeep {
    /// Of the audit trail.
    pub trail: TrailUpkeep,
    /// Of output.
    pub outputs: OutputSettings,
}

/// Who carries what goes out of the house.
#[derive(Clone, Debug)]
pub struct Carriers {
    /// Notifications.
    pub courier: Arc<Courier>,
    /// Output, if there is a place with buckets.
    pub buckets: Option<Arc<Buckets>>,
}

/// The running reconcilers; dropping it stops them.
#[derive(Debug)]
pub struct Scheduler {
    tasks: Vec<JoinHandle<()>>,
}

impl Scheduler {
    /// Starts them. A node that was silent for `lost_after` is lost. Must be called inside a tokio runtime.
    #[must_use]
    pub fn start(door: Door, lost_after: Duration, upkeep: Upkeep, carriers: Carriers) -> Self {
        let silence_ms = i64::try_from(lost_after.as_millis()).unwrap_or(i64::MAX);
        Self {
            tasks: vec![
                tokio::spawn(dispatch(door.clone())),
                tokio::spawn(expire(door.clone())),
                tokio::spawn(approvals::run(door.clone())),
                tokio::spawn(audit::run(door.clone(), upkeep.trail)),
                tokio::spawn(parameters::run(door.clone())),
                tokio::spawn(blobs::run(door.clone())),
                tokio::spawn(folding::run(door.clone())),
                tokio::spawn(outputs::run(door.clone(), upkeep.outputs)),
                tokio::spawn(deliveries::run(door.clone(), carriers.courier)),
                tokio::spawn(buckets::run(door.clone(), carriers.buckets)),
                tokio::spawn(presence(door, silence_ms)),
            ],
        }
    }
}

impl Drop for Scheduler {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn dispatch(door: Door) {
    let mut bell = door.doorbell().listen();
    loop {
        match door.perform(&Call::system(), Dispatch {}).await {
            // Something was handed over: there may be more than one activation takes.
            Ok(done) if done.sent >= 1000 => continue,
            Ok(_) => {}
            Err(fault) => report("dispatch", &fault),
        }
        let is_work =
            |subject: &Subject| matches!(subject, Subject::Command { work: true, .. } | Subject::Nodes);
        let _ = tokio::time::timeout(DISPATCH_PERIOD, rung(&mut bell, is_work)).await;
        // What rang meanwhile is covered by the look that follows.
        bell = bell.resubscribe();
    }
}

/// Waits for a ring about what `concerns` the listener. Who lags takes everything as changed.
async fn rung(bell: &mut Receiver<Ring>, concerns: impl Fn(&Subject) -> bool) {
    loop {
        match bell.recv().await {
            Ok(ring) if !concerns(&ring.subject) => {}
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

async fn expire(door: Door) {
    let mut period = tokio::time::interval(EXPIRE_PERIOD);
    loop {
        period.tick().await;
        if let Err(fault) = door.perform(&Call::system(), ExpireCommands {}).await {
            report("expire", &fault);
        }
    }
}

async fn presence(door: Door, silence_ms: i64) {
    let mut period = tokio::time::interval(EXPIRE_PERIOD);
    loop {
        period.tick().await;
        if let Err(fault) = door.perform(&Call::system(), DetectLost { silence_ms }).await {
            report("presence", &fault);
        }
    }
}

fn report(reconciler: &str, fault: &Fault) {
    tracing::warn!(reconciler, %fault, "a reconciliation failed; the next one tries again");
}

/// One activation of what carries approved calls out: for stories that need no clock.
#[cfg(test)]
pub(crate) async fn look_for_approvals(door: &Door) {
    approvals::activate(door).await;
}

/// One activation of what carries policies of parameters out.
#[cfg(test)]
pub(crate) async fn look_for_parameter_policies(door: &Door) {
    parameters::activate(door).await;
}

/// One activation of what carries notifications.
#[cfg(test)]
pub(crate) async fn look_for_deliveries(door: &Door, courier: &Courier) {
    deliveries::activate(door, courier, &mut deliveries::Rests::default()).await;
}
