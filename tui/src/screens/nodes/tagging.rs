//! Changing the tags of all nodes that are meant, with one line.

use crossterm::event::KeyCode;
use pilothouse_api::protocol::InstanceId;
use pilothouse_api::tags::{AddTagsToResource, RemoveTagsFromResource, Tag};
use pilothouse_kit::input::LineEvent;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::keys::Msg;
use super::state::Nodes;
use crate::effect::{Effect, Effects, Ladder, Level, Question, Request};
use crate::screen::{Cx, Input};
use crate::screens::rows::pieces;
use crate::tags::Changes;
use crate::{facts, look};

/// What AWS calls the kind of thing that a node is.
const KIND: &str = "ManagedInstance";

/// While the line is typed it takes all keys but `Esc`.
pub(super) fn typed(input: &Input) -> Option<Msg> {
    match input {
        Input::Key(key) if key.code == KeyCode::Esc => None,
        _ => Some(Msg::TypedTags(input.clone())),
    }
}

/// The calls that make these changes, node by node.
pub(super) fn requests(
    ids: Vec<InstanceId>,
    changes: &Changes,
) -> impl Iterator<Item = (InstanceId, Request)> {
    let Changes { set, removed } = changes.clone();
    ids.into_iter().flat_map(move |id| {
        let resource = || (KIND.to_owned(), id.to_string());
        let add = (!set.is_empty()).then(|| {
            let (resource_type, resource_id) = resource();
            let tags =
                set.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() }).collect();
            Request::AddTagsToResource(AddTagsToResource { resource_type, resource_id, tags })
        });
        let remove = (!removed.is_empty()).then(|| {
            let (resource_type, resource_id) = resource();
            let tag_keys = removed.clone();
            Request::RemoveTagsFromResource(RemoveTagsFromResource { resource_type, resource_id, tag_keys })
        });
        let calls: Vec<_> = add.into_iter().chain(remove).map(|request| (id.clone(), request)).collect();
        calls
    })
}

impl Nodes {
    pub(super) fn take_tags(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(line) = &mut self.tagging else { return Vec::new() };
        match input.type_into(line) {
            LineEvent::Submit => return self.ask_tags(cx),
            LineEvent::Cancel => self.tagging = None,
            LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => {}
        }
        Vec::new()
    }

    fn ask_tags(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let text = self.tagging.as_ref().map(|line| line.text().to_owned()).unwrap_or_default();
        let changes = match Changes::read(&text) {
            Ok(changes) => changes,
            Err(error) => return vec![Effect::Toast(Level::Warn, error.to_string())],
        };
        self.tagging = None;
        let ids = self.list.meant();
        let nodes = self.meant_nodes(cx);
        let production = nodes.iter().filter_map(|node| look::env_of(node)).find(|env| look::is_prod(env));
        let mut card = changes.lines();
        card.push(format!("Environments: {}", facts::environments(nodes.iter().copied())));
        card.extend(facts::names(&nodes));
        vec![Effect::Ask(Question {
            title: format!("Change the tags of {}?", self.meant_in_words(cx)),
            card,
            ladder: Ladder::of(nodes.len(), production, cx.typed_from),
            yes: Msg::ChangeTags(ids, changes),
        })]
    }

    /// The line, in the place of the list's status.
    pub(super) fn draw_tagging(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let Some(line) = &self.tagging else { return };
        let label = format!("tags of {}: ", self.meant_in_words(cx));
        let hint = "env=prod \"role=front end\" -old";
        line.view(frame, area, cx.theme, &label, hint, true);
        if let Some(error) = Changes::read(line.text()).err().filter(|_| !line.is_empty()) {
            let said = error.to_string();
            let width = u16::try_from(said.len()).unwrap_or(u16::MAX);
            if area.width > width + 50 {
                let right = Rect { x: area.right() - width, width, ..area };
                pieces(frame, right, cx.theme, &[(Role::TextMuted, said)]);
            }
        }
    }
}
