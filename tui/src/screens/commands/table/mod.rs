//! The history as rows of a list: a row per command.
//!
//! In: the commands that the mirror is told of, then those that the server found besides, by position. Out: what the list asks of them (order, filter, faults), and the cells of a row.
//! Never here: the cursor, what is shown: those are the list's.

use std::cmp::Ordering;

use pilothouse_api::commands::CommandState;
use pilothouse_api::protocol::{CommandId, InvocationState};
use pilothouse_api::topics::CommandView;
use pilothouse_kit::table::{Align, Cell, Column, Width};
use pilothouse_kit::theme::{Role, Symbols};

use super::older::Older;
use crate::look;
use crate::mirror::Mirror;
use crate::screen::Cx;
use crate::screens::rows::{Fields, Rows, natural};
use crate::{times, words};

/// Numbers of the columns by which the list can be sorted.
pub const WHEN: usize = 0;
const STATE: usize = 1;
const DONE: usize = 2;
const SCRIPT: usize = 3;
const TARGETS: usize = 4;
const WHO: usize = 5;
const TOOK: usize = 6;
const DOCUMENT: usize = 7;

/// The columns, from left to right.
pub const COLUMNS: [Column<'static>; 8] = [
    Column { title: "when", width: Width::Fixed(12), align: Align::Left, pinned: true },
    Column { title: "state", width: Width::Fixed(15), align: Align::Left, pinned: false },
    Column { title: "done", width: Width::Fixed(12), align: Align::Right, pinned: false },
    Column { title: "script", width: Width::Flex { min: 14, weight: 5 }, align: Align::Left, pinned: false },
    Column { title: "targets", width: Width::Flex { min: 12, weight: 3 }, align: Align::Left, pinned: false },
    Column { title: "who", width: Width::Fixed(9), align: Align::Left, pinned: false },
    Column { title: "took", width: Width::Fixed(9), align: Align::Right, pinned: false },
    Column { title: "document", width: Width::Fixed(19), align: Align::Left, pinned: false },
];

/// Narrower than this, only what a command does and how it went is shown.
const NARROW: u16 = 100;
/// From this width on, all columns are shown.
const WIDE: u16 = 150;

/// Numbers of the columns that are shown; scrolled sideways, all are in reach.
#[must_use]
pub fn shown(width: u16, scrolled: bool) -> &'static [usize] {
    match width {
        ..NARROW if !scrolled => &[WHEN, STATE, DONE, SCRIPT, TARGETS],
        ..WIDE if !scrolled => &[WHEN, STATE, DONE, SCRIPT, TARGETS, WHO, TOOK],
        _ => &[WHEN, STATE, DONE, SCRIPT, TARGETS, WHO, TOOK, DOCUMENT],
    }
}

/// The commands.
#[derive(Clone, Copy)]
pub struct History<'a> {
    mirror: &'a Mirror,
    older: &'a Older,
    generation: u64,
    symbols: &'static Symbols,
}

/// What the filter may ask of a command.
struct Row<'a> {
    command: &'a CommandView,
    word: &'static str,
    script: String,
    targets: String,
    /// The server says that it went where the filter asks for.
    went_there: bool,
}

impl<'a> History<'a> {
    /// The commands that are known.
    #[must_use]
    pub fn of(older: &'a Older, generation: u64, cx: &Cx<'a>) -> Self {
        Self { mirror: cx.mirror, older, generation, symbols: cx.theme.symbols() }
    }

    /// The one at this position.
    #[must_use]
    pub fn command(&self, at: usize) -> Option<&'a CommandView> {
        match at.checked_sub(self.mirror.commands.len()) {
            None => self.mirror.commands.nth(at),
            Some(at) => self.older.commands.get(at),
        }
    }
}

