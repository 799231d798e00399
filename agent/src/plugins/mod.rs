//! One file per document action. Each has an `ACTION`, its `Inputs` (members that it does not know are refused), and `run`.
//! Names of actions meet their plugins in [`run`], and nowhere else.
//!
//! In: a step's context and inputs. Out: how it ended. A plugin knows `plugin` and the `host` traits.
//! Never here: the link, the ledger, another plugin, `std::process`.

mod run_shell_script;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::plugin::{StepContext, StepEnd};

/// Runs an action.
pub(crate) async fn run(action: &str, context: StepContext, inputs: Value) -> StepEnd {
    match action {
        run_shell_script::ACTION => match read(action, inputs) {
            Ok(inputs) => run_shell_script::run(context, inputs).await,
            Err(end) => end,
        },
        _ => StepEnd::failed(format!(
            "this agent ({}) does not know the action {action}; it knows {}",
            env!("CARGO_PKG_VERSION"),
            run_shell_script::ACTION
        )),
    }
}

fn read<I: DeserializeOwned>(action: &str, inputs: Value) -> Result<I, StepEnd> {
    serde_json::from_value(inputs)
        .map_err(|error| StepEnd::failed(format!("the inputs of {action} are wrong: {error}")))
}
