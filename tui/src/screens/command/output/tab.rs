//! The output as a tab of the room: whose it is, and what the frame asks of it.
//!
//! In: what the frame passes on (keys, answers under tickets from [`TICKETS`] on, the mirror). Out: effects, cells.
//! Never here: other tabs.

use pilothouse_api::folding::{Group, Normal};
use pilothouse_api::protocol::{CommandId, InstanceId};
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::pager::{PagerMsg, Search};

use super::super::keys::Msg;
use super::found::FoundList;
use super::lines::{Source, name};
use super::pane::{Typed, said};
use super::reading::WHOLE;
use super::seeking::What;
use super::{OutputMsg, Pane};
use crate::effect::{CallError, Choice, Effect, Effects, Level, OutputFile, Reply, Ticket};
use crate::mirror::{CommandDetail, Output};
use crate::screen::{Cx, Input};
use crate::screens::rows::{ListMsg, Step};
use crate::words;

/// Answers under tickets from here on are the output's.
pub const TICKETS: u32 = 1 << 30;
/// The most nodes that are offered to choose from; the list of nodes has all of them.
const OFFERED: usize = 1_000;

/// Whose output is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// All nodes', merged.
    All,
    /// One node's.
    One(InstanceId),
    /// What all nodes of a group say alike.
    Group {
        /// The one of them whose output is read.
        sample: InstanceId,
        /// How many they were when it was chosen.
        count: u32,
        /// How outputs were compared for it.
        normal: Normal,
    },
}

/// The tab.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputTab {
    /// Of which command.
    pub(super) command: CommandId,
    /// Whose is shown; until the command is known or the user decides, nobody knows.
    pub whose: Option<Whose>,
    /// How it is shown.
    pub pane: Pane,
    /// What was found in the output of all nodes.
    pub(super) found: Option<FoundList>,
    /// Whether what is shown is a hit that was chosen there.
    opened: bool,
}

impl OutputTab {
    /// The output of a command; of one of its nodes if one is given.
    #[must_use]
    pub fn new(command: CommandId, node: Option<InstanceId>) -> Self {
        let whose = node.map(Whose::One);
        Self { command, whose, pane: Pane::default(), found: None, opened: false }
    }

    /// Its keys, besides those that move (`j`, `G`, `/` and so on), which come as [`OutputTab::moved`], and `n` and `N`, which come
    /// as [`OutputTab::next`].
    pub fn keys() -> Keymap<OutputMsg> {
        let pager = OutputMsg::Pager;
        Keymap::new()
            .bind("f", "follow", "follow the output, or stay", "output", pager(PagerMsg::Follow))
            .bar()
            .bind("m", "merge", "output of all nodes merged, or of one", "output", OutputMsg::Merge)
            .bind("a", "choose", "choose whose: all, a group, a node", "output", OutputMsg::Choose)
            .bind(">", "next-output", "output of the next node, or group", "output", OutputMsg::Turn(true))
            .bind("<", "previous-output", "output of the one before", "output", OutputMsg::Turn(false))
            .bind("e", "next-error", "next error line", "output", pager(PagerMsg::NextError))
            .bind("E", "previous-error", "error line before", "output", pager(PagerMsg::PreviousError))
            .bind("W", "wrap", "wrap long lines, or cut them", "output", pager(PagerMsg::Wrap))
            .bind("t", "timestamps", "when each line was said", "output", pager(PagerMsg::Times))
            .bind("J", "json", "JSON with a row for each member", "output", pager(PagerMsg::Json))
            .bind("w", "save", "save the whole output to a file", "output", OutputMsg::Save)
            .bind("", "line", ":NUMBER goes to that line", "output", OutputMsg::Line(1))
    }

    /// Shows somebody's output.
    pub fn show(&mut self, whose: Whose) {
        (self.whose, self.found, self.opened) = (Some(whose), None, false);
    }

    /// The node whose output is shown, if it is one.
    #[must_use]
    pub fn node(&self) -> Option<&InstanceId> {
        match self.whose.as_ref()? {
            Whose::All => None,
            Whose::One(node) | Whose::Group { sample: node, .. } => Some(node),
        }
    }

