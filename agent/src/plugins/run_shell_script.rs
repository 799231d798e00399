//! `aws:runShellScript`: the lines of `runCommand` as one script of `/bin/sh`.

use std::path::PathBuf;
use std::time::Duration;

use pilothouse_protocol::StepState;
use serde::Deserialize;
use serde_json::Value;

use crate::host::{Adopted, Exit, How, Process, Script};
use crate::plugin::{StepContext, StepEnd};

/// The action's name.
pub(crate) const ACTION: &str = "aws:runShellScript";
/// Seconds that a script may run, if the document does not say, or says something outside of the range.
const TIMEOUT: u64 = 3600;

/// What it takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Inputs {
    run_command: Lines,
    #[serde(default)]
    working_directory: String,
    #[serde(default)]
    timeout_seconds: Option<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Lines {
    One(String),
    Many(Vec<String>),
}

/// Source: AWS's agent replaces a time-out outside of 5 to 172,800 seconds by 3600.
fn timeout(given: Option<&Value>) -> Duration {
    let seconds = given.and_then(|value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok()));
    Duration::from_secs(seconds.filter(|s| (5..=172_800).contains(s)).unwrap_or(TIMEOUT))
}

/// Runs it.
pub(crate) async fn run(mut context: StepContext, inputs: Inputs) -> StepEnd {
    let text = match inputs.run_command {
        Lines::One(text) => text,
        Lines::Many(lines) => lines.join("\n"),
    };
    let directory = inputs.working_directory.trim();
    let script = Script {
        text: text + "\n",
        working_directory: (!directory.is_empty()).then(|| PathBuf::from(directory)),
        timeout: timeout(inputs.timeout_seconds.as_ref()),
        env: context.env.clone(),
    };
    match begin(&context, &script).await {
        Ok(process) => end_of(listen(&mut context, process).await, &script),
        Err(end) => end,
    }
}

/// Starts the script, or finds it running; never starts it a second time.
async fn begin(context: &StepContext, script: &Script) -> Result<Box<dyn Process>, StepEnd> {
    let start = context.host.start(&context.place, script);
    if !context.adopt {
        return start.await.map_err(StepEnd::failed);
    }
    match context.host.adopt(&context.place, context.rebooted).await {
        Adopted::Process(process) => Ok(process),
        Adopted::Untouched if *context.cancelled.borrow() => Err(StepEnd::cancelled()),
        Adopted::Untouched => start.await.map_err(StepEnd::failed),
        Adopted::Lost if context.rebooted => Err(StepEnd::failed(String::from(
            "the node was rebooted while the script ran: how far it got is not known, and it was not run again",
        ))),
        Adopted::Lost => Err(StepEnd::failed(String::from(
            "agent and step runner were killed while the script ran: how far it got is not known, and it was not run \
             again",
        ))),
    }
}

/// Waits for the end, and passes the wish to cancel on.
async fn listen(context: &mut StepContext, mut process: Box<dyn Process>) -> Exit {
    let mut was_asked = false;
    loop {
        (context.on_pid)(process.pid());
        (context.on_change)();
        if let Some(exit) = process.ended() {
            return exit;
        }
        tokio::select! {
            () = process.changed() => {}
            _ = context.cancelled.wait_for(|is| *is), if !was_asked => {
                was_asked = true;
                process.cancel();
            }
        }
    }
}

fn end_of(exit: Exit, script: &Script) -> StepEnd {
    let seconds = script.timeout.as_secs();
    let (state, message) = match exit.how {
        How::Exited if exit.code == 0 => (StepState::Success, String::new()),
        How::Exited => (StepState::Failed, format!("the script ended with exit code {}", exit.code)),
        How::TimedOut => {
            let what = format!("the script was killed after its time-out of {seconds} s");
            (StepState::TimedOut, with_survivors(what, &exit.message))
        }
        How::Cancelled => {
            let what = String::from("the script was killed on request");
            (StepState::Cancelled, with_survivors(what, &exit.message))
        }
        How::NotStarted => (StepState::Failed, exit.message),
    };
    StepEnd { state, code: exit.code, ran: true, lost: exit.lost, message }
}

fn with_survivors(what: String, alive: &str) -> String {
    if alive.is_empty() { what } else { format!("{what}, but {alive}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_time_out_outside_of_the_range_is_an_hour() {
        for (given, seconds) in
            [(json!(5), 5), (json!("172800"), 172_800), (json!(4), 3600), (json!("soon"), 3600)]
        {
            assert_eq!(timeout(Some(&given)), Duration::from_secs(seconds), "{given}");
        }
    }

    #[test]
    fn a_misspelt_input_is_refused_by_name() {
        let error =
            serde_json::from_value::<Inputs>(json!({"runCommand": ["x"], "timeoutSecond": 5})).unwrap_err();
        assert!(error.to_string().contains("timeoutSecond"), "{error}");
    }
}
