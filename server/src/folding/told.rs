//! What is told of a fold: its largest groups, each with its facts and a preview.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};

use pilothouse_api::folding::{Group, MAX_GROUPS};
use pilothouse_protocol::{CommandId, JobId};
use pilothouse_store::outputs::Outputs;
use serde::Serialize;

use super::fold::Fold;
use super::grouping::{Folded, Grouping};
use super::preview::{self, Wanted};
use super::run::short;

/// Names of nodes that are told of a group.
const NAMES: usize = 5;
/// Exit codes that are told of a group.
const CODES: usize = 8;
/// Previews that are made before what there is is told.
const PREVIEWS: usize = 64;

/// What is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The largest groups.
    pub groups: Vec<Group>,
    /// Nodes in groups.
    pub nodes: u32,
    /// Of these, those that run still.
    pub running: u32,
    /// Groups that are not told.
    pub more_groups: u32,
}

impl Told {
    /// A number that is another one when something else is told; never 0, and exact in JSON.
    #[must_use]
    pub fn fingerprint(&self, more: Option<u64>) -> u64 {
        let text = rmp_serde::to_vec(&(self, more)).unwrap_or_default();
        u64::try_from(short(&text) & ((1 << 53) - 1)).unwrap_or(0).max(1)
    }
}

impl Fold {
    /// What there is to tell; whether previews are still to be made.
    pub async fn tell(&mut self, outputs: &dyn Outputs, command: &CommandId) -> (Told, bool) {
        if let Some(told) = &self.settled {
            return (told.clone(), false);
        }
        let grouping = self.grouping();
        let shown: Vec<(&Folded, u64, Option<Wanted>)> = grouping
            .groups
            .iter()
            .take(MAX_GROUPS)
            .map(|group| {
                let (differs_at, wanted) = preview::difference(self, &grouping, group);
                (group, differs_at, wanted)
            })
            .collect();
        let is_behind =
            self.make_previews(outputs, command, shown.iter().filter_map(|(.., wanted)| *wanted)).await;
        let groups =
            shown.iter().map(|(group, at, wanted)| self.view(&grouping, group, *at, *wanted)).collect();
        self.remember(shown.iter().map(|(group, ..)| (group.id.clone(), group.sample)));
        let told = Told {
            groups,
            nodes: number(grouping.nodes),
            running: number(grouping.running),
            more_groups: number(grouping.groups.len().saturating_sub(MAX_GROUPS)),
        };
        (told, is_behind)
    }

    async fn make_previews(
        &mut self,
        outputs: &dyn Outputs,
        command: &CommandId,
        wanted: impl Iterator<Item = Wanted>,
    ) -> bool {
        let offset = |run: usize| self.runs.get(run).map_or(0, |run| run.offset);
        let wanted: Vec<(Wanted, u64)> = wanted.map(|wanted| (wanted, offset(wanted.run))).collect();
        let missing = self.previews.missing(&wanted);
        for (wanted, to) in missing.iter().take(PREVIEWS).copied() {
            let Some((instance, _)) = self.node(wanted.run) else { continue };
            let job = JobId { command: command.clone(), instance: instance.clone() };
            let text = preview::make(outputs, &job, wanted, to).await.unwrap_or_else(|error| {
                tracing::warn!(%job, %error, "output cannot be read for a preview");
                Vec::new()
            });
            self.previews.keep(wanted, to, text);
        }
        missing.len() > PREVIEWS
    }

    fn view(&self, grouping: &Grouping, group: &Folded, differs_at: u64, wanted: Option<Wanted>) -> Group {
        let (mut ended, mut codes) = (BTreeMap::new(), HashMap::new());
        for run in group.members.iter().filter_map(|run| self.runs.get(*run)).filter(|run| run.is_over()) {
            *ended.entry(run.state).or_default() += 1;
            if let Some(code) = run.exit_code {
                *codes.entry(code).or_default() += 1;
            }
        }
        let mut exit_codes: Vec<(i32, u32)> = codes.into_iter().collect();
        exit_codes.sort_unstable_by_key(|(code, count)| (Reverse(*count), *code));
        exit_codes.truncate(CODES);
        let names = group.members.iter().take(NAMES).filter_map(|run| self.runs.get(*run));
        let lines = |stream: usize| group.reach.get(stream).map_or(0, |reach| reach.lines);
        let sample = self.runs.get(group.sample);
        Group {
            id: group.id.clone(),
            count: number(group.members.len()),
            so_far: number(group.so_far),
            ended,
            exit_codes,
            lines: lines(0) + lines(1) + lines(2),
            stderr_lines: lines(1),
            bytes: sample.map_or(0, |run| run.offset),
            sample: sample.map_or_else(
                || pilothouse_protocol::InstanceId::from_random([0; 9]),
                |run| run.instance_id.clone(),
            ),
            names: names.map(|run| run.name.clone()).collect(),
            preview: wanted.map(|wanted| self.previews.text(wanted)).unwrap_or_default(),
            differs_at,
            outlier: grouping.is_outlier(group),
            began: group.began,
        }
    }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
