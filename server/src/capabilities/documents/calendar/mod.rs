//! Change calendars: documents of iCalendar text that say when something may be changed. GetCalendarState asks them.
//!
//! In: RFC 5545, as far as calendars of changes use it: events with a start and an end or a duration, in UTC, in a zone of the IANA's
//! or at a date, that recur by day, week, month or year, with exceptions. `X-CALENDAR-TYPE` says whether events close what is open
//! (`DEFAULT_OPEN`) or open what is closed. Out: OPEN or CLOSED at a time, and when that changes. What an evaluation may cost is bounded
//! ([`Budget`]), because contents are anybody's; what is not understood is refused when the document is made.
//!
//! Never here: the clock's time, how documents are kept.

mod event;
mod line;
mod read;
mod rule;
mod state;
mod timeline;

use std::cell::Cell;

use super::content::Unfit;

/// Steps that one reading or one question may take.
const STEPS: u32 = 500_000;

/// What may still be spent on looking for dates.
struct Budget(Cell<u32>);

impl Default for Budget {
    fn default() -> Self {
        Self(Cell::new(STEPS))
    }
}

impl Budget {
    /// Takes a step; `false` when there are none left.
    fn step(&self) -> bool {
        let left = self.0.get();
        self.0.set(left.saturating_sub(1));
        left > 0
    }

    /// Whether something was left out for want of steps.
    fn is_spent(&self) -> bool {
        self.0.get() == 0
    }
}

/// Refuses a text that is no calendar that could be asked.
///
/// # Errors
/// What is wrong, and in which line.
pub(super) fn check(content: &str) -> Result<(), Unfit> {
    read::calendar(content).map(drop)
}
