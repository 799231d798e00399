//! The runs of a command as rows of a list: a row per node, and below them what is known of the one under the cursor.
//!
//! In: the command's runs by position. Out: what the list asks of them (order, filter, faults), the cells of a row, what `!` makes
//! of the order.
//! Never here: cursor and marks, what is shown: those are the list's.

mod view;

use std::cmp::Ordering;

use pilothouse_api::protocol::{CommandId, InstanceId, InvocationState, Millis};
use pilothouse_api::topics::{InvocationView, NodeView};
use pilothouse_kit::table::{Align, Cell, Column, Width};
use pilothouse_kit::theme::{Role, Symbols};

use crate::look;
use crate::mirror::{CommandDetail, Mirror};
use crate::screen::Cx;
use crate::screens::command::progress::BAR;
use crate::screens::command::why::{is_alarm, why};
use crate::screens::rows::{Fields, List, Rows, natural};
use crate::times;

pub(super) use view::empty;

/// Numbers of the columns by which the list can be sorted.
pub const NODE: usize = 0;
const STATE: usize = 1;
const EXIT: usize = 2;
const TIME: usize = 3;
const BYTES: usize = 4;
const SAID: usize = 5;
/// Not a column: when it was begun.
pub const BEGUN: usize = 6;

/// The columns, from left to right.
pub const COLUMNS: [Column<'static>; 6] = [
    Column { title: "node", width: Width::Flex { min: 17, weight: 1 }, align: Align::Left, pinned: true },
    Column { title: "state", width: Width::Fixed(16), align: Align::Left, pinned: false },
    Column { title: "exit", width: Width::Fixed(5), align: Align::Right, pinned: false },
    Column { title: "time", width: Width::Fixed(9), align: Align::Right, pinned: false },
    Column { title: "output", width: Width::Fixed(9), align: Align::Right, pinned: false },
    Column { title: "says", width: Width::Flex { min: 16, weight: 4 }, align: Align::Left, pinned: false },
];

/// Narrower than this, the size of the output gives its room to what the run says.
const NARROW: u16 = 100;

/// Numbers of the columns that are shown; scrolled sideways, all are in reach.
#[must_use]
pub fn shown(width: u16, scrolled: bool) -> &'static [usize] {
    if width < NARROW && !scrolled {
        &[NODE, STATE, EXIT, TIME, SAID]
    } else {
        &[NODE, STATE, EXIT, TIME, BYTES, SAID]
    }
}

/// The runs, with the fleet that they run on.
#[derive(Clone, Copy)]
pub struct Runs<'a> {
    /// The command.
    pub detail: &'a CommandDetail,
    /// For what is known of the nodes.
    pub mirror: &'a Mirror,
    /// For the words of states.
    pub symbols: &'static Symbols,
    /// For runs that are still going on.
    pub now: Millis,
}

/// What the filter may ask of a run.
struct Run<'a> {
    run: &'a InvocationView,
    word: &'static str,
    node: Option<&'a NodeView>,
}

impl<'a> Runs<'a> {
    /// The runs of a command, once it was told of.
    #[must_use]
    pub fn of(id: &CommandId, cx: &Cx<'a>) -> Option<Self> {
        let detail = cx.mirror.command(id)?;
        Some(Self { detail, mirror: cx.mirror, symbols: cx.theme.symbols(), now: cx.now })
    }

    fn run(&self, at: usize) -> &InvocationView {
        &self.detail.runs()[at]
    }
}

impl Rows for Runs<'_> {
    type Key = InstanceId;

    fn generation(&self) -> u64 {
        self.detail.generation()
    }

    fn len(&self) -> usize {
        self.detail.len()
    }

    fn key(&self, at: usize) -> InstanceId {
        self.run(at).instance_id.clone()
    }

    fn position(&self, key: &InstanceId) -> Option<usize> {
        self.detail.position(key)
    }

    fn fields(&self, at: usize) -> impl Fields {
        let run = self.run(at);
        let word = look::invocation(run.state, self.symbols).word;
        Run { run, word, node: self.mirror.nodes.get(&run.instance_id) }
    }

    fn is_fault(&self, at: usize) -> bool {
        is_fault(self.run(at))
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (a, b) = (self.run(a), self.run(b));
        let order = match column {
            STATE => urgency(a).cmp(&urgency(b)),
            BEGUN => begun(a).cmp(&begun(b)),
            EXIT => a.exit_code.cmp(&b.exit_code),
            TIME => duration(a, self.now).cmp(&duration(b, self.now)),
            BYTES => a.output_end.cmp(&b.output_end),
            SAID => a.message.cmp(&b.message),
            _ => Ordering::Equal,
        };
        order
            .then_with(|| natural(&a.node_name, &b.node_name))
            .then_with(|| a.instance_id.cmp(&b.instance_id))
    }

    fn sorts(&self) -> Vec<(usize, String)> {
        let title = |at: usize| match at {
            STATE => "state: what went wrong first".to_owned(),
            BEGUN => "begun: first come, first".to_owned(),
            _ => COLUMNS[at].title.to_owned(),
        };
        (0..=BEGUN).map(|at| (at, title(at))).collect()
    }
}

