//! The keys that all lists share, so that they mean the same in every room.

use pilothouse_kit::keymap::Keymap;

use super::hand::Step;
use super::msg::ListMsg;

/// The cursor and the columns.
#[must_use]
pub fn movement<M>(wrap: fn(ListMsg) -> M) -> Keymap<M> {
    Keymap::new()
        .bind("j, Down", "down", "next row", "move", ListMsg::Step(Step::By(1)))
        .bind("k, Up", "up", "previous row", "move", ListMsg::Step(Step::By(-1)))
        .bind("g g, Home", "first", "first row", "move", ListMsg::Step(Step::First))
        .bind("G, End", "last", "last row", "move", ListMsg::Step(Step::Last))
        .bind("Ctrl-d", "half-down", "half a screen down", "move", ListMsg::Half(true))
        .bind("Ctrl-u", "half-up", "half a screen up", "move", ListMsg::Half(false))
        .bind("PgDn, Ctrl-f", "page-down", "a screen down", "move", ListMsg::Page(true))
        .bind("PgUp, Ctrl-b", "page-up", "a screen up", "move", ListMsg::Page(false))
        .bind("l, Right", "columns-right", "scroll the columns right", "move", ListMsg::Sideways(true))
        .bind("h, Left", "columns-left", "scroll the columns left", "move", ListMsg::Sideways(false))
        .map(wrap)
}

/// Filter, sort, faults only.
#[must_use]
pub fn listing<M>(wrap: fn(ListMsg) -> M) -> Keymap<M> {
    Keymap::new()
        .bind("/", "filter", "filter: web  !x  ~fuzzy  os:deb  env=prod  @prod", "list", ListMsg::Filter)
        .bar()
        .bind("o", "sort", "sort by a column", "list", ListMsg::Sort)
        .bind("O", "reverse", "reverse the order", "list", ListMsg::Reverse)
        .bind("!", "faults", "faults only", "list", ListMsg::Faults)
        .map(wrap)
}

/// Marks.
#[must_use]
pub fn marking<M>(wrap: fn(ListMsg) -> M) -> Keymap<M> {
    Keymap::new()
        .bind("Space", "mark", "mark", "marks", ListMsg::Mark)
        .bar()
        .bind("v", "range", "begin or end a range of marks", "marks", ListMsg::Range)
        .bind("*", "mark-all", "mark all that is shown", "marks", ListMsg::MarkAll)
        .bind("u", "unmark", "take all marks away", "marks", ListMsg::Unmark)
        .map(wrap)
}
