//! What the nodes say, folded, live: nodes that say the same are a row, outliers on top.
//!
//! In: the command's groups as the mirror has them. Out: rows of a list, what is ignored when outputs are compared, cells.
//! Never here: whole outputs.

mod view;

use std::cmp::Ordering;

use pilothouse_api::folding::{Group, Normal, Side};
use pilothouse_api::protocol::{CommandId, InvocationState};
use pilothouse_api::topics::Topic;

use super::keys::Msg;
use crate::effect::{Choice, Effect};
use crate::mirror::Folded;
use crate::screen::Cx;
use crate::screens::rows::{Fields, List, Rows};

const GROUP: usize = 0;
const LINES: usize = 3;

/// Something that may be ignored when outputs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ignored {
    /// Dates and times of day.
    Timestamps,
    /// The node's own names, addresses and id.
    HostNames,
    /// Numbers, and how many blanks stand between words.
    Numbers,
}

impl Ignored {
    const ALL: [Self; 3] = [Self::Timestamps, Self::HostNames, Self::Numbers];

    const fn word(self) -> &'static str {
        match self {
            Self::Timestamps => "dates and times",
            Self::HostNames => "host names and addresses",
            Self::Numbers => "numbers",
        }
    }

    const fn of(self, normal: &mut Normal) -> &mut bool {
        match self {
            Self::Timestamps => &mut normal.timestamps,
            Self::HostNames => &mut normal.host_names,
            Self::Numbers => &mut normal.numbers,
        }
    }
}

/// What is ignored, in words; empty if nothing is.
pub(super) fn ignored(mut normal: Normal) -> String {
    let words = Ignored::ALL.into_iter().filter(|what| *what.of(&mut normal)).map(Ignored::word);
    words.collect::<Vec<_>>().join(", ")
}

/// The tab.
#[derive(Clone, Debug)]
pub struct Summary {
    pub(super) command: CommandId,
    /// What is ignored when outputs are compared.
    pub normal: Normal,
    /// The groups, by their ids.
    pub list: List<String>,
}

impl Summary {
    pub(super) fn new(command: CommandId) -> Self {
        let mut list = List::new((GROUP, false), "");
        list.hint = "what it says, a node's name, state:failed, exit:127";
        Self { command, normal: Normal::default(), list }
    }

    pub(super) fn wants(&self) -> Option<Topic> {
        Some(Topic::Groups { command_id: self.command.clone(), normal: self.normal, after: 0 })
    }

    pub(super) fn folded<'a>(&self, cx: &Cx<'a>) -> Option<&'a Folded> {
        cx.mirror.folded(&self.command, self.normal)
    }

    /// The group under the cursor.
    pub(super) fn on<'a>(&self, cx: &Cx<'a>) -> Option<&'a Group> {
        self.folded(cx)?.group(&self.list.on()?)
    }

    /// What the group under the cursor is compared as: the majority itself is what others are compared with.
    pub(super) fn side(&self, cx: &Cx<'_>) -> Option<Side> {
        let majority = self.folded(cx).and_then(Folded::majority).map(|group| &group.id);
        let group = self.on(cx).filter(|group| Some(&group.id) != majority)?;
        Some(Side::Group(group.id.clone()))
    }

    pub(super) fn told(&mut self, cx: &Cx<'_>) {
        if let Some(rows) = Groups::of(self, cx) {
            self.list.refresh(&rows);
        }
    }

    /// What is to be ignored.
    pub(super) fn ask_what_to_ignore(&self) -> Effect<Msg> {
        let item = |what: Ignored| {
            let detail = if *what.of(&mut self.normal.clone()) { "ignored now" } else { "compared now" };
            Choice { detail: detail.to_owned(), ..Choice::new(what.word(), Msg::Ignored(what)) }
        };
        Effect::Pick {
            title: "Ignore when outputs are compared".to_owned(),
            items: Ignored::ALL.map(item).into(),
        }
    }

    /// Ignores something, or does not any more.
    pub(super) fn ignore(&mut self, what: Ignored) {
        let flag = what.of(&mut self.normal);
        *flag = !*flag;
        self.list.held = false;
    }
}

/// The groups as rows.
pub(super) struct Groups<'a> {
    folded: &'a Folded,
}

impl<'a> Groups<'a> {
    pub(super) fn of(summary: &Summary, cx: &Cx<'a>) -> Option<Self> {
        Some(Self { folded: summary.folded(cx)? })
    }

    fn group(&self, at: usize) -> &Group {
        &self.folded.groups()[at]
    }
}

struct Said<'a>(&'a Group);

impl Rows for Groups<'_> {
    type Key = String;

    fn generation(&self) -> u64 {
        self.folded.generation()
    }

    fn len(&self) -> usize {
        self.folded.groups().len()
    }

    fn key(&self, at: usize) -> String {
        self.group(at).id.clone()
    }

    fn position(&self, key: &String) -> Option<usize> {
        self.folded.groups().iter().position(|group| group.id == *key)
    }

    fn fields(&self, at: usize) -> impl Fields {
        Said(self.group(at))
    }

    fn is_fault(&self, at: usize) -> bool {
        is_bad(self.group(at))
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (one, other) = (self.group(a), self.group(b));
        let order = match column {
            GROUP => rank(one).cmp(&rank(other)),
            LINES => other.lines.cmp(&one.lines),
            _ => Ordering::Equal,
        };
        order.then_with(|| other.count.cmp(&one.count)).then_with(|| a.cmp(&b))
    }

    fn sorts(&self) -> Vec<(usize, String)> {
        vec![
            (GROUP, "outliers first".to_owned()),
            (1, "the largest first".to_owned()),
            (LINES, "the longest first".to_owned()),
        ]
    }
}

impl Fields for Said<'_> {
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        self.0.names.iter().any(|name| look(name)) || look(&String::from_utf8_lossy(&self.0.preview))
    }

    fn name(&self) -> &str {
        self.0.names.first().map_or("", String::as_str)
    }

    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        Some(match name {
            "state" | "status" => self.0.ended.keys().any(|state| look(state.as_str())),
            "exit" => self.0.exit_codes.iter().any(|(code, _)| look(&code.to_string())),
            "node" | "name" => self.0.names.iter().any(|name| look(name)),
            _ => return None,
        })
    }

    fn tag(&self, _key: &str) -> Option<&str> {
        None
    }

    fn environment(&self) -> Option<&str> {
        None
    }
}

/// Where it stands: what differs from most, then what went wrong, then what was never begun.
fn rank(group: &Group) -> u8 {
    match (group.outlier, is_bad(group), group.began) {
        (_, _, false) => 3,
        (true, true, true) => 0,
        (true, false, true) => 1,
        (false, true, true) => 2,
        (false, false, true) => 4,
    }
}

/// Whether some of it ended otherwise than well.
fn is_bad(group: &Group) -> bool {
    group.ended.iter().any(|(state, nodes)| *nodes > 0 && *state != InvocationState::Success)
}