impl Fields for Run<'_> {
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        look(&self.run.node_name)
            || look(self.run.instance_id.as_str())
            || look(self.run.state.as_str())
            || look(self.word)
            || look(&self.run.message)
    }

    fn name(&self) -> &str {
        &self.run.node_name
    }

    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        Some(match name {
            "node" | "name" => look(&self.run.node_name),
            "id" => look(self.run.instance_id.as_str()),
            "state" | "status" => look(self.run.state.as_str()) || look(self.word),
            "exit" => self.run.exit_code.is_some_and(|code| look(&code.to_string())),
            "says" | "message" => look(&self.run.message),
            "os" | "platform" => self.node.is_some_and(|node| look(&node.platform_name)),
            _ => return None,
        })
    }

    fn tag(&self, key: &str) -> Option<&str> {
        self.node?.tags.get(key).map(String::as_str)
    }

    fn environment(&self) -> Option<&str> {
        look::env_of(self.node?)
    }
}

/// Whether it is over and did not end well, or left something alive that it should not have.
fn is_fault(run: &InvocationView) -> bool {
    is_alarm(run) || (run.state.is_terminal() && run.state != InvocationState::Success)
}

/// What is an alarm, then what went wrong, what ended well last: as states stand in the bar, but for success.
fn urgency(run: &InvocationView) -> usize {
    if is_alarm(run) {
        return 0;
    }
    let at = BAR.iter().position(|it| *it == run.state).unwrap_or(0);
    if at == 0 { BAR.len() } else { at }
}

/// When it was begun; what was not, last.
fn begun(run: &InvocationView) -> (bool, Option<Millis>) {
    (run.started_at.is_none(), run.started_at)
}

/// What `!` makes of the list, one press after the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// As the user sorts it.
    #[default]
    Chosen,
    /// What went wrong on top; before, it was sorted so.
    WrongFirst((usize, bool)),
    /// Only what went wrong; before, it was sorted so.
    OnlyWrong((usize, bool)),
}

impl Order {
    /// Goes on to the next.
    pub fn next(&mut self, list: &mut List<InstanceId>) {
        *self = match *self {
            Self::Chosen => {
                let before = std::mem::replace(&mut list.sort, (STATE, false));
                // What is on top is what one wants to see.
                list.held = false;
                Self::WrongFirst(before)
            }
            Self::WrongFirst(before) => {
                list.faults = true;
                Self::OnlyWrong(before)
            }
            Self::OnlyWrong(before) => {
                (list.faults, list.sort) = (false, before);
                Self::Chosen
            }
        };
    }

    /// Goes back to how it was sorted, and says whether it was otherwise.
    pub fn step_back(&mut self, list: &mut List<InstanceId>) -> bool {
        match std::mem::take(self) {
            Self::Chosen => false,
            Self::WrongFirst(before) | Self::OnlyWrong(before) => {
                (list.faults, list.sort) = (false, before);
                true
            }
        }
    }
}

/// How long it has been running, or ran, in milliseconds; nothing before it began.
fn duration(run: &InvocationView, now: Millis) -> Option<i64> {
    Some(run.finished_at.unwrap_or(now).since(run.started_at?).max(0))
}

/// The cells of a run, in the order of [`COLUMNS`].
#[must_use]
pub fn cells<'a>(run: &'a InvocationView, detail: &'a CommandDetail, cx: &Cx<'a>) -> Vec<Cell<'a>> {
    let look = look::invocation(run.state, cx.theme.symbols());
    let node = cx.mirror.nodes.get(&run.instance_id);
    let says = match &detail.command {
        Some(command) => why(run, command, node, cx.now),
        None => run.message.clone(),
    };
    let exit = run.exit_code.map_or_else(String::new, |code| code.to_string());
    let exit_role = if run.exit_code.is_some_and(|code| code != 0) { Role::Bad } else { Role::TextMuted };
    vec![
        Cell::new(detail.name(run)),
        Cell::of(look.role, look.text()),
        Cell::of(exit_role, exit),
        Cell::new(duration(run, cx.now).map_or_else(String::new, times::span)),
        Cell::of(
            Role::TextMuted,
            if run.output_end > 0 { times::bytes(run.output_end) } else { String::new() },
        ),
        Cell::of(said_role(run), says),
    ]
}

fn said_role(run: &InvocationView) -> Role {
    match run.state {
        _ if is_alarm(run) => Role::Bad,
        InvocationState::Success => Role::TextMuted,
        _ if run.progress.as_ref().is_some_and(|progress| progress.waits_for.is_some()) => Role::Warn,
        _ => Role::Text,
    }
}
