//! `aws:configurePackage`: installs, updates and uninstalls a package of the server's registry by its own scripts.
//!
//! In: the package's name, and what is to become of it. Out: the output of its scripts, and which version is there in the end.
//! What is being done is written down before it is done; an agent that goes down in the middle finds its place again, and runs
//! no script twice. When the new version cannot be installed the old one is: as AWS's agent does it, the step failed all the
//! same, and says what is there.
//!
//! Never here: archives and their files (`host::depot`), how bytes come from the server.

mod inputs;
mod plan;
mod script;
mod work;

pub(crate) use inputs::Inputs;

use crate::plugin::{StepContext, StepEnd};
use work::Work;

/// The action's name.
pub(crate) const ACTION: &str = "aws:configurePackage";

/// Runs it.
pub(crate) async fn run(context: StepContext, inputs: Inputs) -> StepEnd {
    let order = match inputs.checked() {
        Ok(order) => order,
        Err(why) => return StepEnd::failed(why),
    };
    let Some(depot) = context.host.depot().cloned() else {
        return StepEnd::failed(String::from("packages cannot be installed on a simulated node"));
    };
    let Some(claim) = depot.claim(&order.name) else {
        let name = &order.name;
        return StepEnd::failed(format!(
            "another command is changing {name} on this node right now: run this one again when that is over"
        ));
    };
    let end = match Work::begin(context, depot, order) {
        Ok(work) => work.run().await,
        Err(end) => end,
    };
    drop(claim);
    end
}
