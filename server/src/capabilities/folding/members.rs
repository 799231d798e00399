//! ListGroupMembers: the nodes of a group, page by page.

use pilothouse_api::Fault;
use pilothouse_api::folding::{InstanceIdPage, ListGroupMembers, Normal};
use pilothouse_protocol::InstanceId;
use pilothouse_store::commands::CommandRecord;

use super::{WHOLE, up_to_date, visible_command};
use crate::capabilities::page;
use crate::cx::Cx;
use crate::door::{Guard, Run};

/// Ids on a page, if the caller does not say.
pub(super) const PAGE: usize = 1000;

impl Run for ListGroupMembers {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<InstanceIdPage, Fault> {
        let command = visible_command(cx, &self.command_id).await?;
        let members = members(cx, &command, self.normal, &self.group).await?;
        page_of(members, self.max_results, self.next_token.as_deref())
    }
}

/// The nodes of a group, each with its place in the command.
pub(super) async fn members(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
    normal: Normal,
    group: &str,
) -> Result<Vec<(i64, InstanceId)>, Fault> {
    let mut fold = up_to_date(cx, command, normal, WHOLE).await?.fold;
    fold.find(group).map(|group| fold.members(group)).ok_or_else(|| unknown(group))
}

/// There is no such group.
pub(super) fn unknown(group: &str) -> Fault {
    let group: String = group.chars().take(80).collect();
    let message =
        format!("no group {group} of this command, normalised like this: its nodes may have said more since");
    Fault::caller("DoesNotExistException", message)
}

/// The page that follows a token, of nodes in order of their places.
pub(super) fn page_of(
    nodes: Vec<(i64, InstanceId)>,
    asked: Option<i64>,
    token: Option<&str>,
) -> Result<InstanceIdPage, Fault> {
    let after = page::cursor::<i64>(token)?.unwrap_or(-1);
    let limit = page::limit(asked, PAGE);
    let rest: Vec<(i64, InstanceId)> =
        nodes.into_iter().filter(|(position, _)| *position > after).take(limit + 1).collect();
    let (rows, next_token) = page::cut(rest, limit, |(position, _)| *position);
    Ok(InstanceIdPage { instance_ids: rows.into_iter().map(|(_, id)| id.to_string()).collect(), next_token })
}
