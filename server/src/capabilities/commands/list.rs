//! ListCommands and ListCommandInvocations: newest first, filtered where the rows are.

use std::sync::Arc;

use pilothouse_api::Fault;
use pilothouse_api::commands::{
    CommandFilter, CommandPlugin, CommandState, ListCommandInvocations, ListCommandInvocationsResult,
    ListCommands, ListCommandsResult,
};
use pilothouse_protocol::{CommandId, InstanceId, InvocationState, Millis};
use pilothouse_store::commands::{self, CommandQuery, CommandRecord};
use pilothouse_store::invocations::{self, InvocationQuery, InvocationRecord};
use pilothouse_store::outputs::Outputs;

use super::cancel::find;
use super::get::steps_of;
use super::output_text::StepText;
use super::settle::job_of;
use super::shape;
use super::step::StepStand;
use crate::capabilities::{page, resources};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Rows on a page, if the caller does not say.
const PAGE: usize = 50;

/// Filters, read.
#[derive(Debug, Default, PartialEq, Eq)]
struct Wanted {
    after: Option<Millis>,
    before: Option<Millis>,
    status: Option<String>,
    complete: Option<bool>,
    document: Option<String>,
}

impl Wanted {
    fn read(filters: Option<&[CommandFilter]>, with_stage: bool) -> Result<Self, Fault> {
        let mut wanted = Self::default();
        for filter in filters.unwrap_or_default() {
            let value = filter.value.as_str();
            match filter.key.as_str() {
                "InvokedAfter" => wanted.after = Some(instant(filter)?),
                "InvokedBefore" => wanted.before = Some(instant(filter)?),
                "Status" => wanted.status = Some(value.to_owned()),
                "DocumentName" => wanted.document = Some(value.to_owned()),
                "ExecutionStage" if with_stage => {
                    wanted.complete = Some(match value {
                        "Complete" => true,
                        "Executing" => false,
                        _ => {
                            return Err(invalid(format!(
                                "ExecutionStage is Executing or Complete, not {value:?}"
                            )));
                        }
                    });
                }
                key => return Err(invalid(format!("{key} is no filter of this operation"))),
            }
        }
        Ok(wanted)
    }

    fn command_states(&self) -> Result<Option<Vec<CommandState>>, Fault> {
        if self.status.is_none() && self.complete.is_none() {
            return Ok(None);
        }
        // AWS's filter value for a command with too many targets differs from the state's own name.
        let named = |state: &CommandState| {
            self.status.as_deref().is_none_or(|s| {
                s == state.as_str()
                    || s == state.status()
                    || (s == "LimitExceeded" && *state == CommandState::RateExceeded)
            })
        };
        let staged =
            |state: &CommandState| self.complete.is_none_or(|complete| state.is_terminal() == complete);
        let states: Vec<_> = CommandState::ALL.iter().copied().filter(named).filter(staged).collect();
        if states.is_empty() && self.complete.is_none() {
            return Err(invalid(format!(
                "{:?} is no status of a command",
                self.status.as_deref().unwrap_or_default()
            )));
        }
        Ok(Some(states))
    }

    fn run_states(&self) -> Result<Option<Vec<InvocationState>>, Fault> {
        let Some(status) = self.status.as_deref() else { return Ok(None) };
        let states: Vec<_> = InvocationState::ALL
            .iter()
            .copied()
            .filter(|state| status == state.as_str() || status == state.status())
            .collect();
        if states.is_empty() {
            Err(invalid(format!("{status:?} is no status of an invocation")))
        } else {
            Ok(Some(states))
        }
    }
}

fn invalid(message: String) -> Fault {
    Fault::caller("InvalidFilterKey", message)
}

fn instant(filter: &CommandFilter) -> Result<Millis, Fault> {
    filter.value.parse::<jiff::Timestamp>().map(|t| Millis(t.as_millisecond())).map_err(|_| {
        invalid(format!(
            "{} takes an instant such as 2026-01-31T12:00:00Z, not {:?}",
            filter.key, filter.value
        ))
    })
}

fn instance_of(id: Option<&str>) -> Result<Option<InstanceId>, Fault> {
    id.map(|id| {
        id.parse().map_err(|_| Fault::caller("InvalidInstanceId", format!("{id} is no managed node's id")))
    })
    .transpose()
}

impl Run for ListCommands {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListCommandsResult, Fault> {
        let instance = instance_of(self.instance_id.as_deref())?;
        let wanted = Wanted::read(self.filters.as_deref(), true)?;
        if let Some(id) = &self.command_id {
            let command = find(cx, id).await?;
            cx.require(vec![resources::command(&command)]).await?;
            return Ok(ListCommandsResult { commands: vec![shape::command(&command)], next_token: None });
        }
        let limit = page::limit(self.max_results, PAGE);
        let query = CommandQuery {
            instance,
            after_time: wanted.after,
            before_time: wanted.before,
            document_name: wanted.document.clone(),
            states: wanted.command_states()?,
            before: page::cursor::<(Millis, CommandId)>(self.next_token.as_deref())?,
            limit: limit + 1,
        };
        let rows = visible_commands(cx, query).await?;
        let (rows, next_token) = page::cut(rows, limit, |row| (row.requested_at, row.command_id.clone()));
        Ok(ListCommandsResult { commands: rows.iter().map(shape::command).collect(), next_token })
    }
}

