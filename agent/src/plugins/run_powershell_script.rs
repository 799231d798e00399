//! `aws:runPowerShellScript`: the lines of `runCommand` as one script of PowerShell, where the machine has it.

use crate::host::Interpreter;
use crate::plugin::{ScriptInputs, StepContext, StepEnd};

/// The action's name.
pub(crate) const ACTION: &str = "aws:runPowerShellScript";
/// What PowerShell is called on systems that it does not come with.
const PROGRAM: &str = "pwsh";
/// What AWS's agent gives it, too: it asks nobody, and runs what is not signed.
const ARGUMENTS: [&str; 6] =
    ["-NoLogo", "-NoProfile", "-NonInteractive", "-ExecutionPolicy", "Unrestricted", "-File"];

/// Runs it.
pub(crate) async fn run(context: StepContext, inputs: ScriptInputs) -> StepEnd {
    let Some(program) = context.host.find_program(PROGRAM) else {
        return StepEnd::failed(format!(
            "PowerShell is not installed on this node: there is no {PROGRAM} on the agent's path. Install it, or let the step run \
             where there is one by a precondition on platformType"
        ));
    };
    let arguments = ARGUMENTS.map(String::from).into();
    let interpreter = Interpreter { program, arguments, extension: String::from("ps1") };
    context.run_lines(inputs, Some(interpreter)).await
}
