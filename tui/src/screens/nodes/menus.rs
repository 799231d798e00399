//! What one can choose from: columns, texts to copy, actions.

use pilothouse_api::protocol::InstanceId;

use super::columns::Column;
use super::keys::Msg;
use super::state::Nodes;
use crate::effect::{Choice, Effect, Effects};
use crate::facts;
use crate::screen::Cx;
use crate::screens::rows::ListMsg;

impl Nodes {
    pub(super) fn ask_column(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let tags = cx.mirror.nodes.tag_keys();
        // The name stays: without it no row could be told from another.
        let known = Column::ALL.into_iter().skip(1).chain(tags.keys().cloned().map(Column::Tag));
        // A chosen tag that no node has (any more) can be taken away too.
        let orphans =
            self.columns.iter().filter(|shown| matches!(shown, Column::Tag(key) if !tags.contains_key(key)));
        let items = known.chain(orphans.cloned()).map(|column| {
            let shown = if self.columns.contains(&column) { "shown" } else { "" };
            let detail = match &column {
                Column::Tag(key) => format!("tag of {} nodes  {shown}", tags.get(key).copied().unwrap_or(0)),
                _ => shown.to_owned(),
            };
            let label = column.title().to_owned();
            Choice { detail, ..Choice::new(label, Msg::Toggle(column)) }
        });
        Effect::Pick { title: "Show or hide a column".to_owned(), items: items.collect() }
    }

    pub(super) fn ask_copy(&self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(node) = self.node(cx) else { return Vec::new() };
        let mut items: Vec<_> = facts::copies(node)
            .into_iter()
            .map(|(what, text)| Choice { detail: text.clone(), ..Choice::new(what, Msg::CopyText(text)) })
            .collect();
        let marks = &self.list.hand.marks;
        if !marks.is_empty() {
            let ids: Vec<&str> = marks.iter().map(InstanceId::as_str).collect();
            let names: Vec<&str> = marks.iter().map(|id| cx.mirror.nodes.name(id)).collect();
            for (what, texts) in [("ids", ids), ("names", names)] {
                let label = format!("{what} of the {} marked", marks.len());
                items.push(Choice::new(label, Msg::CopyText(texts.join("\n"))));
            }
        }
        vec![Effect::Pick { title: format!("Copy of {}", node.name), items }]
    }

    pub(super) fn ask_action(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let meant = self.meant_in_words(cx);
        let on = self.node(cx).map_or_else(|| "the node".to_owned(), |node| node.name.clone());
        let marks = self.list.hand.marks.len();
        let items = [
            (format!("Run a command on {meant}"), "r", Msg::Run),
            (format!("Open {on}"), "Enter", Msg::Open),
            (format!("Copy from {on}"), "y", Msg::Copy),
            (format!("Take away {marks} marks"), "u", Msg::List(ListMsg::Unmark)),
            (format!("Change tags of {meant}"), "e", Msg::EditTags),
            ("Add a node".to_owned(), "a", Msg::Register),
            (format!("Deregister {meant}"), "D", Msg::Deregister),
        ];
        let items = items.into_iter().map(|(label, key, msg)| {
            let disabled = match &msg {
                Msg::List(_) if marks == 0 => Some("nothing is marked".to_owned()),
                msg => self.reason(msg, cx),
            };
            Choice { detail: key.to_owned(), disabled, ..Choice::new(label, msg) }
        });
        Effect::Pick { title: format!("Do on {meant}"), items: items.collect() }
    }
}