    /// The list of hits, while it is what is shown.
    pub(in super::super) fn list(&self) -> Option<&FoundList> {
        self.found.as_ref().filter(|_| !self.opened)
    }

    /// What it wants to be told of while it is seen.
    pub fn wants(&self, cx: &Cx<'_>) -> Vec<Topic> {
        let command_id = self.command.clone();
        let search = |query: &_| Topic::Search {
            command_id: self.command.clone(),
            query: Clone::clone(query),
            from: [].into(),
            after: 0,
        };
        let full = |query: &_| cx.mirror.hits(&self.command, query).is_some_and(|hits| hits.is_full());
        if let Some(list) = self.list() {
            return if full(&list.query) { Vec::new() } else { vec![search(&list.query)] };
        }
        let Some(node) = self.node() else {
            let merged = Topic::Merged { command_id, from: [].into(), after: 0 };
            return self.whose.iter().map(|_| merged.clone()).collect();
        };
        let mut wanted = Vec::new();
        if self.is_told(node, cx) {
            wanted.push(Topic::Output { command_id: command_id.clone(), instance_id: node.clone(), from: 0 });
        }
        wanted.extend(self.pane.queries(node).iter().filter(|query| !full(query)).map(search));
        if let Some(Whose::Group { normal, .. }) = &self.whose {
            wanted.push(Topic::Groups { command_id, normal: *normal, after: 0 });
        }
        wanted
    }

    /// Whether the node's output is told as it comes: while its end is followed, and what is here reaches there.
    fn is_told(&self, node: &InstanceId, cx: &Cx<'_>) -> bool {
        match cx.mirror.output(&self.command, node) {
            Some(output) => output.is_at_end() && (self.pane.pager.follows() || output.is_empty()),
            None => {
                let run = self.detail(cx).and_then(|detail| detail.run(node));
                run.is_some_and(|run| run.output_end <= WHOLE)
            }
        }
    }

    /// What is typed into one of its fields.
    pub fn typed(&self, input: &Input) -> Option<OutputMsg> {
        self.pane.typed(input)
    }

    /// Why a message makes no sense now.
    pub fn why_not(&self, msg: &OutputMsg, cx: &Cx<'_>) -> Option<String> {
        let few = || self.detail(cx).is_none_or(|detail| detail.len() < 2);
        let said = match msg {
            OutputMsg::Save if self.saved(cx).is_empty() => "there is no output",
            OutputMsg::Merge | OutputMsg::Choose if self.node().is_some() && few() => {
                "there is only one node"
            }
            OutputMsg::Turn(_) if few() => "there is only one node",
            _ => return None,
        };
        Some(said.to_owned())
    }

    /// Does what it is told.
    pub fn update(&mut self, msg: OutputMsg, cx: &Cx<'_>) -> Effects<Msg> {
        let mut effects = self.obey(msg, cx);
        effects.extend(self.follow_up(cx));
        effects
    }

