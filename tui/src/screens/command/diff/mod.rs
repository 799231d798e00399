//! What one says beside what another says: a group or a node compared with what most say, or with a chosen one.
//!
//! In: which two, the server's answer. Out: a request, asked again while those who are compared may say more; rows and cells.
//! Never here: whole outputs, comparing: that the server does, for outputs of any length.

mod rows;
mod view;
mod way;

use std::cell::Cell;

use pilothouse_api::folding::{DiffKind, DiffOutput, DiffOutputResult, Normal, Side};
use pilothouse_api::protocol::{CommandId, InstanceId, Millis};

use super::keys::Msg;
use super::summary::{Summary, ignored};
use crate::asked::Asked;
use crate::effect::{CallError, Choice, Effect, Effects, Level, Reply, Request, Ticket};
use crate::screen::Cx;
use crate::words;
use rows::{Row, rows};

/// Answers under tickets from here on, and below those of the output, are the comparison's.
pub(super) const TICKETS: u32 = 1 << 29;
/// A comparison of what may still grow is made anew so often, in milliseconds.
const AGAIN: i64 = 1_500;
/// The most groups that one can choose from.
const CHOICES: usize = 30;
/// So many cells sideways are a step.
const STEP: usize = 8;

/// What the comparison hears.
#[derive(Clone, Debug, PartialEq)]
pub enum DiffTabMsg {
    /// Choose with what it is compared.
    Base,
    /// Compare with this.
    With(Side),
    /// Side by side, or one below the other.
    Beside,
    /// To the next change, or the one before.
    Change(bool),
}

/// The tab.
#[derive(Clone, Debug)]
pub struct DiffTab {
    command: CommandId,
    /// What it should be like.
    left: Side,
    /// What it is like; until it is chosen, nobody knows.
    right: Option<Side>,
    normal: Normal,
    answer: Asked<DiffOutputResult>,
    asked_at: Millis,
    next: u32,
    /// How it is shown, if that was said; else by the width.
    beside: Option<bool>,
    rows: Vec<Row>,
    pairs: Vec<Row>,
    /// As it was drawn last.
    is_beside: Cell<bool>,
    top: Cell<usize>,
    height: Cell<usize>,
    left_cells: usize,
}

/// A node as one side of a comparison.
pub(super) fn node_side(node: InstanceId) -> Side {
    Side::Node(node.to_string())
}

impl DiffTab {
    pub(super) fn new(command: CommandId, node: Option<InstanceId>) -> Self {
        Self {
            command,
            left: Side::Majority,
            right: node.map(node_side),
            normal: Normal::default(),
            answer: Asked::default(),
            asked_at: Millis(0),
            next: TICKETS,
            beside: None,
            rows: Vec::new(),
            pairs: Vec::new(),
            is_beside: Cell::new(false),
            top: Cell::new(0),
            height: Cell::new(1),
            left_cells: 0,
        }
    }

    /// Whether it was chosen what is compared.
    pub(super) fn is_begun(&self) -> bool {
        self.right.is_some()
    }

    /// The node whose output is on the right side.
    pub(super) fn node(&self) -> Option<InstanceId> {
        match (&self.right, self.answer.value()) {
            (Some(Side::Node(id)), _) => id.parse().ok(),
            (_, Some(answer)) => answer.right.instance_id.parse().ok(),
            _ => None,
        }
    }

    /// Compares this with what most say; nothing is: what differs most from that.
    pub(super) fn compare(&mut self, right: Option<Side>, summary: &Summary, cx: &Cx<'_>) -> Effects<Msg> {
        let outlier = || {
            let folded = summary.folded(cx)?;
            let majority = folded.majority()?;
            let others = || folded.groups().iter().filter(|it| it.began && it.id != majority.id);
            let group = others().find(|it| it.outlier).or_else(|| others().next())?;
            Some(Side::Group(group.id.clone()))
        };
        self.normal = summary.normal;
        self.left = Side::Majority;
        self.right = right.or_else(outlier).or(self.right.take());
        self.forget();
        self.ask(cx).into_iter().collect()
    }

    fn forget(&mut self) {
        self.answer = Asked::default();
        (self.rows, self.pairs) = (Vec::new(), Vec::new());
        self.top.set(0);
        self.left_cells = 0;
    }

    fn ask(&mut self, cx: &Cx<'_>) -> Option<Effect<Msg>> {
        let right = self.right.clone()?;
        self.next += 1;
        self.asked_at = cx.now;
        self.answer.ask(self.next);
        let request = DiffOutput {
            command_id: self.command.to_string(),
            normal: self.normal,
            left: self.left.clone(),
            right,
            context: None,
        };
        Some(Effect::Call(Ticket(self.next), Request::DiffOutput(request)))
    }

