//! The inputs of actions that run lines as a script, and what its end means for their step.

use std::path::PathBuf;
use std::time::Duration;

use pilothouse_document::Platform;
use pilothouse_protocol::{Killed, StepState};
use serde::Deserialize;
use serde_json::Value;

use super::{StepContext, StepEnd};
use crate::host::{Exit, How, Interpreter, Script};

/// Seconds that a script may run, if the document does not say, or says something outside of the range.
const TIMEOUT: u64 = 3600;

/// What such an action takes.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ScriptInputs {
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

impl StepContext {
    /// Where a script runs. What is not absolute is among what the job downloaded, if it is there. Source: AWS's agent.
    fn working_directory(&self, said: &str) -> Option<PathBuf> {
        let among_downloads = self.place.downloads.join(said);
        if self.host.is_folder(&among_downloads) {
            return Some(among_downloads);
        }
        (!said.is_empty()).then(|| PathBuf::from(said))
    }

    /// Runs the lines as one script, by an interpreter or by a shell.
    pub(crate) async fn run_lines(
        mut self,
        inputs: ScriptInputs,
        interpreter: Option<Interpreter>,
    ) -> StepEnd {
        let text = match inputs.run_command {
            Lines::One(text) => text,
            Lines::Many(lines) => lines.join("\n"),
        };
        let script = Script {
            text: text + "\n",
            working_directory: self.working_directory(inputs.working_directory.trim()),
            timeout: timeout(inputs.timeout_seconds.as_ref()),
            env: self.env.clone(),
            interpreter,
        };
        let (place, adopt) = (self.place.clone(), self.adopt);
        match self.run_script(&place, &script, adopt).await {
            Ok(exit) => end_of(exit, &script, self.host.platform()),
            Err(end) => end,
        }
    }
}

fn end_of(exit: Exit, script: &Script, platform: Platform) -> StepEnd {
    let reboots = exit.wants_reboot(platform);
    let seconds = script.timeout.as_secs();
    let (state, message) = match exit.how {
        How::Exited if exit.code == 0 => (StepState::Success, String::new()),
        How::Exited => (StepState::Failed, format!("the script ended with exit code {}", exit.code)),
        How::TimedOut => {
            let what = format!("the script was killed after its time-out of {seconds} s");
            (StepState::TimedOut, with_survivors(what, &exit.killed))
        }
        How::Cancelled => {
            let what = String::from("the script was killed on request");
            (StepState::Cancelled, with_survivors(what, &exit.killed))
        }
        How::NotStarted => (StepState::Failed, exit.message),
    };
    let Exit { code, lost, killed, killed_count, .. } = exit;
    StepEnd { lost, message, killed, killed_count, reboots, ..StepEnd::of(state, code) }
}

/// Says which processes could not be killed.
fn with_survivors(what: String, killed: &[Killed]) -> String {
    const SHOWN: usize = 10;
    let alive: Vec<_> = killed.iter().filter(|it| it.survived).collect();
    if alive.is_empty() {
        return what;
    }
    let named: Vec<_> = alive.iter().take(SHOWN).map(|it| format!("{} ({})", it.pid, it.command)).collect();
    let more = if alive.len() > SHOWN { " and more" } else { "" };
    format!("{what}, but these processes could not be killed and live on: {}{more}", named.join(", "))
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
    fn a_survivor_is_named() {
        let killed = |pid, survived| Killed { pid, command: String::from("dd"), survived };
        assert_eq!(with_survivors(String::from("killed"), &[killed(1, false)]), "killed");
        let said = with_survivors(String::from("killed"), &[killed(7, true), killed(1, false)]);
        assert_eq!(said, "killed, but these processes could not be killed and live on: 7 (dd)");
    }

    #[test]
    fn a_misspelt_input_is_refused_by_name() {
        let inputs = json!({"runCommand": ["x"], "timeoutSecond": 5});
        let error = serde_json::from_value::<ScriptInputs>(inputs).unwrap_err();
        assert!(error.to_string().contains("timeoutSecond"), "{error}");
    }
}
