//! `aws:runShellScript`: the lines of `runCommand` as one script of `/bin/sh`.

use crate::plugin::{ScriptInputs, StepContext, StepEnd};

/// The action's name.
pub(crate) const ACTION: &str = "aws:runShellScript";

/// Runs it.
pub(crate) async fn run(context: StepContext, inputs: ScriptInputs) -> StepEnd {
    context.run_lines(inputs, None).await
}
