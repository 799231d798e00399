//! A delivery's steps: due, taken, tried, ended, forgotten.

use pilothouse_api::Fault;
use pilothouse_protocol::{CommandId, Millis};
use pilothouse_store::commands;
use pilothouse_store::deliveries::{self, Attempt, Kind};
use pilothouse_store::invocations;

use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{
    Expired, GiveUpDelivery, LookForDeliveries, SettleDelivery, SweepDeliveries, TakeDeliveries,
    TakenDeliveries,
};

/// How long what ended is kept: as long as it is, the same reason is told no second time.
const KEPT_MS: i64 = 7 * 24 * 60 * 60 * 1000;
/// The most that one sweep forgets; the next goes on.
const SWEPT: usize = 1000;

impl Run for LookForDeliveries {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<bool, Fault> {
        deliveries::is_due(cx.tx, self.kind, cx.now).await.map_err(store_fault)
    }
}

impl Run for TakeDeliveries {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<TakenDeliveries, Fault> {
        let taken = deliveries::take(cx.tx, &self.wanted, cx.now).await.map_err(store_fault)?;
        Ok(TakenDeliveries { taken })
    }
}

impl Run for SettleDelivery {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        deliveries::settle(cx.tx, &self.taken, &self.attempt, cx.now).await.map_err(store_fault)?;
        Ok(())
    }
}

impl Run for GiveUpDelivery {
    const GUARD: Guard = Guard::Kind;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        let given_up = Attempt::GivenUp(self.problem.clone());
        let settled = deliveries::settle(cx.tx, &self.taken, &given_up, cx.now).await.map_err(store_fault)?;
        if settled && self.taken.kind == Kind::OutputToS3 {
            tell_on_the_run(cx, &self).await?;
        }
        if let Ok(command_id) = self.taken.command_id.parse::<CommandId>()
            && let Some(command) =
                commands::get(cx.tx, &self.taken.region, &command_id).await.map_err(store_fault)?
        {
            cx.require(vec![resources::command(&command)]).await?;
        }
        Ok(())
    }
}

/// A run says that its output is not where it was to be.
async fn tell_on_the_run(cx: &mut Cx<'_>, given_up: &GiveUpDelivery) -> Result<(), Fault> {
    let GiveUpDelivery { taken, problem } = given_up;
    let (Ok(command), Ok(instance)) = (taken.command_id.parse(), taken.instance_id.parse()) else {
        return Ok(());
    };
    let run = invocations::get(cx.tx, &taken.region, &command, &instance).await.map_err(store_fault)?;
    let Some(mut run) = run else { return Ok(()) };
    let gap = if run.message.is_empty() { "" } else { "; " };
    let said = format!("its output could not be put into the bucket {}: {problem}", taken.destination);
    run.message = format!("{}{gap}{said}", run.message).chars().take(2500).collect();
    invocations::save_many(cx.tx, &[run]).await.map_err(store_fault)?;
    cx.ring_in(&taken.region, Subject::Command { command_id: command, work: false });
    Ok(())
}

impl Run for SweepDeliveries {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Expired, Fault> {
        let before = Millis(cx.now.0 - KEPT_MS);
        let swept = deliveries::sweep(cx.tx, before, SWEPT).await.map_err(store_fault)?;
        Ok(Expired { changed: usize::try_from(swept).unwrap_or(usize::MAX) })
    }
}
