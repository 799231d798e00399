//! ResolveTargets: which nodes a command would run on, before it is sent.

use pilothouse_api::Fault;
use pilothouse_api::fleet::{ResolveTargets, ResolveTargetsResult};

use super::targets::{explicit, matching};
use crate::capabilities::view::node_view;
use crate::cx::Cx;
use crate::door::{Guard, Run};

impl Run for ResolveTargets {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ResolveTargetsResult, Fault> {
        let (nodes, unknown) = if self.instance_ids.is_empty() {
            (matching(cx, &self.targets).await?, Vec::new())
        } else {
            explicit(cx, &self.instance_ids).await?
        };
        Ok(ResolveTargetsResult { nodes: nodes.into_iter().map(node_view).collect(), unknown })
    }
}