    fn obey(&mut self, msg: OutputMsg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            OutputMsg::Merge => {
                let one = || Some(Whose::One(self.detail(cx)?.runs().first()?.instance_id.clone()));
                let whose = if self.node().is_some() { Some(Whose::All) } else { one() };
                return whose.map_or_else(Vec::new, |whose| self.turn_to(whose, cx));
            }
            OutputMsg::Choose => return vec![self.choices(cx)],
            OutputMsg::Show(whose) => return self.turn_to(whose, cx),
            OutputMsg::Turn(forward) => {
                return self.neighbour(forward, cx).map_or_else(Vec::new, |whose| self.turn_to(whose, cx));
            }
            OutputMsg::Search => self.pane.ask_search(),
            OutputMsg::Save => self.pane.ask_path(&self.file_name(cx)),
            OutputMsg::Typed(input) => return self.take(&input, cx),
            OutputMsg::Line(line) => {
                let node = self.node().cloned();
                let source = Source::of(&self.command, node.as_ref(), cx);
                self.pane.go_to_line(line.saturating_sub(1), &source);
            }
            OutputMsg::Pager(msg) => return self.tell_pager(msg, cx),
        }
        Vec::new()
    }

    fn tell_pager(&mut self, msg: PagerMsg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(list) = self.found.as_mut().filter(|_| !self.opened) {
            let rows = list.rows(&self.command, cx);
            list.tell(msg, &rows);
            return Vec::new();
        }
        let node = self.node().cloned();
        self.pane.tell(msg, &Source::of(&self.command, node.as_ref(), cx))
    }

    fn turn_to(&mut self, whose: Whose, cx: &Cx<'_>) -> Effects<Msg> {
        self.show(whose);
        self.told(cx);
        Vec::new()
    }

    fn take(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
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

    /// Moves, or begins a search.
    pub fn moved(&mut self, msg: ListMsg, cx: &Cx<'_>) -> Effects<Msg> {
        let way = |down: bool| if down { 1 } else { -1 };
        let pager = match msg {
            ListMsg::Filter => return self.update(OutputMsg::Search, cx),
            ListMsg::Step(Step::By(rows)) => PagerMsg::Scroll(rows),
            ListMsg::Step(Step::First) => PagerMsg::First,
            ListMsg::Step(Step::Last) => PagerMsg::Last,
            ListMsg::Half(down) => PagerMsg::HalfPage(way(down)),
            ListMsg::Page(down) => PagerMsg::Page(way(down)),
            ListMsg::Sideways(right) => PagerMsg::Sideways(way(right)),
            // What is not seen must not be marked.
            ListMsg::Mark => PagerMsg::Page(1),
            ListMsg::Faults => PagerMsg::NextError,
            _ => return Vec::new(),
        };
        self.update(OutputMsg::Pager(pager), cx)
    }

    /// To the next hit of the search, or the one before.
    pub fn next(&mut self, forward: bool, cx: &Cx<'_>) -> Effects<Msg> {
        let msg = if forward { PagerMsg::NextHit } else { PagerMsg::PreviousHit };
        self.update(OutputMsg::Pager(msg), cx)
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

    /// A call that it made was answered.
    pub fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let mut effects = self.pane.landed(ticket, &result);
        self.told(cx);
        effects.extend(self.follow_up(cx));
        effects
    }

    /// Brings everything up to date with the mirror.
    pub fn told(&mut self, cx: &Cx<'_>) {
        if self.whose.is_none()
            && let Some(detail) = self.detail(cx)
            && let Some(command) = &detail.command
        {
            // While many answer, one wants to see who does; of a past command one looks at one node after the other.
            let many = command.target_count > 1 && !command.state.is_terminal();
            let first = detail.runs().first().map(|run| Whose::One(run.instance_id.clone()));
            self.whose = if many { Some(Whose::All) } else { first };
        }
        let node = self.node().cloned();
        self.pane.shows(node.clone(), &Source::of(&self.command, node.as_ref(), cx));
    }

    /// It was told, or is seen again: it may ask for more.
    pub fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(node) = self.node().cloned() else { return Vec::new() };
        let source = Source::of(&self.command, Some(&node), cx);
        let mut effects = self.pane.resume(&self.command, &node, &source);
        self.pane.shows(Some(node.clone()), &source);
        effects.extend(self.pane.read(&self.command, &node, &source));
        effects
    }

    /// `Esc`: closes a field, gives up what takes long, goes back to the list of hits, ends a search; says whether there was
    /// something.
    pub fn step_back(&mut self) -> bool {
        if self.pane.leave() {
            return true;
        }
        if self.opened {
            (self.opened, self.whose) = (false, Some(Whose::All));
            return true;
        }
        self.found.take().is_some() || self.pane.stop_search()
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

    pub(super) fn detail<'a>(&self, cx: &Cx<'a>) -> Option<&'a CommandDetail> {
        cx.mirror.command(&self.command)
    }

    /// The output that is shown.
    pub fn shown<'a>(&self, cx: &Cx<'a>) -> Option<&'a Output> {
        match self.node() {
            Some(node) => cx.mirror.output(&self.command, node),
            None => cx.mirror.merged(&self.command),
        }
    }

    /// The node's name, if it is one.
    pub(super) fn name(&self, cx: &Cx<'_>) -> Option<String> {
        Some(name(self.detail(cx), self.node()?, cx).to_owned())
    }

    /// The group that is shown, as it is now, with its place among the others.
    pub(super) fn group<'a>(&self, cx: &Cx<'a>) -> Option<(usize, &'a Group)> {
        let Whose::Group { sample, normal, .. } = self.whose.as_ref()? else { return None };
        let groups = cx.mirror.folded(&self.command, *normal)?.groups();
        groups.iter().enumerate().find(|(_, group)| group.sample == *sample)
    }

    fn whose_words(&self, cx: &Cx<'_>) -> String {
        match self.name(cx) {
            Some(name) => format!("the output of {name}"),
            None => "the output of all nodes".to_owned(),
        }
    }

    fn file_name(&self, cx: &Cx<'_>) -> String {
        let whose = self.name(cx).unwrap_or_else(|| "all".to_owned());
        let id: String = self.command.as_str().chars().take(8).collect();
        format!("{id}-{whose}")
    }

    /// The nodes whose output is saved: those that said something.
    fn saved(&self, cx: &Cx<'_>) -> Vec<(InstanceId, String)> {
        let Some(detail) = self.detail(cx) else { return Vec::new() };
        let here = |node: &InstanceId| self.node().is_none_or(|it| it == node);
        let said = |node: &InstanceId| cx.mirror.output(&self.command, node).is_some_and(|it| !it.is_empty());
        let runs = detail.runs().iter().filter(|run| here(&run.instance_id));
        runs.filter(|run| run.output_end > 0 || said(&run.instance_id))
            .map(|run| (run.instance_id.clone(), detail.name(run).to_owned()))
            .collect()
    }

    /// The node, or the group, beside the one that is shown.
    fn neighbour(&self, forward: bool, cx: &Cx<'_>) -> Option<Whose> {
        let beside = |at: Option<usize>, len: usize| match at {
            Some(at) if forward => (at + 1) % len,
            Some(at) => (at + len - 1) % len,
            None => 0,
        };
        if let Some(Whose::Group { normal, .. }) = &self.whose {
            let groups = cx.mirror.folded(&self.command, *normal)?.groups();
            let at = self.group(cx).map(|(at, _)| at);
            return Some(of_group(groups.get(beside(at, groups.len().max(1)))?, *normal));
        }
        let detail = self.detail(cx)?;
        let at = self.node().and_then(|node| detail.position(node));
        let run = detail.runs().get(beside(at, detail.len().max(1)))?;
        Some(Whose::One(run.instance_id.clone()))
    }

    /// Whose output can be shown.
    fn choices(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let choice = |label: String, detail: String, whose: Whose| Choice {
            detail,
            ..Choice::new(label, Msg::Output(OutputMsg::Show(whose)))
        };
        let mut items = vec![choice("all nodes, merged".to_owned(), String::new(), Whose::All)];
        let normal = match &self.whose {
            Some(Whose::Group { normal, .. }) => *normal,
            _ => Normal::default(),
        };
        for group in cx.mirror.folded(&self.command, normal).map_or(&[][..], |folded| folded.groups()) {
            let nodes = words::count(group.count.into(), "node");
            items.push(choice(
                format!("{nodes} like {}", group.names.join(", ")),
                String::new(),
                of_group(group, normal),
            ));
        }
        if let Some(detail) = self.detail(cx) {
            let one = |run: &pilothouse_api::topics::InvocationView| {
                let said = crate::times::bytes(run.output_end);
                choice(detail.name(run).to_owned(), said, Whose::One(run.instance_id.clone()))
            };
            items.extend(detail.runs().iter().take(OFFERED).map(one));
        }
        Effect::Pick { title: "Output of".to_owned(), items }
    }
}

fn of_group(group: &Group, normal: Normal) -> Whose {
    Whose::Group { sample: group.sample.clone(), count: group.count, normal }
}
