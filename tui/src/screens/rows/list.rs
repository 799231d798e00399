//! A live list: its filter, its sort, its hand and its index in one, and what all lists do when they are told the same.

use std::cell::Cell;

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_kit::input::{Line, LineEvent};
use serde::{Deserialize, Serialize};

use super::filter::Filter;
use super::hand::{Hand, Step};
use super::index::{Index, Recipe};
use super::msg::ListMsg;
use super::source::Rows;
use crate::effect::{Choice, Effect, Effects};
use crate::screen::Input;

/// A list's state.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound = "K: Serialize + for<'a> Deserialize<'a> + Ord")]
pub struct List<K: Ord> {
    /// Cursor and marks.
    pub hand: Hand<K>,
    /// The filter as typed.
    pub filter: Line,
    /// Whether the filter is being typed.
    pub typing: bool,
    /// Whether only faults are shown.
    pub faults: bool,
    /// Number of the column it is sorted by, and whether backwards.
    pub sort: (usize, bool),
    /// Columns that are scrolled out to the left.
    pub first_column: usize,
    /// Marks whose rows the filter hides.
    pub hidden_marks: usize,
    /// Whether the user has put the cursor on something; until then it stays in the first row while others come in.
    pub held: bool,
    /// What the filter may look like, shown while nothing was typed.
    #[serde(skip)]
    pub hint: &'static str,
    /// Rows on the screen when it was last drawn.
    #[serde(skip)]
    height: Cell<usize>,
    /// How many marks were counted.
    #[serde(skip)]
    marked: usize,
    #[serde(skip)]
    index: Index,
    #[serde(skip)]
    applied: (Filter, bool),
}

impl<K: Ord + PartialEq> PartialEq for List<K> {
    fn eq(&self, other: &Self) -> bool {
        let key = |list: &Self| (list.typing, list.faults, list.sort, list.first_column, list.hidden_marks);
        key(self) == key(other) && self.hand == other.hand && self.filter == other.filter
    }
}

impl<K: Ord + Clone> List<K> {
    /// A list sorted by this column.
    #[must_use]
    pub fn new(sort: (usize, bool), filter: &str) -> Self {
        Self {
            hand: Hand::default(),
            filter: Line::new(filter),
            typing: false,
            faults: false,
            sort,
            first_column: 0,
            hidden_marks: 0,
            held: false,
            hint: "",
            height: Cell::new(0),
            marked: 0,
            index: Index::default(),
            applied: (Filter::default(), false),
        }
    }

    /// Positions of the rows shown, in order.
    #[must_use]
    pub fn shown(&self) -> &[u32] {
        self.index.shown()
    }

    /// The row that the cursor is on.
    #[must_use]
    pub fn row(&self) -> Option<usize> {
        (!self.shown().is_empty()).then(|| self.hand.row.min(self.shown().len() - 1))
    }

    /// The position of the row that the cursor is on.
    #[must_use]
    pub fn at(&self) -> Option<usize> {
        Some(self.shown()[self.row()?] as usize)
    }

    /// What is meant: the marks, or what the cursor is on.
    #[must_use]
    pub fn meant(&self) -> Vec<K> {
        if self.hand.marks.is_empty() {
            self.on().into_iter().collect()
        } else {
            self.hand.marks.iter().cloned().collect()
        }
    }

    /// What the cursor is on.
    #[must_use]
    pub fn on(&self) -> Option<K> {
        self.hand.on.clone().filter(|_| !self.shown().is_empty())
    }

    /// Rows to draw for a height: the first in sight; the cursor's row is among them.
    pub fn window(&self, height: usize) -> usize {
        self.height.set(height);
        self.hand.scroll(self.row(), height, self.shown().len())
    }

    /// Brings everything up to date with the data, the filter and the sort.
    pub fn refresh<R: Rows<Key = K>>(&mut self, rows: &R) {
        let filter = Filter::read(self.filter.text());
        let faults = self.faults;
        let narrows = (faults || !self.applied.1) && filter.narrows(&self.applied.0);
        let recipe = Recipe {
            generation: rows.generation(),
            sort: self.sort,
            filter: format!("{}{}", if faults { '!' } else { ' ' }, self.filter.text()),
        };
        let (column, backwards) = self.sort;
        let compare = |a, b| {
            let order = rows.compare(column, a, b);
            if backwards { order.reverse() } else { order }
        };
        let keep =
            |at| (!faults || rows.is_fault(at)) && (filter.is_empty() || filter.holds(&rows.fields(at)));
        let changed = self.index.refresh(recipe, rows.len(), narrows, compare, keep);
        if changed {
            self.hand.marks.retain(|key| rows.position(key).is_some());
        }
        if changed || self.marked != self.hand.marks.len() {
            self.marked = self.hand.marks.len();
            let hidden = |key| rows.position(key).is_some_and(|at| !keep(at));
            let all = filter.is_empty() && !faults;
            self.hidden_marks =
                if all { 0 } else { self.hand.marks.iter().filter(|key| hidden(key)).count() };
        }
        let other = self.applied != (filter.clone(), faults);
        self.applied = (filter, faults);
        self.settle(rows, other);
    }

