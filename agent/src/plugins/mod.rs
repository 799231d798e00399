//! One file per document action. Each has an `ACTION`, its inputs (members that it does not know are refused), and `run`.
//! Names of actions meet their plugins in [`run`], and nowhere else.
//!
//! In: a step's context and inputs. Out: how it ended. A plugin knows `plugin` and the `host` traits.
//! Never here: the link, the ledger, another plugin, `std::process`.

mod configure_package;
mod download_content;
mod run_document;
mod run_powershell_script;
mod run_shell_script;
mod update_agent;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::plugin::{StepContext, StepEnd};

macro_rules! plugins {
    ($($plugin:ident,)*) => {
        /// Runs an action.
        pub(crate) async fn run(action: &str, context: StepContext, inputs: Value) -> StepEnd {
            match called(action) {
                $($plugin::ACTION => match read(action, inputs) {
                    Ok(inputs) => $plugin::run(context, inputs).await,
                    Err(end) => end,
                },)*
                _ => unknown(action, &[$($plugin::ACTION),*]),
            }
        }
    };
}

plugins! {
    configure_package,
    download_content,
    run_document,
    run_powershell_script,
    run_shell_script,
    update_agent,
}

/// Whether an action runs other steps, and nothing else.
pub(crate) fn runs_documents(action: &str) -> bool {
    action == run_document::ACTION
}

/// Some are known by another name of AWS's.
fn called(action: &str) -> &str {
    if action == update_agent::AWS_ACTION { update_agent::ACTION } else { action }
}

fn unknown(action: &str, known: &[&str]) -> StepEnd {
    StepEnd::failed(format!(
        "this agent ({}) does not know the action {action}; it knows {}",
        env!("CARGO_PKG_VERSION"),
        known.join(", ")
    ))
}

fn read<I: DeserializeOwned>(action: &str, inputs: Value) -> Result<I, StepEnd> {
    serde_json::from_value(inputs)
        .map_err(|error| StepEnd::failed(format!("the inputs of {action} are wrong: {error}")))
}
