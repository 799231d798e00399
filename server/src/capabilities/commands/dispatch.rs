//! Dispatch: hands pending jobs to connected nodes, within each command's limits, and passes cancels on.
//!
//! A reconciler: it takes no input but the rows, may run at any time and any number of times. A job that was handed over and
//! lost with its link is found again as `Delayed` when the node returns.

use std::collections::HashMap;

use pilothouse_api::Fault;
use pilothouse_protocol::{InstanceId, InvocationEvent, InvocationState, Job, ToAgent};
use pilothouse_store::commands::{self, CommandRecord};
use pilothouse_store::invocations::{self, InvocationRecord};

use super::settle::{job_of, refresh};
use crate::capabilities::rates::Pace;
use crate::cx::{Cx, Room, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{Dispatch, Dispatched};

/// The most commands that one dispatch looks at.
const READY_COMMANDS: usize = 1000;
/// The most jobs of one command that one dispatch hands over; the next takes the rest.
const JOBS_AT_ONCE: u64 = 1000;

impl Run for Dispatch {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<Dispatched, Fault> {
        let (mut done, mut rooms) = (Dispatched::default(), Rooms::default());
        commands::hold(cx.tx).await.map_err(store_fault)?;
        for mut command in commands::ready(cx.tx, READY_COMMANDS).await.map_err(store_fault)? {
            dispatch(cx, &mut command, &mut rooms, &mut done).await?;
        }
        for run in invocations::cancelling(cx.tx).await.map_err(store_fault)? {
            if rooms.of(cx, &run.instance_id).take_frame() {
                cx.send(&run.instance_id, ToAgent::Cancel { job: job_of(&run) });
                done.cancelled += 1;
            }
        }
        Ok(done)
    }
}

/// What is left of each link's room in this dispatch: frames leave only after its commit.
#[derive(Default)]
struct Rooms(HashMap<InstanceId, Room>);

impl Rooms {
    fn of(&mut self, cx: &Cx<'_>, instance: &InstanceId) -> &mut Room {
        self.0.entry(instance.clone()).or_insert_with(|| cx.ports.agents.room(instance))
    }
}

async fn dispatch(
    cx: &mut Cx<'_>,
    command: &mut CommandRecord,
    rooms: &mut Rooms,
    done: &mut Dispatched,
) -> Result<(), Fault> {
    if command.paused || !command.counts.contains_key(&InvocationState::Pending) {
        return Ok(());
    }
    let pace = Pace::of(command);
    let changed = if command.aborted || pace.is_exceeded() {
        let unsent = terminated(cx, command).await?;
        done.terminated += unsent.len();
        invocations::save_many(cx.tx, &unsent).await.map_err(store_fault)?;
        unsent
    } else if cx.now > command.start_by {
        // It is about to expire.
        return Ok(());
    } else {
        let lost = match pace.unaccepted {
            0 => 0,
            _ => invocations::lost(cx.tx, &command.command_id).await.map_err(store_fault)?,
        };
        let sent = hand_over(cx, command, rooms, pace.room(lost).min(JOBS_AT_ONCE)).await?;
        done.sent += sent.len();
        sent
    };
    if changed.is_empty() {
        return Ok(());
    }
    refresh(cx, command, &changed).await?;
    cx.ring_in(&command.region, Subject::Command { command_id: command.command_id.clone(), work: false });
    Ok(())
}

async fn hand_over(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
    rooms: &mut Rooms,
    room: u64,
) -> Result<Vec<InvocationRecord>, Fault> {
    let limit = usize::try_from(room).unwrap_or(usize::MAX);
    let (mut runs, mut after) = (Vec::new(), None);
    // A node that is behind does not keep the others waiting.
    while runs.len() < limit {
        let page =
            invocations::unsent(cx.tx, &command.command_id, after, limit).await.map_err(store_fault)?;
        let Some(last) = page.last() else { break };
        after = Some(last.position);
        let left = limit - runs.len();
        runs.extend(page.into_iter().filter(|run| rooms.of(cx, &run.instance_id).take_job()).take(left));
    }
    for run in &mut runs {
        if let Ok(next) = run.state.on(InvocationEvent::Sent) {
            run.state = next;
            run.sent_at = Some(cx.now);
            cx.send(&run.instance_id, ToAgent::Run { job: job(command, run) });
        }
    }
    let (region, now) = (&command.region, cx.now);
    let nodes: Vec<&InstanceId> = runs.iter().map(|run| &run.instance_id).collect();
    invocations::hand_over(cx.tx, region, &command.command_id, &nodes, now).await.map_err(store_fault)?;
    Ok(runs)
}

fn job(command: &CommandRecord, run: &InvocationRecord) -> Job {
    Job {
        id: job_of(run),
        document_name: command.document_name.clone(),
        document: command.document.clone(),
        parameters: command.parameters.clone(),
        resolved: command.resolved.clone(),
        requested_at: command.requested_at,
        start_by: command.start_by,
    }
}

/// Every run that was not sent yet, ended because the error limit was exceeded or somebody aborted the command.
pub(super) async fn terminated(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
) -> Result<Vec<InvocationRecord>, Fault> {
    let states = [InvocationState::Pending];
    let mut runs =
        invocations::page(cx.tx, &command.region, &command.command_id, None, Some(&states), usize::MAX >> 1)
            .await
            .map_err(store_fault)?;
    let why = match command.aborted {
        true => String::from("not sent: the command was aborted before"),
        false => format!("not sent: more than the {} allowed errors came before it", command.max_errors),
    };
    for run in &mut runs {
        if let Ok(next) = run.state.on(InvocationEvent::LimitExceeded) {
            run.state = next;
            run.finished_at = Some(cx.now);
            run.message.clone_from(&why);
        }
    }
    Ok(runs)
}
