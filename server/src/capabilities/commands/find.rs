//! FindCommands: the history of commands, filtered where the rows are.

use pilothouse_api::Fault;
use pilothouse_api::commands::{CommandState, Target};
use pilothouse_api::runs::{FindCommands, FindCommandsResult};
use pilothouse_protocol::{CommandId, InstanceId, Millis};
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::history::{self, HistoryQuery, SentTo};

use crate::capabilities::view::command_view;
use crate::capabilities::{page, resources};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Commands on a page, if the caller does not say.
const PAGE: usize = 50;
/// How often one call reads on when little of what it reads is for the caller: the page is short then.
const READS: usize = 20;

impl Run for FindCommands {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<FindCommandsResult, Fault> {
        let limit = page::limit(self.max_results, PAGE);
        let tag = self.target.as_deref().and_then(tag);
        let mut query = HistoryQuery {
            states: states(&self.states)?,
            sent_to: self.target.as_deref().map(sent_to),
            who: self.who,
            document: self.document,
            text: self.text,
            after_time: self.after.map(|at| at.0),
            before_time: self.before.map(|at| at.0),
            before: page::cursor::<(Millis, CommandId)>(self.next_token.as_deref())?,
            limit,
        };
        let mut sifter = cx.sifter(cx.permission).await?;
        let region = cx.region().to_owned();
        let mut found: Vec<CommandRecord> = Vec::new();
        for _ in 0..READS {
            let rows = history::find(cx.tx, &region, &query).await.map_err(store_fault)?;
            let is_last = rows.len() < query.limit;
            for row in rows {
                query.before = Some((row.requested_at, row.command_id.clone()));
                let is_meant = tag.is_none_or(|(key, value)| is_sent_to_tag(&row.targets, key, value));
                if is_meant && sifter.shows(&resources::command(&row)) {
                    found.push(row);
                }
                if found.len() == limit {
                    return Ok(answer(found, query.before.as_ref()));
                }
            }
            if is_last {
                return Ok(answer(found, None));
            }
        }
        Ok(answer(found, query.before.as_ref()))
    }
}

fn answer(found: Vec<CommandRecord>, next: Option<&(Millis, CommandId)>) -> FindCommandsResult {
    let next_token = next.and_then(page::token);
    FindCommandsResult { commands: found.into_iter().map(command_view).collect(), next_token }
}

/// Key and value, if a target is a tag.
fn tag(target: &str) -> Option<(&str, &str)> {
    target.strip_prefix("tag:")?.split_once('=')
}

fn sent_to(target: &str) -> SentTo {
    if let Some((key, _)) = tag(target) {
        return SentTo::Tag(key.to_owned());
    }
    match target.parse::<InstanceId>() {
        Ok(id) => SentTo::Node(id),
        Err(_) => SentTo::NodeNamed(target.to_owned()),
    }
}

fn is_sent_to_tag(targets: &[Target], key: &str, value: &str) -> bool {
    targets.iter().any(|target| {
        target.key.strip_prefix("tag:") == Some(key) && target.values.iter().any(|it| it == value)
    })
}

/// States by their names, fine or coarse; `None` is all.
fn states(names: &[String]) -> Result<Option<Vec<CommandState>>, Fault> {
    if names.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for name in names {
        let of_name = CommandState::ALL.iter().filter(|it| it.as_str() == name || it.status() == name);
        let before = found.len();
        found.extend(of_name);
        if found.len() == before {
            return Err(Fault::validation(format!("{name:?} is no state of a command")));
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_tag_an_id_or_a_name() {
        let id = InstanceId::from_random([7; 9]);
        assert_eq!(sent_to(id.as_str()), SentTo::Node(id));
        assert_eq!(sent_to("tag:env=prod"), SentTo::Tag("env".into()));
        assert_eq!(sent_to("web-1"), SentTo::NodeNamed("web-1".into()));
    }

    #[test]
    fn a_state_has_a_fine_and_a_coarse_name_and_what_is_none_is_told() {
        let found = states(&["Failed".into()]).unwrap().unwrap();
        assert!(found.contains(&CommandState::Incomplete) && found.contains(&CommandState::Failed));
        assert!(states(&["Broken".into()]).unwrap_err().message.contains("Broken"));
    }
}
