//! GetCommandInvocation: one step of one run, with its output.

use jiff::Timestamp;
use pilothouse_api::Fault;
use pilothouse_api::commands::{GetCommandInvocation, GetCommandInvocationResult};
use pilothouse_document::{Document, Format};
use pilothouse_protocol::{CommandId, InstanceId, Millis};
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::invocations::{self, InvocationRecord};

use super::buckets;
use super::output_text::StepText;
use super::settle::job_of;
use super::shape::Echo;
use super::step::StepStand;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for GetCommandInvocation {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetCommandInvocationResult, Fault> {
        let missing = || Fault::caller("InvocationDoesNotExist", "no such command was sent to this node");
        let command_id: CommandId = self.command_id.parse().map_err(|_| missing())?;
        let instance_id: InstanceId = self.instance_id.parse().map_err(|_| missing())?;
        let region = cx.region().to_owned();
        let run = invocations::get(cx.tx, &region, &command_id, &instance_id).await.map_err(store_fault)?;
        let run = run.ok_or_else(missing)?;
        let command = super::cancel::find(cx, &self.command_id).await?;
        cx.require(vec![resources::command(&command)]).await?;
        let steps = steps_of(&command);
        let index = choose(&steps, self.plugin_name.as_deref())?;
        let number = u16::try_from(index).unwrap_or(u16::MAX);
        let text = StepText::read(&*cx.ports.outputs, &job_of(&run), number).await;
        let stand = StepStand::of(&run, number, steps.len());
        let (stdout_url, stderr_url) = buckets::urls(cx, &command, &job_of(&run), index).unwrap_or_default();
        Ok(GetCommandInvocationResult {
            standard_output_url: stdout_url,
            standard_error_url: stderr_url,
            ..answer(&command, &run, &steps[index], stand, &text)
        })
    }
}

/// Names of a command's steps, in order.
pub(super) fn steps_of(command: &CommandRecord) -> Vec<String> {
    Document::parse(&command.document, Format::Json)
        .map(|document| {
            let steps = document.command_steps().unwrap_or_default();
            steps.iter().map(|step| step.name.clone()).collect()
        })
        .unwrap_or_default()
}

fn choose(steps: &[String], plugin: Option<&str>) -> Result<usize, Fault> {
    let known = || steps.join(", ");
    match plugin {
        Some(name) => steps.iter().position(|step| step == name).ok_or_else(|| {
            Fault::caller(
                "InvalidPluginName",
                format!("the document has no step {name:?}; it has: {}", known()),
            )
        }),
        None if steps.len() == 1 => Ok(0),
        None => Err(Fault::caller(
            "InvalidPluginName",
            format!("the document has {} steps: name one of {}", steps.len(), known()),
        )),
    }
}

fn answer(
    command: &CommandRecord,
    run: &InvocationRecord,
    step: &str,
    stand: StepStand,
    text: &StepText,
) -> GetCommandInvocationResult {
    let StepStand { status, details, code, begun, ended } = stand;
    GetCommandInvocationResult {
        command_id: run.command_id.to_string(),
        instance_id: run.instance_id.to_string(),
        comment: command.comment.clone(),
        document_name: command.document_name.clone(),
        document_version: if command.document_version.is_empty() {
            String::from("$DEFAULT")
        } else {
            command.document_version.clone()
        },
        plugin_name: step.to_owned(),
        response_code: code,
        execution_start_date_time: begun.map(iso).unwrap_or_default(),
        execution_elapsed_time: begun
            .zip(ended)
            .map(|(from, to)| duration(to.since(from)))
            .unwrap_or_default(),
        execution_end_date_time: ended.map(iso).unwrap_or_default(),
        status: status.to_owned(),
        status_details: details.to_owned(),
        standard_output_content: text.stdout(),
        standard_error_content: text.stderr(),
        cloud_watch_output_config: Echo::stored(command).cloud_watch,
        ..GetCommandInvocationResult::default()
    }
}

/// `2020-02-19T18:18:03.419Z`.
fn iso(at: Millis) -> String {
    Timestamp::from_millisecond(at.0).map(|t| format!("{t:.3}")).unwrap_or_default()
}

/// `PT0.091S`.
fn duration(millis: i64) -> String {
    format!("PT{}.{:03}S", millis.max(0) / 1000, millis.max(0) % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_and_durations_look_like_awss() {
        assert_eq!(iso(Millis(1_582_136_283_419)), "2020-02-19T18:18:03.419Z");
        assert_eq!(duration(91), "PT0.091S");
        assert_eq!(duration(61_005), "PT61.005S");
    }

    #[test]
    fn a_step_may_go_unnamed_only_when_there_is_one() {
        let steps = [String::from("first"), String::from("second")];
        assert_eq!(choose(&steps[..1], None), Ok(0));
        assert_eq!(choose(&steps, Some("second")), Ok(1));
        assert_eq!(choose(&steps, None).unwrap_err().code, "InvalidPluginName");
    }
}
