//! ReportSurvivors: a node killed a run's processes, and some live on. Nobody asked for it, so that it is told: in the audit
//! trail, with the processes.

use pilothouse_api::Fault;
use pilothouse_store::{commands, invocations, nodes};

use crate::capabilities::resources;
use crate::cx::{Caller, Cx, store_fault};
use crate::door::{Guard, Run};
use crate::internal::ReportSurvivors;

impl Run for ReportSurvivors {
    const GUARD: Guard = Guard::Kind;

    async fn run(self, cx: &mut Cx<'_>) -> Result<(), Fault> {
        let refused = |why: &str| Fault::denied(format!("{}: {why}", self.job));
        if !matches!(&cx.call.caller, Caller::Node(instance) if *instance == self.job.instance) {
            return Err(refused("it is no job of this node"));
        }
        let mut runs =
            invocations::find_many(cx.tx, std::slice::from_ref(&self.job)).await.map_err(store_fault)?;
        let Some(run) = runs.pop().filter(|run| !run.state.is_terminal()) else {
            return Err(refused("it is over, and its survivors were told of"));
        };
        tracing::warn!(job = %self.job, survivors = self.survivors.len(), "processes of a run could not be killed");
        let node = nodes::get(cx.tx, &run.region, &run.instance_id).await.map_err(store_fault)?;
        let command = commands::get(cx.tx, &run.region, &run.command_id).await.map_err(store_fault)?;
        let touched = node.iter().map(resources::node).chain(command.iter().map(resources::command));
        cx.require(touched.collect()).await
    }
}
