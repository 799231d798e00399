//! ResolveTargets: which nodes a command would run on, before it is sent.

use pilothouse_api::Fault;
use pilothouse_api::fleet::{ResolveTargets, ResolveTargetsResult};

use super::targets::{explicit, matching};
use crate::capabilities::resources;
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
        let mut sifter = cx.sifter(cx.permission).await?;
        let shown = nodes.into_iter().filter(|node| sifter.shows(&resources::node(node))).map(node_view);
        Ok(ResolveTargetsResult { nodes: shown.collect(), unknown })
    }
}
