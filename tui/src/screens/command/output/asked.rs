//! What is asked of the output by what was typed: a search in it, all of it in a file; and what leads on from there.

use pilothouse_kit::pager::Search;

use super::super::keys::Msg;
use super::found::FoundList;
use super::lines::Source;
use super::pane::{Typed, said};
use super::seeking::What;
use super::{OutputTab, Whose};
use crate::effect::{Effect, Effects, Level, OutputFile};
use crate::screen::{Cx, Input};

impl OutputTab {
    pub(super) fn take(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
        let node = self.node().cloned();
        match self.pane.take(input, &Source::of(&self.command, node.as_ref(), cx)) {
            Typed::On => Vec::new(),
            Typed::Search(text) => self.search(&text, cx),
            Typed::Save(path) if path.as_os_str().is_empty() => Vec::new(),
            Typed::Save(path) => {
                let what = format!("saving {} to {}", self.whose_words(cx), path.display());
                let file = OutputFile { path, command: self.command.clone(), nodes: self.saved(cx) };
                vec![Effect::Toast(Level::Info, what), Effect::SaveOutput(file)]
            }
        }
    }

    fn search(&mut self, text: &str, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(search) = Search::typed(text) else {
            self.pane.stop_search();
            self.found = None;
            let none = text.is_empty();
            return if none {
                Vec::new()
            } else {
                said(Level::Warn, format!("{text:?} is no regular expression"))
            };
        };
        let Some(node) = self.node().cloned() else {
            self.found = Some(FoundList::new(search));
            return Vec::new();
        };
        let source = Source::of(&self.command, Some(&node), cx);
        self.pane.pager.mark(Some(search));
        self.pane.seeking.hits = true;
        match self.pane.pager.on() {
            Some(at) if self.pane.pager.hits(&source, at) => Vec::new(),
            _ => self.pane.seek(What::Hit, true, &source),
        }
    }

    /// From a hit in the list to its line.
    pub fn enter(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(list) = self.list() else { return Vec::new() };
        let hits = cx.mirror.hits(&self.command, &list.query);
        let Some(hit) = list.on(hits) else { return said(Level::Info, "nothing was found yet") };
        let search = list.pager.search().cloned();
        let line = hit.line;
        self.whose = Some(Whose::One(hit.node.clone()));
        self.opened = true;
        self.told(cx);
        self.pane.pager.mark(search);
        self.pane.seeking.hits = true;
        let node = self.node().cloned();
        self.pane.go_to_line(line, &Source::of(&self.command, node.as_ref(), cx));
        self.follow_up(cx)
    }

    /// Copies what is shown: all of it, if all of it is here.
    #[must_use]
    pub fn copy(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let source = Source::of(&self.command, self.node(), cx);
        if source.is_whole() {
            return Effect::Copy(source.whole_text());
        }
        let seen = self.pane.pager.in_sight(&source);
        Effect::Copy(seen.map(|at| format!("{}\n", source.text_of(at))).collect())
    }
}