    pub(super) fn told(&mut self, _cx: &Cx<'_>) {}

    /// Asks when it was never asked, and again while those who are compared may say more.
    pub(super) fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let due = self.wakes_at().is_some_and(|at| at <= cx.now);
        if self.is_begun() && (self.answer.is_new() || due) {
            return self.ask(cx).into_iter().collect();
        }
        Vec::new()
    }

    /// When it is asked again.
    pub(super) fn wakes_at(&self) -> Option<Millis> {
        let answer = self.answer.value()?;
        let grows = !answer.left.is_over || !answer.right.is_over;
        (grows && !self.answer.is_under_way()).then(|| Millis(self.asked_at.0 + AGAIN))
    }

    pub(super) fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        self.ask(cx).into_iter().collect()
    }

    pub(super) fn landed(
        &mut self,
        ticket: u32,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        let answer = match &result {
            Ok(Reply::DiffOutput(answer)) => Ok(answer.clone()),
            Ok(_) => return Vec::new(),
            Err(error) => Err(error),
        };
        if self.answer.take(ticket, answer, cx.now) {
            let lines = self.answer.value().map_or(&[][..], |answer| &answer.lines[..]);
            self.rows = rows(lines, false);
            self.pairs = rows(lines, true);
            self.top.set(self.top.get().min(self.last_top()));
        }
        Vec::new()
    }

    pub(super) fn hear(&mut self, msg: DiffTabMsg, summary: &Summary, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            DiffTabMsg::Base => return vec![self.ask_with_what(summary, cx)],
            DiffTabMsg::With(side) => {
                self.left = side;
                self.forget();
                return self.ask(cx).into_iter().collect();
            }
            DiffTabMsg::Beside => self.beside = Some(!self.is_beside.get()),
            DiffTabMsg::Change(forward) => {
                if !self.go_to_change(forward) {
                    let end = if forward { "no change further down" } else { "no change further up" };
                    return vec![Effect::Toast(Level::Info, end.to_owned())];
                }
            }
        }
        Vec::new()
    }

    /// With what it may be compared: what most say, any group, the node that it was compared with last.
    fn ask_with_what(&self, summary: &Summary, cx: &Cx<'_>) -> Effect<Msg> {
        let with = |side| Msg::Diff(DiffTabMsg::With(side));
        let folded = summary.folded(cx);
        let majority = folded.and_then(|folded| folded.majority());
        let mut items = vec![Choice {
            detail: majority.map_or_else(String::new, |group| words::count(group.count.into(), "node")),
            ..Choice::new("what most nodes say", with(Side::Majority))
        }];
        let groups = folded.map_or(&[][..], |folded| folded.groups()).iter();
        items.extend(groups.filter(|group| group.began).take(CHOICES).map(|group| Choice {
            detail: words::count(group.count.into(), "node"),
            ..Choice::new(
                format!("what {} says", group.names.first().map_or("", String::as_str)),
                with(Side::Group(group.id.clone())),
            )
        }));
        let runs = cx.mirror.command(&self.command).map_or(&[][..], |detail| detail.runs()).iter();
        let detail = cx.mirror.command(&self.command);
        items.extend(runs.filter(|run| run.output_end > 0).take(CHOICES).map(|run| Choice {
            detail: "this node alone".to_owned(),
            ..Choice::new(
                detail.map_or(run.node_name.as_str(), |detail| detail.name(run)),
                with(node_side(run.instance_id.clone())),
            )
        }));
        Effect::Pick { title: "Compare with".to_owned(), items }
    }

    /// `Esc`: compares with what most say again; says whether it was something else.
    pub(super) fn step_back(&mut self) -> bool {
        if self.left == Side::Majority || self.right.is_none() {
            return false;
        }
        self.left = Side::Majority;
        self.forget();
        true
    }

    /// The comparison as text, as `diff` writes it.
    pub(super) fn text(&self) -> Option<String> {
        let answer = self.answer.value()?;
        let mut text = format!("--- {}\n+++ {}\n", answer.left.title, answer.right.title);
        for line in &answer.lines {
            text.push(match line.kind {
                DiffKind::Same => ' ',
                DiffKind::Added => '+',
                DiffKind::Removed => '-',
            });
            text.push_str(&pilothouse_kit::safe::visible(&line.text));
            text.push('\n');
        }
        Some(text)
    }

    /// What is ignored, in words.
    fn ignored(&self) -> String {
        ignored(self.normal)
    }
}
