//! What the room does when it is told something: its own words here, those of a tab in the tab.

use super::diff::DiffTabMsg;
use super::keys::Msg;
use super::nodes::Runs;
use super::output::Whose;
use super::state::Command;
use super::summary::Groups;
use crate::effect::{Effect, Effects, Level};
use crate::route::{CommandTab, Route};
use crate::screen::Cx;
use crate::screens::rows::ListMsg;

impl Command {
    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        let effects = self.obey(msg, cx);
        self.refresh(cx);
        effects
    }

    fn obey(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            Msg::Tab(tab) => return self.show(tab, cx),
            Msg::Turn(right) => return self.turn(right, cx),
            Msg::Move(msg) => return self.moved(msg, cx),
            Msg::Next(forward) => return self.next(forward, cx),
            Msg::Enter => return self.enter(cx),
            Msg::Compare => return self.compare(cx),
            Msg::Describe => {
                return self.node(cx).map(|node| Effect::Open(Route::Node(node))).into_iter().collect();
            }
            Msg::Output(msg) => {
                self.tab = Some(CommandTab::Output);
                return self.output.update(msg, cx);
            }
            Msg::Diff(msg) => return self.diff.hear(msg, &self.summary, cx),
            Msg::Zoom => self.zoom = !self.zoom,
            Msg::Ignore => return vec![self.summary.ask_what_to_ignore()],
            Msg::Ignored(what) => self.summary.ignore(what),
            Msg::Pause | Msg::Faster(_) | Msg::Limits | Msg::Typed(_) | Msg::Limited(_) => {
                return self.hear_of_rates(msg, cx);
            }
            Msg::Stop => return vec![self.stop_menu(cx)],
            Msg::Abort => return vec![self.ask_to_abort(cx)],
            Msg::Aborted => return self.abort(),
            Msg::Cancel(nodes) => return vec![self.ask_to_cancel(&nodes, cx)],
            Msg::Cancelled(nodes) => return self.cancel(&nodes),
            Msg::Again => return vec![self.again_menu(cx)],
            Msg::RunOn(again) => return self.run_on(again, cx),
            Msg::Copy => return vec![self.copy_menu(cx)],
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
            Msg::CopyOutput => return vec![self.output.copy(cx)],
            Msg::Actions => return vec![self.actions_menu(cx)],
        }
        Vec::new()
    }

    /// Shows a tab: about what the cursor was on, where it is about one thing.
    fn show(&mut self, tab: CommandTab, cx: &Cx<'_>) -> Effects<Msg> {
        if tab == CommandTab::Diff && self.tab() != CommandTab::Diff && !self.diff.is_begun() {
            return self.compare(cx);
        }
        self.tab = Some(tab);
        Vec::new()
    }

    fn turn(&mut self, right: bool, cx: &Cx<'_>) -> Effects<Msg> {
        let all = CommandTab::ALL;
        let at = all.iter().position(|tab| *tab == self.tab()).unwrap_or(0);
        let step = if right { 1 } else { all.len() - 1 };
        self.show(all[(at + step) % all.len()], cx)
    }

    /// What moves belongs to the tab that is shown.
    fn moved(&mut self, msg: ListMsg, cx: &Cx<'_>) -> Effects<Msg> {
        match self.tab() {
            CommandTab::Summary => match Groups::of(&self.summary, cx) {
                Some(rows) => self.summary.list.update(msg, &rows, Msg::Move),
                None => Vec::new(),
            },
            CommandTab::Nodes => match Runs::of(&self.id, cx) {
                Some(rows) if msg == ListMsg::Faults => {
                    self.order.next(&mut self.list);
                    self.list.refresh(&rows);
                    Vec::new()
                }
                Some(rows) => self.list.update(msg, &rows, Msg::Move),
                None => Vec::new(),
            },
            CommandTab::Output => self.output.moved(msg, cx),
            CommandTab::Diff => {
                self.diff.moved(&msg);
                Vec::new()
            }
            CommandTab::Timeline => match Runs::of(&self.id, cx) {
                Some(rows) => self.timeline.list.update(msg, &rows, Msg::Move),
                None => Vec::new(),
            },
        }
    }

    fn next(&mut self, forward: bool, cx: &Cx<'_>) -> Effects<Msg> {
        match self.tab() {
            CommandTab::Output => self.output.next(forward, cx),
            CommandTab::Diff => self.diff.hear(DiffTabMsg::Change(forward), &self.summary, cx),
            _ => vec![Effect::Toast(
                Level::Info,
                "there are hits in the output, and changes in the diff".to_owned(),
            )],
        }
    }

    /// From a group or a node to what it says.
    fn enter(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let whose = match self.tab() {
            CommandTab::Output => return self.output.enter(cx),
            CommandTab::Summary => self.summary.on(cx).map(|group| Whose::Group {
                sample: group.sample.clone(),
                count: group.count,
                normal: self.summary.normal,
            }),
            _ => self.node(cx).map(Whose::One),
        };
        if let Some(whose) = whose {
            self.output.show(whose);
            self.tab = Some(CommandTab::Output);
        }
        Vec::new()
    }

    /// Compares what the cursor is on with what most nodes say.
    fn compare(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let side = match self.tab() {
            CommandTab::Summary => self.summary.side(cx),
            CommandTab::Diff => None,
            _ => self.node(cx).map(super::diff::node_side),
        };
        self.tab = Some(CommandTab::Diff);
        self.diff.compare(side, &self.summary, cx)
    }
}