/// Commands that the caller may see, as many as the query's limit if there are.
async fn visible_commands(cx: &mut Cx<'_>, mut query: CommandQuery) -> Result<Vec<CommandRecord>, Fault> {
    let mut sifter = cx.sifter(cx.permission).await?;
    let region = cx.region().to_owned();
    let mut found = Vec::new();
    loop {
        let rows = commands::list(cx.tx, &region, &query).await.map_err(store_fault)?;
        let is_last = rows.len() < query.limit;
        query.before = rows.last().map(|row| (row.requested_at, row.command_id.clone()));
        found.extend(rows.into_iter().filter(|row| sifter.shows(&resources::command(row))));
        if is_last || found.len() >= query.limit {
            return Ok(found);
        }
    }
}

/// Runs of commands that the caller may see, each with its command, as many as the query's limit if there are.
async fn visible_runs(
    cx: &mut Cx<'_>,
    mut query: InvocationQuery,
) -> Result<Vec<(InvocationRecord, Arc<CommandRecord>)>, Fault> {
    let mut sifter = cx.sifter(cx.permission).await?;
    let region = cx.region().to_owned();
    let mut found = Vec::new();
    let mut command: Option<Arc<CommandRecord>> = None;
    loop {
        let rows = invocations::list(cx.tx, &region, &query).await.map_err(store_fault)?;
        let is_last = rows.len() < query.limit;
        query.before = rows.last().map(|row| (row.requested_at, row.command_id.clone(), row.position));
        for run in rows {
            if command.as_ref().is_none_or(|known| known.command_id != run.command_id) {
                let row = commands::get(cx.tx, &region, &run.command_id).await.map_err(store_fault)?;
                command = row.map(Arc::new);
            }
            if let Some(command) = command.as_ref().filter(|it| sifter.shows(&resources::command(it))) {
                found.push((run, command.clone()));
            }
        }
        if is_last || found.len() >= query.limit {
            return Ok(found);
        }
    }
}

impl Run for ListCommandInvocations {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ListCommandInvocationsResult, Fault> {
        let instance = instance_of(self.instance_id.as_deref())?;
        let wanted = Wanted::read(self.filters.as_deref(), false)?;
        let command = match &self.command_id {
            Some(id) => {
                let command = find(cx, id).await?;
                cx.require(vec![resources::command(&command)]).await?;
                Some(command.command_id)
            }
            None => None,
        };
        let limit = page::limit(self.max_results, PAGE);
        let query = InvocationQuery {
            command,
            instance,
            after_time: wanted.after,
            before_time: wanted.before,
            states: wanted.run_states()?,
            document_name: wanted.document.clone(),
            before: page::cursor::<(Millis, CommandId, i64)>(self.next_token.as_deref())?,
            limit: limit + 1,
        };
        let rows = visible_runs(cx, query).await?;
        let (rows, next_token) =
            page::cut(rows, limit, |(run, _)| (run.requested_at, run.command_id.clone(), run.position));
        let mut shown = Vec::with_capacity(rows.len());
        for (run, command) in &rows {
            let mut invocation = shape::invocation(run, command);
            if self.details {
                invocation.command_plugins = plugins(&*cx.ports.outputs, run, command).await;
            }
            shown.push(invocation);
        }
        Ok(ListCommandInvocationsResult { command_invocations: shown, next_token })
    }
}

async fn plugins(
    outputs: &dyn Outputs,
    run: &InvocationRecord,
    command: &CommandRecord,
) -> Vec<CommandPlugin> {
    let echo = shape::Echo::stored(command);
    let steps = steps_of(command);
    let (count, mut plugins) = (steps.len(), Vec::with_capacity(steps.len()));
    for (number, name) in (0u16..).zip(steps) {
        let stand = StepStand::of(run, number, count).as_plugin();
        plugins.push(CommandPlugin {
            name,
            status: stand.status.to_owned(),
            status_details: stand.details.to_owned(),
            response_code: stand.code,
            response_start_date_time: stand.begun.map(Into::into),
            response_finish_date_time: stand.ended.map(Into::into),
            output: StepText::read(outputs, &job_of(run), number).await.plugin(),
            output_s3_region: echo.s3_region.clone().unwrap_or_default(),
            output_s3_bucket_name: echo.s3_bucket.clone(),
            output_s3_key_prefix: echo.s3_prefix.clone(),
            ..CommandPlugin::default()
        });
    }
    plugins
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filter(key: &str, value: &str) -> Vec<CommandFilter> {
        vec![CommandFilter { key: key.into(), value: value.into() }]
    }

    #[test]
    fn a_status_filter_takes_the_coarse_and_the_fine_name() {
        let states = |value| {
            Wanted::read(Some(&filter("Status", value)), true).unwrap().run_states().unwrap().unwrap()
        };
        assert_eq!(
            states("TimedOut"),
            [InvocationState::DeliveryTimedOut, InvocationState::ExecutionTimedOut]
        );
        assert_eq!(states("ExecutionTimedOut"), [InvocationState::ExecutionTimedOut]);
    }

    #[test]
    fn a_stage_filter_is_for_commands_only() {
        assert!(Wanted::read(Some(&filter("ExecutionStage", "Complete")), true).is_ok());
        assert_eq!(
            Wanted::read(Some(&filter("ExecutionStage", "Complete")), false).unwrap_err().code,
            "InvalidFilterKey"
        );
    }

    #[test]
    fn an_instant_that_is_none_is_told_with_an_example() {
        let fault = Wanted::read(Some(&filter("InvokedAfter", "yesterday")), true).unwrap_err();
        assert!(fault.message.contains("2026-01-31T12:00:00Z"), "{fault}");
    }
}