    /// Holds on to what the cursor is on; if that is gone, to what stands where it was, and if another filter hides it, to the
    /// first row.
    fn settle<R: Rows<Key = K>>(&mut self, rows: &R, other_filter: bool) {
        let shown = self.index.shown();
        let Some(last) = shown.len().checked_sub(1) else { return };
        let near = self.hand.row.min(last);
        let on = self.hand.on.as_ref().and_then(|key| rows.position(key));
        let on = on.and_then(|at| u32::try_from(at).ok());
        let otherwise = if other_filter { 0 } else { near };
        let row = match on {
            _ if !self.held => 0,
            Some(at) if shown[near] == at => near,
            Some(at) => shown.iter().position(|&other| other == at).unwrap_or(otherwise),
            None => otherwise,
        };
        if self.hand.row != row || on != Some(shown[row]) {
            self.hand.put(row, |row| rows.key(shown[row] as usize));
        }
    }

    /// What is typed belongs to the filter while that is being typed; the keys that move the cursor stay what they are.
    #[must_use]
    pub fn typed(&self, input: &Input) -> Option<ListMsg> {
        if !self.typing {
            return None;
        }
        let moves = |code| {
            matches!(
                code,
                KeyCode::Esc
                    | KeyCode::Up
                    | KeyCode::Down
                    | KeyCode::PageUp
                    | KeyCode::PageDown
                    | KeyCode::Tab
            )
        };
        match input {
            Input::Key(key) if moves(key.code) => None,
            Input::Key(key)
                if key.modifiers == KeyModifiers::CONTROL && matches!(key.code, KeyCode::Char('c' | 'p')) =>
            {
                None
            }
            _ => Some(ListMsg::Typed(input.clone())),
        }
    }

    /// `Esc`: leaves the filter and takes it away, then "faults only", then ends a range. The rows follow with the next refresh.
    pub fn step_back(&mut self) -> bool {
        if self.typing || !self.filter.is_empty() {
            self.typing = false;
            self.filter.clear();
        } else if self.faults {
            self.faults = false;
        } else {
            return self.hand.range.take().is_some();
        }
        true
    }

    /// Does what all lists do alike.
    pub fn update<R: Rows<Key = K>, M>(
        &mut self,
        msg: ListMsg,
        rows: &R,
        wrap: fn(ListMsg) -> M,
    ) -> Effects<M> {
        match msg {
            ListMsg::Sort => return vec![self.ask_sort(rows, wrap)],
            ListMsg::SortBy(column) => {
                self.sort = (column, self.sort.0 == column && !self.sort.1);
            }
            ListMsg::Reverse => self.sort.1 = !self.sort.1,
            ListMsg::Filter => self.typing = true,
            ListMsg::Typed(input) => self.take(&input),
            ListMsg::Faults => self.faults = !self.faults,
            ListMsg::Sideways(right) => {
                self.first_column =
                    if right { self.first_column + 1 } else { self.first_column.saturating_sub(1) };
                return Vec::new();
            }
            moved => {
                // An index of older data would name other rows.
                self.refresh(rows);
                self.held = true;
                self.step(moved, rows);
            }
        }
        self.refresh(rows);
        Vec::new()
    }

    fn take(&mut self, input: &Input) {
        match input.type_into(&mut self.filter) {
            LineEvent::Submit => self.typing = false,
            LineEvent::Cancel => {
                self.typing = false;
                self.filter.clear();
            }
            LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => {}
        }
    }

    fn step<R: Rows<Key = K>>(&mut self, msg: ListMsg, rows: &R) {
        let shown = self.index.shown();
        let key = |row: usize| rows.key(shown[row] as usize);
        let page = self.height.get().max(2).cast_signed();
        let down = |down: bool, by: isize| Step::By(if down { by } else { -by });
        match msg {
            ListMsg::Step(step) => self.hand.step(step, shown.len(), key),
            ListMsg::Half(way) => self.hand.step(down(way, page / 2), shown.len(), key),
            ListMsg::Page(way) => self.hand.step(down(way, page - 1), shown.len(), key),
            ListMsg::Mark => self.hand.mark(shown.len(), key),
            ListMsg::Range => self.hand.toggle_range(shown.len(), key),
            ListMsg::MarkAll => self.hand.marks.extend((0..shown.len()).map(key)),
            ListMsg::Unmark => self.hand.unmark(),
            _ => {}
        }
    }

    fn ask_sort<R: Rows<Key = K>, M>(&self, rows: &R, wrap: fn(ListMsg) -> M) -> Effect<M> {
        let items = rows.sorts().into_iter().map(|(column, title)| {
            let detail = match self.sort {
                (now, _) if now != column => "",
                (_, false) => "now; again reverses",
                (_, true) => "now, backwards; again reverses",
            };
            Choice { detail: detail.to_owned(), ..Choice::new(title, wrap(ListMsg::SortBy(column))) }
        });
        Effect::Pick { title: "Sort by".to_owned(), items: items.collect() }
    }
}