impl Rows for History<'_> {
    type Key = CommandId;

    fn generation(&self) -> u64 {
        self.generation
    }

    fn len(&self) -> usize {
        self.mirror.commands.len() + self.older.commands.len()
    }

    fn key(&self, at: usize) -> CommandId {
        match at.checked_sub(self.mirror.commands.len()) {
            None => self.mirror.commands.ids()[at].clone(),
            Some(at) => self.older.commands[at].command_id.clone(),
        }
    }

    fn position(&self, key: &CommandId) -> Option<usize> {
        let beyond = || Some(self.older.position(key)? + self.mirror.commands.len());
        self.mirror.commands.position(key).or_else(beyond)
    }

    fn fields(&self, at: usize) -> impl Fields {
        self.command(at).map(|command| Row {
            command,
            word: look::command(command.state, self.symbols).word,
            script: words::script(command).unwrap_or_default(),
            targets: targets(command, self.mirror),
            went_there: self.older.went_there(&command.command_id),
        })
    }

    fn is_fault(&self, at: usize) -> bool {
        self.command(at).is_some_and(is_fault)
    }

    fn compare(&self, column: usize, a: usize, b: usize) -> Ordering {
        let (Some(a), Some(b)) = (self.command(a), self.command(b)) else { return Ordering::Equal };
        let order = match column {
            STATE => a.state.cmp(&b.state),
            DONE => a.target_count.cmp(&b.target_count),
            SCRIPT => natural(&words::first_line(a), &words::first_line(b)),
            TARGETS => natural(&targets(a, self.mirror), &targets(b, self.mirror)),
            WHO => natural(&a.requested_by, &b.requested_by),
            DOCUMENT => natural(&a.document_name, &b.document_name),
            _ => Ordering::Equal,
        };
        order.then_with(|| (a.requested_at, &a.command_id).cmp(&(b.requested_at, &b.command_id)))
    }

    fn sorts(&self) -> Vec<(usize, String)> {
        let columns = [WHEN, STATE, DONE, SCRIPT, TARGETS, WHO, DOCUMENT];
        let title = |at: usize| if at == DONE { "number of nodes" } else { COLUMNS[at].title };
        columns.map(|at| (at, title(at).to_owned())).into()
    }
}

impl Fields for Option<Row<'_>> {
    fn any(&self, look: &mut dyn FnMut(&str) -> bool) -> bool {
        let Some(Row { command, word, script, targets, .. }) = self else { return false };
        look(script)
            || look(targets)
            || look(word)
            || look(&command.comment)
            || look(&command.requested_by)
            || look(&command.document_name)
            || look(command.command_id.as_str())
    }

    fn name(&self) -> &str {
        self.as_ref().map_or("", |row| &row.script)
    }

    fn column(&self, name: &str, look: &mut dyn FnMut(&str) -> bool) -> Option<bool> {
        let Row { command, word, script, targets, went_there } = self.as_ref()?;
        Some(match name {
            "state" | "status" => look(word) || look(command.state.as_str()),
            "script" | "runs" => look(script),
            "target" | "targets" => *went_there || look(targets),
            "who" | "by" => look(&command.requested_by),
            "document" | "doc" => look(&command.document_name),
            "comment" => look(&command.comment),
            "id" => look(command.command_id.as_str()),
            _ => return None,
        })
    }
}

/// Whether something went wrong: of a command that goes on, so far.
fn is_fault(command: &CommandView) -> bool {
    use CommandState as S;
    let ended_ill =
        !matches!(command.state, S::Pending | S::InProgress | S::Success | S::Cancelled | S::Cancelling);
    let failed = |state: &InvocationState| {
        state.is_terminal() && !matches!(state, InvocationState::Success | InvocationState::Cancelled)
    };
    ended_ill || command.counts.iter().any(|(state, n)| *n > 0 && failed(state))
}

fn targets(command: &CommandView, mirror: &Mirror) -> String {
    words::targets(command, |id| match id.parse() {
        Ok(id) => mirror.nodes.name(&id).to_owned(),
        Err(_) => id.to_owned(),
    })
}

/// The cells of a command, in the order of [`COLUMNS`].
#[must_use]
pub fn cells<'a>(command: &'a CommandView, cx: &Cx<'a>) -> Vec<Cell<'a>> {
    let look = look::command(command.state, cx.theme.symbols());
    let (over, all) = (command.completed(), words::grouped(command.target_count.into()));
    let done =
        if over == command.target_count { all } else { format!("{}/{all}", words::grouped(over.into())) };
    // A command that goes on, and has failed somewhere, says so before it is over.
    let done_role =
        if !command.state.is_terminal() && is_fault(command) { Role::Bad } else { Role::TextMuted };
    let last_finish = cx.mirror.command(&command.command_id).and_then(|detail| detail.last_finish());
    let took = match (command.state.is_terminal(), command.finished_at.or(last_finish)) {
        (false, _) => times::span(cx.now.since(command.requested_at)),
        (true, Some(end)) => times::span(end.since(command.requested_at)),
        // An older server does not tell when a command ended; who opened it knows.
        (true, None) => String::new(),
    };
    vec![
        Cell::of(Role::TextMuted, times::instant(command.requested_at, cx)),
        Cell::of(look.role, look.text()),
        Cell::of(done_role, done),
        Cell::new(words::first_line(command)),
        Cell::new(targets(command, cx.mirror)),
        Cell::of(Role::TextMuted, command.requested_by.as_str()),
        Cell::of(Role::TextMuted, took),
        Cell::of(Role::TextMuted, command.document_name.as_str()),
    ]
}
