//! `aws:updateAgent` (and AWS's own name for it, `aws:updateSsmAgent`): the agent replaces the program that it is.
//!
//! The new program comes as a package, is checked by its checksum and by what it says of its version, and is tried out by
//! [`crate::trial`]; the step goes on in whichever agent is there afterwards, and says what became of it.

use std::cmp::Ordering;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pilothouse_protocol::{PackageAnswer, StepState};
use serde::Deserialize;
use serde_json::Value;

use crate::host::depot::Depot;
use crate::host::program::{Program, Stage, Update, VERSION};
use crate::host::{How, Place, Script};
use crate::plugin::{StepContext, StepEnd};

/// The action's name.
pub(crate) const ACTION: &str = "aws:updateAgent";
/// AWS's own agent is updated by this name.
pub(super) const AWS_ACTION: &str = "aws:updateSsmAgent";
/// The package, if the document names none, and the file in it.
const NAME: &str = "pilothouse-agent";
/// How long a program may take to say its version.
const TIMEOUT: Duration = Duration::from_secs(30);

/// What it takes. Source: AWS-UpdateSSMAgent and its plugin.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Inputs {
    #[serde(default)]
    agent_name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    target_version: String,
    #[serde(default)]
    allow_downgrade: Option<Value>,
    /// Taken and not used: there is one source, the server.
    #[serde(default, rename = "source")]
    _source: String,
}

impl Inputs {
    fn package(&self) -> &str {
        // AWS's document names its own agent; here that is this one.
        match self.agent_name.trim() {
            "" | "amazon-ssm-agent" => NAME,
            name => name,
        }
    }

    fn version(&self) -> Option<&str> {
        let given = [&self.version, &self.target_version].map(|it| it.trim());
        given.into_iter().find(|it| !it.is_empty()).filter(|it| *it != "latest")
    }

    fn allows_downgrade(&self) -> bool {
        match &self.allow_downgrade {
            Some(Value::Bool(is)) => *is,
            Some(Value::String(text)) => text.trim() == "true",
            _ => false,
        }
    }
}

/// Runs it.
pub(crate) async fn run(mut context: StepContext, inputs: Inputs) -> StepEnd {
    let (Some(program), Some(depot)) = (context.host.program().cloned(), context.host.depot().cloned())
    else {
        return StepEnd::failed(String::from(
            "this agent is a part of another program (a local or simulated fleet), and is updated with that",
        ));
    };
    let step = context.place.dir.display().to_string();
    match program.update() {
        Err(why) => StepEnd::failed(why),
        Ok(Some(update)) if update.step == step => goes_on(&program, update).await,
        Ok(_) => match begin(&mut context, &program, &depot, &inputs, &step).await {
            Err(end) => end,
            // This process starts anew; the step goes on in the next one.
            Ok(()) => std::future::pending().await,
        },
    }
}

/// The agent that is there now knows what became of the update.
async fn goes_on(program: &Program, update: Update) -> StepEnd {
    match update.stage.clone() {
        Stage::Failed(why) => StepEnd::failed(why),
        // Somebody else judges, who is waiting for the link.
        Stage::Staged | Stage::Trying => std::future::pending().await,
        Stage::Swapped | Stage::Settled if update.to != VERSION => StepEnd::failed(format!(
            "the agent was updated from {} to {}, and {VERSION} runs now: somebody changed it meanwhile",
            update.from, update.to
        )),
        Stage::Swapped | Stage::Settled => {
            program.linked().await;
            let Update { from, to, .. } = &update;
            let previous = program.previous().display().to_string();
            tracing::info!(from, to, previous, "the agent was updated");
            if let Err(why) = program.write(&Update { stage: Stage::Settled, ..update }) {
                tracing::warn!(why, "the update's end could not be written down");
            }
            StepEnd { ran: false, ..StepEnd::well(0) }
        }
    }
}

/// Everything up to the trial.
async fn begin(
    context: &mut StepContext,
    program: &Program,
    depot: &Depot,
    inputs: &Inputs,
    step: &str,
) -> Result<(), StepEnd> {
    let system = context.system();
    let failed = |why: String| StepEnd::failed(format!("the agent was not updated: {why}"));
    let found = context
        .library
        .package(inputs.package(), Some(inputs.version().unwrap_or("$LATEST")), &system)
        .await
        .map_err(failed)?;
    match order(&found.version, VERSION) {
        Ordering::Equal => {
            let already = format!("the agent is {VERSION} already");
            return Err(say(context, &already).await);
        }
        Ordering::Less if !inputs.allows_downgrade() => {
            return Err(failed(format!(
                "{} is older than {VERSION}; with allowDowngrade it would be done all the same",
                found.version
            )));
        }
        _ => {}
    }
    let new = fetched(context, depot, inputs.package(), &found).await.map_err(failed)?;
    let staged = program.stage(&new).map_err(failed)?;
    depot.keep_only(inputs.package(), &[]);
    if let Err(end) = says_its_version(context, &staged, &found.version).await {
        program.unstage();
        return Err(end);
    }
    let update =
        Update { step: step.to_owned(), from: VERSION.to_owned(), to: found.version, stage: Stage::Staged };
    program.write(&update).map_err(failed)?;
    program.restart();
    Ok(())
}

