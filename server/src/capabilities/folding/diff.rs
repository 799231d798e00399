//! DiffOutput: what differs between two outputs of a command.

use pilothouse_api::Fault;
use pilothouse_api::folding::{DiffOutput, DiffOutputResult, DiffSide, Side};
use pilothouse_protocol::{InstanceId, JobId};
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::nodes;

use super::members::unknown;
use super::{WHOLE, up_to_date, visible_command};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};
use crate::folding::{Fold, Text, differences, text};

/// Equal lines around those that differ, if the caller does not say.
const CONTEXT: usize = 3;

impl Run for DiffOutput {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DiffOutputResult, Fault> {
        let command = visible_command(cx, &self.command_id).await?;
        let (one, other) = {
            let mut fold = up_to_date(cx, &command, self.normal, WHOLE).await?.fold;
            (chosen(&mut fold, &self.left)?, chosen(&mut fold, &self.right)?)
        };
        let left = read(cx, &command, &self, &one).await?;
        let right = read(cx, &command, &self, &other).await?;
        let context = self.context.and_then(|lines| usize::try_from(lines).ok()).unwrap_or(CONTEXT);
        let sides = (side(one, &left), side(other, &right));
        let compared = tokio::task::spawn_blocking(move || differences(&left, &right, context)).await;
        let (equal, lines, truncated) = compared.map_err(|error| {
            tracing::error!(%error, "outputs cannot be compared");
            Fault::internal("the server could not compare outputs: see its log")
        })?;
        Ok(DiffOutputResult { left: sides.0, right: sides.1, equal, lines, truncated })
    }
}

/// Whose output stands for a side.
struct Chosen {
    instance_id: InstanceId,
    name: String,
    group: Option<String>,
    nodes: usize,
    is_over: bool,
}

fn chosen(fold: &mut Fold, side: &Side) -> Result<Chosen, Fault> {
    let (instance_id, group) = match side {
        Side::Node(id) => {
            let stranger =
                || Fault::caller("InvalidInstanceId", "the command was not sent to one of these nodes");
            let instance: InstanceId = id.parse().map_err(|_| stranger())?;
            fold.is_over(&instance).ok_or_else(stranger)?;
            let group = fold.group_of(&instance);
            (instance, group)
        }
        Side::Group(id) => {
            let group = fold.find(id).ok_or_else(|| unknown(id))?;
            (sample(fold, group).ok_or_else(|| unknown(id))?, Some(group))
        }
        Side::Majority => {
            let nobody =
                || Fault::caller("DoesNotExistException", "no node of this command has said anything yet");
            fold.grouping().largest().ok_or_else(nobody)?;
            (sample(fold, 0).ok_or_else(nobody)?, Some(0))
        }
    };
    let grouping = fold.grouping();
    let group = group.and_then(|group| grouping.groups.get(group));
    Ok(Chosen {
        name: fold.name(&instance_id).unwrap_or_default().to_owned(),
        is_over: fold.is_over(&instance_id).unwrap_or_default(),
        group: group.map(|group| group.id.clone()),
        nodes: group.map_or(1, |group| group.members.len()),
        instance_id,
    })
}

fn sample(fold: &mut Fold, group: usize) -> Option<InstanceId> {
    let grouping = fold.grouping();
    let run = grouping.groups.get(group)?.sample;
    fold.node(run).map(|(instance, _)| instance.clone())
}

async fn read(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
    asked: &DiffOutput,
    of: &Chosen,
) -> Result<Text, Fault> {
    let mut own = vec![of.name.clone(), of.instance_id.to_string()];
    if asked.normal.host_names {
        let region = cx.region().to_owned();
        let ids = std::slice::from_ref(&of.instance_id);
        for node in nodes::select(cx.tx, &region, ids).await.map_err(store_fault)? {
            own.extend([node.facts.computer_name, node.facts.ip_address]);
        }
    }
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let job = JobId { command: command.command_id.clone(), instance: of.instance_id.clone() };
    text(&*cx.ports.outputs, &job, asked.normal, &own).await.map_err(|error| {
        tracing::error!(%job, %error, "output cannot be read");
        Fault::internal("the server could not read stored output: see its log")
    })
}

fn side(of: Chosen, text: &Text) -> DiffSide {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let title = match of.nodes {
        0 | 1 => of.name,
        nodes => format!("{} and {} more", of.name, nodes - 1),
    };
    DiffSide {
        title,
        instance_id: of.instance_id.to_string(),
        group: of.group,
        nodes: count(of.nodes),
        lines: count(text.streams.iter().map(Vec::len).sum()),
        is_over: of.is_over,
    }
}
