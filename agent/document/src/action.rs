//! The actions that the language knows, and the inputs without which they mean nothing.

use crate::member::{Members, Result, misfit, shown};
use crate::path::Path;
use crate::platform::Platform;

/// Actions of command documents. Source: "Command document plugin reference".
const COMMAND: &[&str] = &[
    RUN_SHELL_SCRIPT,
    RUN_POWERSHELL_SCRIPT,
    "aws:runDocument",
    "aws:downloadContent",
    "aws:configurePackage",
    "aws:softwareInventory",
    "aws:refreshAssociation",
    "aws:updateAgent",
    "aws:updateSsmAgent",
    "aws:configureDocker",
    "aws:runDockerAction",
    "aws:applications",
    "aws:psModule",
    "aws:domainJoin",
    "aws:cloudWatch",
];

/// The action whose `runCommand` is a script of a POSIX shell.
pub(crate) const RUN_SHELL_SCRIPT: &str = "aws:runShellScript";
/// The action whose `runCommand` is a script of PowerShell.
pub(crate) const RUN_POWERSHELL_SCRIPT: &str = "aws:runPowerShellScript";
/// The action that repeats steps.
pub(crate) const LOOP: &str = "aws:loop";
/// The action that chooses the next step.
pub(crate) const BRANCH: &str = "aws:branch";

/// Actions of runbooks with the inputs that they cannot do without. Source: "Automation actions reference".
const RUNBOOK: &[(&str, &[&str])] = &[
    ("aws:runCommand", &["DocumentName"]),
    ("aws:executeScript", &["Runtime", "Handler"]),
    (BRANCH, &["Choices"]),
    (LOOP, &["Steps"]),
    ("aws:updateVariable", &["Name", "Value"]),
    ("aws:sleep", &[]),
    ("aws:pause", &[]),
    ("aws:approve", &["Approvers"]),
    ("aws:executeAutomation", &["DocumentName"]),
    ("aws:invokeWebhook", &["IntegrationName"]),
    ("aws:executeAwsApi", &["Service", "Api"]),
    ("aws:assertAwsResourceProperty", &["Service", "Api", "PropertySelector", "DesiredValues"]),
    ("aws:waitForAwsResourceProperty", &["Service", "Api", "PropertySelector", "DesiredValues"]),
];

/// Actions of runbooks that are nothing but calls of services that only AWS has.
const ONLY_ON_AWS: &[&str] = &[
    "aws:changeInstanceState",
    "aws:copyImage",
    "aws:createImage",
    "aws:createStack",
    "aws:createTags",
    "aws:deleteImage",
    "aws:deleteStack",
    "aws:executeStateMachine",
    "aws:invokeLambdaFunction",
    "aws:runInstances",
];

pub(crate) fn command(action: &str, at: &Path) -> Result<String> {
    if COMMAND.contains(&action) {
        Ok(action.to_owned())
    } else {
        misfit(at, format!("one of {}", COMMAND.join(", ")), shown(action))
    }
}

pub(crate) fn runbook(action: &str, at: &Path) -> Result<String> {
    if RUNBOOK.iter().any(|(name, _)| *name == action) {
        return Ok(action.to_owned());
    }
    let names = RUNBOOK.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let why = if ONLY_ON_AWS.contains(&action) { ", which works only on AWS" } else { "" };
    misfit(at, format!("one of {names}"), format!("{}{why}", shown(action)))
}

/// Refuses a runbook's action without the inputs that it needs.
pub(crate) fn has_inputs(action: &str, inputs: &Members<'_>) -> Result<()> {
    let needed = RUNBOOK.iter().find(|(name, _)| *name == action).map_or(&[][..], |(_, needed)| needed);
    needed.iter().try_for_each(|name| inputs.required(name).map(|_| ()))
}

/// Whether the input of an action is the text of a script.
pub(crate) fn is_script(action: &str, input: &str) -> bool {
    is_of_scripts(action) && input == "runCommand"
}

/// Whether an action runs a script of its own, so that an environment reaches it.
pub(crate) fn is_of_scripts(action: &str) -> bool {
    matches!(action, RUN_SHELL_SCRIPT | RUN_POWERSHELL_SCRIPT)
}

/// The platforms that a command document's action is made for.
pub(crate) fn made_for(action: &str) -> &'static [Platform] {
    match action {
        RUN_SHELL_SCRIPT => &[Platform::Linux, Platform::MacOS],
        "aws:applications" | "aws:psModule" | "aws:domainJoin" | "aws:cloudWatch" => &[Platform::Windows],
        _ => Platform::ALL,
    }
}