/// The program in the package, whose bytes were verified.
async fn fetched(
    context: &StepContext,
    depot: &Depot,
    name: &str,
    found: &PackageAnswer,
) -> Result<PathBuf, String> {
    let name = name.rsplit('/').next().unwrap_or_default();
    let archive = depot.archive(&found.sha256)?;
    context.library.fetch_blob(&found.sha256, &archive).await?;
    let new = depot.unpack(name, &found.sha256).await?.join(NAME);
    if new.is_file() {
        Ok(new)
    } else {
        Err(format!("{} of {name} {} holds no file {NAME}", found.file, found.version))
    }
}

/// A new program must say that it is what the package calls it, before it gets to say anything else.
async fn says_its_version(context: &mut StepContext, staged: &Path, version: &str) -> Result<(), StepEnd> {
    let program = staged.display().to_string().replace('\'', r"'\''");
    let text = format!(
        "said=$('{program}' --version) || {{ code=$?; echo \"the new program cannot be run here\" >&2; exit $code; }}\n\
         echo \"trying out $said\"\n[ \"$said\" = '{NAME} {version}' ] || {{ echo \"it should be {NAME} {version}\" >&2; exit 3; }}\n"
    );
    let exit = script(context, "version", text).await?;
    if exit.how == How::Exited && exit.code == 0 {
        return Ok(());
    }
    let why =
        "the new program does not run here, or is not the version that its package says: see the output";
    Err(StepEnd {
        lost: exit.lost,
        message: format!("the agent was not updated to {version}: {why}; {VERSION} goes on"),
        ..StepEnd::of(StepState::Failed, exit.code)
    })
}

async fn say(context: &mut StepContext, line: &str) -> StepEnd {
    match script(context, "say", format!("echo '{line}'\n")).await {
        Err(end) => end,
        Ok(exit) => StepEnd::well(exit.lost),
    }
}

async fn script(context: &mut StepContext, word: &str, text: String) -> Result<crate::host::Exit, StepEnd> {
    let step = context.place.dir.file_name().unwrap_or_default().display().to_string();
    let dir = context.place.dir.with_file_name(format!("{step}.{word}"));
    let place = Place { dir, ..context.place.clone() };
    let script = Script {
        text,
        working_directory: None,
        timeout: TIMEOUT,
        env: context.env.clone(),
        interpreter: None,
    };
    let adopt = context.adopt;
    context.run_script(&place, &script, adopt).await
}

/// Which of two versions is the newer one: number by number; what has a suffix such as `-rc1` comes before what has none.
fn order(one: &str, other: &str) -> Ordering {
    fn parts(version: &str) -> (Vec<u64>, Option<&str>) {
        let plain = version.split('+').next().unwrap_or_default();
        let (numbers, suffix) = plain.split_once('-').map_or((plain, None), |(n, suffix)| (n, Some(suffix)));
        let mut numbers: Vec<u64> = numbers.split('.').map(|part| part.parse().unwrap_or(0)).collect();
        while numbers.last() == Some(&0) {
            numbers.pop();
        }
        (numbers, suffix)
    }
    let ((one, one_suffix), (other, other_suffix)) = (parts(one), parts(other));
    one.cmp(&other).then_with(|| match (one_suffix, other_suffix) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(one), Some(other)) => one.cmp(other),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn versions_are_ordered_by_number() {
        for (older, newer) in
            [("0.9.9", "0.10.0"), ("1.0.0-rc1", "1.0"), ("1.0.0-rc1", "1.0.0-rc2"), ("1", "1.0.1")]
        {
            assert_eq!((order(older, newer), order(newer, older)), (Ordering::Less, Ordering::Greater));
        }
        assert_eq!(order("1.2.0+build7", "1.2"), Ordering::Equal);
    }

    #[test]
    fn what_aws_document_says_means_this_agent() {
        let inputs: Inputs = serde_json::from_value(json!({
            "agentName": "amazon-ssm-agent", "source": "https://s3.{Region}.amazonaws.com/x.json",
            "allowDowngrade": "true", "targetVersion": ""
        }))
        .unwrap();
        assert_eq!((inputs.package(), inputs.version(), inputs.allows_downgrade()), (NAME, None, true));
        let inputs: Inputs =
            serde_json::from_value(json!({ "version": "1.2.3", "agentName": "our-agent" })).unwrap();
        assert_eq!(
            (inputs.package(), inputs.version(), inputs.allows_downgrade()),
            ("our-agent", Some("1.2.3"), false)
        );
    }
}
