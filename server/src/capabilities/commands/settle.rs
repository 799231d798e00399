//! Settle: what nodes report about their jobs, many at a time, in one transaction.
//!
//! A report that cannot be true any more (a late "accepted" of a run that is over) is dropped: terminal states are sticky.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::Fault;
use pilothouse_protocol::{CommandId, InvocationEvent, JobId, Outcome, StepState};
use pilothouse_store::commands::{self, CommandRecord};
use pilothouse_store::invocations::{self, InvocationRecord};

use super::buckets;
use super::notify::notify;
use super::rollup;
use crate::capabilities::view::without_nul;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::doorbell::Subject;
use crate::internal::{Report, ReportKind, Settle};

impl Run for Settle {
    const GUARD: Guard = Guard::Kind;
    const AUDITED: bool = false;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        let jobs: BTreeSet<JobId> = self.reports.iter().map(|report| report.job.clone()).collect();
        let jobs: Vec<JobId> = jobs.into_iter().collect();
        commands::hold(cx.tx).await.map_err(store_fault)?;
        let rows = invocations::find_many(cx.tx, &jobs).await.map_err(store_fault)?;
        let mut runs: BTreeMap<JobId, Entry> =
            rows.into_iter().map(|row| (job_of(&row), Entry::new(row))).collect();
        for report in self.reports {
            match runs.get_mut(&report.job) {
                Some(entry) => entry.take(report),
                None => {
                    tracing::warn!(job = %report.job, "a node reports a job that this server does not know");
                }
            }
        }
        save(cx, runs.into_values().filter(|entry| entry.touched).collect()).await
    }
}

/// The id of a run's job.
pub(super) fn job_of(run: &InvocationRecord) -> JobId {
    JobId { command: run.command_id.clone(), instance: run.instance_id.clone() }
}

struct Entry {
    run: InvocationRecord,
    touched: bool,
    state_changed: bool,
    has_output: bool,
}

impl Entry {
    fn new(run: InvocationRecord) -> Self {
        Self { run, touched: false, state_changed: false, has_output: false }
    }

    fn take(&mut self, report: Report) {
        match report.what {
            ReportKind::Accepted => self.event(InvocationEvent::Accepted),
            ReportKind::Started { at } => {
                self.event(InvocationEvent::Accepted);
                if self.run.started_at.is_none() {
                    self.run.started_at = Some(at);
                    self.touched = true;
                }
            }
            ReportKind::Stored { to } => {
                if to > self.run.output_end {
                    self.run.output_end = to;
                    self.touched = true;
                    self.has_output = true;
                }
            }
            ReportKind::Progress(progress) => {
                if !self.run.state.is_terminal() && self.run.progress.as_ref() != Some(&progress) {
                    self.run.progress = Some(progress);
                    self.touched = true;
                }
            }
            ReportKind::Step(step) => {
                if !self.run.state.is_terminal()
                    && !self.run.steps.iter().any(|known| known.index == step.index)
                {
                    self.run.steps.push(step);
                    self.touched = true;
                }
            }
            ReportKind::Finished(outcome) => self.finish(outcome),
        }
    }

    fn event(&mut self, event: InvocationEvent) {
        match self.run.state.on(event) {
            Ok(next) if next != self.run.state => {
                self.run.state = next;
                self.state_changed = true;
                self.touched = true;
            }
            Ok(_) => {}
            Err(refused) => tracing::debug!(%refused, "late news"),
        }
    }

    fn finish(&mut self, outcome: Outcome) {
        if self.run.state.is_terminal() {
            return;
        }
        let before = self.run.state;
        self.event(InvocationEvent::Finished(outcome.state));
        if self.run.state == before {
            return;
        }
        self.run.finished_at = Some(outcome.finished_at);
        let ran = outcome
            .steps
            .iter()
            .rev()
            .find(|step| !matches!(step.state, StepState::Skipped | StepState::Pending));
        self.run.exit_code = ran.map(|step| step.code);
        if self.run.started_at.is_none() {
            self.run.started_at = outcome.steps.first().map(|step| step.started_at);
        }
        let failed = outcome.steps.iter().find(|step| !step.message.is_empty());
        let message = if outcome.message.is_empty() {
            failed.map_or(String::new(), |s| s.message.clone())
        } else {
            outcome.message
        };
        self.run.message = without_nul(message).chars().take(2500).collect();
        self.run.steps = outcome.steps;
        self.run.killed_count =
            outcome.killed_count.max(u32::try_from(outcome.killed.len()).unwrap_or(u32::MAX));
        self.run.killed = outcome.killed;
    }
}

async fn save(cx: &mut Cx<'_>, entries: Vec<Entry>) -> Result<(), Fault> {
    if entries.is_empty() {
        return Ok(());
    }
    let mut touched: BTreeMap<CommandId, (String, bool)> = BTreeMap::new();
    for entry in &entries {
        let (region, command_id) = (entry.run.region.clone(), entry.run.command_id.clone());
        if entry.has_output {
            let instance_id = entry.run.instance_id.clone();
            cx.ring_in(&region, Subject::Output { command_id: command_id.clone(), instance_id });
        }
        touched.entry(command_id).or_insert((region, false)).1 |= entry.state_changed;
    }
    let rows: Vec<InvocationRecord> = entries.into_iter().map(|entry| entry.run).collect();
    invocations::save_many(cx.tx, &rows).await.map_err(store_fault)?;
    for (command_id, (region, state_changed)) in touched {
        if state_changed
            && let Some(mut command) =
                commands::get(cx.tx, &region, &command_id).await.map_err(store_fault)?
        {
            refresh(cx, &mut command, &rows).await?;
        }
        cx.ring_in(&region, Subject::Command { command_id, work: state_changed });
    }
    Ok(())
}

/// Counts a command's runs anew after these changed, derives its state, saves it, and has those notified who want to know.
pub(super) async fn refresh(
    cx: &mut Cx<'_>,
    command: &mut CommandRecord,
    changed: &[InvocationRecord],
) -> Result<(), Fault> {
    let counts = invocations::counts(cx.tx, &command.command_id).await.map_err(store_fault)?;
    command.counts = counts;
    if !command.state.is_terminal() {
        command.state = rollup::of(command);
        command.finished_at = command.state.is_terminal().then_some(cx.now);
    }
    commands::save(cx.tx, command).await.map_err(store_fault)?;
    buckets::deliver(cx, command, changed).await?;
    notify(cx, command, changed).await
}
