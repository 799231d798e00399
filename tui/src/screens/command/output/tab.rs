//! The output as a tab of the room: whose it is, and what the frame asks of it.
//!
//! In: what the frame passes on (keys, answers under tickets from [`TICKETS`] on, the mirror). Out: effects, cells.
//! Never here: other tabs.

use pilothouse_api::protocol::{CommandId, InstanceId};
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use pilothouse_kit::pager::PagerMsg;

use super::super::keys::Msg;
use super::found::FoundList;
use super::lines::Source;
use super::reading::WHOLE;
use super::whose::Whose;
use super::{OutputMsg, Pane};
use crate::effect::{CallError, Effects, Reply, Ticket};
use crate::mirror::{CommandDetail, Output};
use crate::screen::{Cx, Input};
use crate::screens::rows::{ListMsg, Step};

/// Answers under tickets from here on are the output's.
pub const TICKETS: u32 = 1 << 30;

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
    pub(super) opened: bool,
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
}
