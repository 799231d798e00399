//! The only mutation.

use pilothouse_api::commands::ListCommandInvocations;
use pilothouse_api::nodes::DeregisterManagedInstance;
use pilothouse_api::tags::{AddTagsToResource, RemoveTagsFromResource, Tag};
use pilothouse_kit::input::LineEvent;

use super::keys::Msg;
use super::recent::{LISTED, RecentRuns};
use super::state::{Asked, Node, Pane};
use super::tags::Edit;
use crate::effect::{CallError, Choice, Effect, Effects, Ladder, Level, Question, Reply, Request, Ticket};
use crate::facts;
use crate::route::{Route, RunSpec};
use crate::screen::{Cx, Input};
use crate::screens::rows::{ListMsg, Step};

/// What AWS calls the kind of thing that a node is.
const KIND: &str = "ManagedInstance";

impl Node {
    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            Msg::Move(msg) => self.step(&msg, cx),
            Msg::OtherPane => {
                self.pane = if self.pane == Pane::Tags { Pane::Recent } else { Pane::Tags };
            }
            Msg::Open if self.pane == Pane::Recent => {
                let run = self.recent.list().get(self.run);
                return run
                    .map(|run| Effect::Open(Route::command(run.command.clone())))
                    .into_iter()
                    .collect();
            }
            Msg::Open | Msg::EditTag => {
                self.edit(self.tag_here(cx).map_or_else(Edit::add, |(key, value)| Edit::change(key, value)));
            }
            Msg::AddTag => self.edit(Edit::add()),
            Msg::Typed(input) => return self.take(&input, cx),
            Msg::RemoveTag => return self.ask_untag(cx).map(Effect::Ask).into_iter().collect(),
            Msg::Untag(key) => return vec![self.untag(key)],
            Msg::Run => {
                let spec = RunSpec { nodes: vec![self.id.clone()], ..RunSpec::default() };
                return vec![Effect::Open(Route::Run(spec))];
            }
            Msg::Copy => return self.ask_copy(cx),
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
            Msg::Actions => return vec![self.ask_action(cx)],
            Msg::Deregister => return self.ask_removal(cx).map(Effect::Ask).into_iter().collect(),
            Msg::Remove => {
                let instance_id = self.id.to_string();
                let request = Request::DeregisterManagedInstance(DeregisterManagedInstance { instance_id });
                return vec![self.call(Asked::Removal, request)];
            }
        }
        Vec::new()
    }

    pub(super) fn hear_answer(&mut self, ticket: Ticket, result: Result<Reply, CallError>) -> Effects<Msg> {
        let Some(asked) = self.asked.remove(&ticket.0) else { return Vec::new() };
        let said = match (asked, result) {
            (Asked::Recent, Ok(Reply::ListCommandInvocations(page))) => {
                self.recent = RecentRuns::take(page.command_invocations);
                self.run = self.run.min(self.recent.list().len().saturating_sub(1));
                return Vec::new();
            }
            (Asked::Recent, Err(error)) => {
                // What was listed before is still better than nothing.
                if self.recent.list().is_empty() {
                    self.recent = RecentRuns::Failed(error.message);
                }
                return Vec::new();
            }
            (Asked::Removal, Ok(_)) => {
                return vec![Effect::Toast(Level::Good, "deregistered".to_owned()), Effect::Close];
            }
            (Asked::Tag(key), Ok(_)) => (Level::Good, format!("tag {key} is set")),
            (Asked::Untag(key), Ok(_)) => (Level::Good, format!("tag {key} is removed")),
            (Asked::Tag(key), Err(error)) => (Level::Error, format!("tag {key} was not set: {error}")),
            (Asked::Untag(key), Err(error)) => (Level::Error, format!("tag {key} was not removed: {error}")),
            (Asked::Removal, Err(error)) => (Level::Error, format!("not deregistered: {error}")),
            (Asked::Recent, Ok(_)) => return Vec::new(),
        };
        vec![Effect::Toast(said.0, said.1)]
    }

    /// Why it makes no sense now.
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let unknown = || self.node(cx).is_none().then(|| "this node is not known".to_owned());
        let unlinked = || (!cx.mirror.link.is_live()).then(|| "the server is not reached".to_owned());
        let untagged = || self.tag_here(cx).is_none().then(|| "it has no tag".to_owned());
        match msg {
            Msg::Open if self.pane == Pane::Recent => {
                self.recent.list().is_empty().then(|| "no command ran here yet".to_owned())
            }
            Msg::Run | Msg::Copy | Msg::Open | Msg::EditTag => unknown(),
            Msg::AddTag | Msg::Deregister => unknown().or_else(unlinked),
            Msg::RemoveTag => unknown().or_else(unlinked).or_else(untagged),
            _ => None,
        }
    }

    /// Asks what ran here.
    pub(super) fn ask_recent(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.asked_at = Some(newest(cx));
        let request = ListCommandInvocations {
            instance_id: Some(self.id.to_string()),
            max_results: Some(LISTED),
            ..ListCommandInvocations::default()
        };
        vec![self.call(Asked::Recent, Request::ListCommandInvocations(request))]
    }

    /// Whether commands came since the list was asked for.
    pub(super) fn is_recent_outdated(&self, cx: &Cx<'_>) -> bool {
        self.asked_at.is_some_and(|at| at != newest(cx))
            && !self.asked.values().any(|asked| *asked == Asked::Recent)
    }

    fn call(&mut self, asked: Asked, request: Request) -> Effect<Msg> {
        self.next += 1;
        self.asked.insert(self.next, asked);
        Effect::Call(Ticket(self.next), request)
    }

    fn step(&mut self, msg: &ListMsg, cx: &Cx<'_>) {
        let page = self.heights.of(self.pane).get().max(2).cast_signed();
        let by = match msg {
            ListMsg::Step(Step::By(by)) => *by,
            ListMsg::Step(Step::First) => isize::MIN,
            ListMsg::Step(Step::Last) => isize::MAX,
            ListMsg::Half(down) => {
                if *down {
                    page / 2
                } else {
                    -page / 2
                }
            }
            ListMsg::Page(down) => {
                if *down {
                    page - 1
                } else {
                    1 - page
                }
            }
            _ => return,
        };
        let (row, len) = match self.pane {
            Pane::Recent => (&mut self.run, self.recent.list().len()),
            Pane::Tags => (&mut self.tag, cx.mirror.nodes.get(&self.id).map_or(0, |node| node.tags.len())),
        };
        *row = row.saturating_add_signed(by).min(len.saturating_sub(1));
    }

    fn edit(&mut self, edit: Edit) {
        self.pane = Pane::Tags;
        self.edit = Some(edit);
    }

    fn take(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(edit) = &mut self.edit else { return Vec::new() };
        match input.type_into(&mut edit.line) {
            LineEvent::Submit => return self.set_tag(cx),
            LineEvent::Cancel => self.edit = None,
            LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => {}
        }
        Vec::new()
    }

    fn set_tag(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let (Some(node), Some(edit)) = (self.node(cx), &mut self.edit) else { return Vec::new() };
        let Ok((key, value)) = edit.tag(&node.tags) else {
            edit.tried = true;
            return Vec::new();
        };
        self.edit = None;
        let request = AddTagsToResource {
            resource_type: KIND.to_owned(),
            resource_id: self.id.to_string(),
            tags: vec![Tag { key: key.clone(), value }],
        };
        vec![self.call(Asked::Tag(key), Request::AddTagsToResource(request))]
    }

    fn ask_untag(&self, cx: &Cx<'_>) -> Option<Question<Msg>> {
        let (key, value) = self.tag_here(cx)?;
        Some(Question {
            title: format!("Remove the tag {key}={value}?"),
            card: vec!["Runs that target this tag will not reach the node any more.".to_owned()],
            ladder: Ladder::Yes,
            yes: Msg::Untag(key.to_owned()),
        })
    }

    fn untag(&mut self, key: String) -> Effect<Msg> {
        let request = RemoveTagsFromResource {
            resource_type: KIND.to_owned(),
            resource_id: self.id.to_string(),
            tag_keys: vec![key.clone()],
        };
        self.call(Asked::Untag(key), Request::RemoveTagsFromResource(request))
    }

    fn ask_copy(&self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(node) = self.node(cx) else { return Vec::new() };
        let items = facts::copies(node)
            .into_iter()
            .map(|(what, text)| Choice { detail: text.clone(), ..Choice::new(what, Msg::CopyText(text)) });
        vec![Effect::Pick { title: format!("Copy of {}", node.name), items: items.collect() }]
    }

    fn ask_action(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let tag = self.tag_here(cx).map_or_else(|| "tag".to_owned(), |(key, _)| format!("tag {key}"));
        let items = [
            ("Run a command here".to_owned(), "r", Msg::Run),
            ("Copy from this node".to_owned(), "y", Msg::Copy),
            ("Add a tag".to_owned(), "a", Msg::AddTag),
            (format!("Change the {tag}"), "e", Msg::EditTag),
            (format!("Remove the {tag}"), "Delete", Msg::RemoveTag),
            ("Deregister the node".to_owned(), "D", Msg::Deregister),
        ];
        let items = items.into_iter().map(|(label, key, msg)| Choice {
            detail: key.to_owned(),
            disabled: self.reason(&msg, cx),
            ..Choice::new(label, msg)
        });
        Effect::Pick { title: format!("Do on {}", cx.mirror.nodes.name(&self.id)), items: items.collect() }
    }

    fn ask_removal(&self, cx: &Cx<'_>) -> Option<Question<Msg>> {
        let node = self.node(cx)?;
        Some(Question {
            title: format!("Deregister {}?", node.name),
            card: facts::removal(&[node]),
            ladder: Ladder::Typed(node.name.clone()),
            yes: Msg::Remove,
        })
    }
}

/// When the newest command was asked for: later ones are not in a list made before.
fn newest(cx: &Cx<'_>) -> u64 {
    cx.mirror.commands.nth(0).map_or(0, |command| command.requested_at.0.unsigned_abs())
}
