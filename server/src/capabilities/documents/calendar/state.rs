//! GetCalendarState: whether every calendar is open, and until when that is so.

use jiff::Timestamp;
use pilothouse_api::Fault;
use pilothouse_api::documents::{GetCalendarState, GetCalendarStateResponse};

use super::super::content::CALENDAR;
use super::super::found;
use super::Budget;
use super::read::{Calendar, calendar};
use crate::cx::Cx;
use crate::door::{Guard, Run};

/// Ends of events that are looked at for the next change.
const LOOKS: usize = 1000;

impl Run for GetCalendarState {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetCalendarStateResponse, Fault> {
        let now = Timestamp::from_millisecond(cx.now.0).map_err(Fault::internal)?.as_second();
        let at = self.at_time.as_deref().map_or(Ok(now), second)?;
        let calendars = Calendars(calendars(cx, &self.calendar_names).await?);
        let budget = Budget::default();
        let is_open = calendars.are_open(at, &budget);
        if budget.is_spent() {
            let message =
                "the calendars' rules take too long to follow: say the same with fewer or simpler events";
            return Err(Fault::caller("UnsupportedCalendarException", message));
        }
        Ok(GetCalendarStateResponse {
            state: String::from(if is_open { "OPEN" } else { "CLOSED" }),
            at_time: told(at)?,
            next_transition_time: calendars.next_change(at, &budget).map(told).transpose()?,
        })
    }
}

fn second(text: &str) -> Result<i64, Fault> {
    let at: Timestamp = text.parse().map_err(|_| {
        let shown: String = text.chars().take(64).collect();
        Fault::validation(format!("AtTime {shown:?} is no time in ISO 8601, such as 2026-12-24T18:00:00Z"))
    })?;
    Ok(at.as_second())
}

fn told(second: i64) -> Result<String, Fault> {
    Timestamp::from_second(second).map(|at| at.to_string()).map_err(Fault::internal)
}

/// The calendars that are named, on all of which the caller may ask.
async fn calendars(cx: &mut Cx<'_>, names: &[String]) -> Result<Vec<Calendar>, Fault> {
    let (mut all, mut seen) = (Vec::new(), Vec::new());
    for name in names {
        let (found, resource) = found::look(cx, name).await?;
        seen.push(resource);
        all.push(found.ok_or_else(|| found::not_found(name)));
    }
    cx.require(seen).await?;
    let mut calendars = Vec::new();
    for found in all {
        let found = found?;
        let name = &found.document.name;
        if found.document.kind != CALENDAR {
            let message = format!("{name} is a document of type {}, not {CALENDAR}", found.document.kind);
            return Err(Fault::caller("InvalidDocumentType", message));
        }
        let version = found.version(cx, None, None).await?;
        let content = found.content(cx, version.version).await?;
        calendars.push(calendar(&content).map_err(|unfit| {
            let message = format!("{name}: {}", Fault::from(unfit).message);
            Fault::caller("UnsupportedCalendarException", message)
        })?);
    }
    Ok(calendars)
}

/// Calendars that are asked together: one that is closed closes.
struct Calendars(Vec<Calendar>);

impl Calendars {
    fn are_open(&self, at: i64, budget: &Budget) -> bool {
        self.0.iter().all(|calendar| calendar.is_open_at(at, budget))
    }

    fn next_change(&self, from: i64, budget: &Budget) -> Option<i64> {
        let now = self.are_open(from, budget);
        let mut at = from;
        for _ in 0..LOOKS {
            at = self.0.iter().filter_map(|calendar| calendar.next_look(at, budget)).min()?;
            if self.are_open(at, budget) != now {
                // What was left out for want of steps may say otherwise.
                return (!budget.is_spent()).then_some(at);
            }
        }
        None
    }
}

impl Calendar {
    fn end_of_current(&self, at: i64, budget: &Budget) -> Option<i64> {
        self.events.iter().filter_map(|event| event.end_of_current(at, budget)).max()
    }

    fn is_open_at(&self, at: i64, budget: &Budget) -> bool {
        self.end_of_current(at, budget).is_some() != self.is_open
    }

    /// The next time at which it may change: where what goes on is over, or else where something begins.
    fn next_look(&self, at: i64, budget: &Budget) -> Option<i64> {
        let next = || self.events.iter().filter_map(|event| event.next_start(at, budget)).min();
        self.end_of_current(at, budget).or_else(next).filter(|it| *it < i64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(kind: &str, events: &[&str], at: &str) -> (bool, Option<String>) {
        let events: Vec<String> =
            events.iter().map(|it| format!("BEGIN:VEVENT\n{it}\nEND:VEVENT\n")).collect();
        let text = format!(
            "BEGIN:VCALENDAR\nVERSION:2.0\nX-CALENDAR-TYPE:{kind}\n{}END:VCALENDAR\n",
            events.concat()
        );
        let (calendars, budget) = (Calendars(vec![calendar(&text).unwrap()]), Budget::default());
        let at = second(at).unwrap();
        (calendars.are_open(at, &budget), calendars.next_change(at, &budget).map(|at| told(at).unwrap()))
    }

    fn open(kind: &str, events: &[&str], at: &str) -> bool {
        asked(kind, events, at).0
    }

    const OPEN: &str = "DEFAULT_OPEN";
    const CLOSED: &str = "DEFAULT_CLOSED";

    #[test]
    fn an_event_closes_what_is_open_and_opens_what_is_closed() {
        let freeze = ["UID:1\nDTSTART:20261224T000000Z\nDTEND:20270102T000000Z"];
        let until = |text: &str| Some(text.to_owned());
        assert_eq!(asked(OPEN, &freeze, "2026-12-23T00:00:00Z"), (true, until("2026-12-24T00:00:00Z")));
        assert_eq!(asked(OPEN, &freeze, "2026-12-24T00:00:00Z"), (false, until("2027-01-02T00:00:00Z")));
        assert_eq!(asked(OPEN, &freeze, "2027-01-02T00:00:00Z"), (true, None));
        assert_eq!(asked(CLOSED, &freeze, "2026-12-25T00:00:00Z"), (true, until("2027-01-02T00:00:00Z")));
        assert_eq!(asked(CLOSED, &[], "2026-12-25T00:00:00Z"), (false, None));
    }

    #[test]
    fn a_weekly_window_keeps_its_hour_when_the_clocks_change() {
        let window =
            ["DTSTART;TZID=Europe/Berlin:20260101T220000\nDURATION:PT4H\nRRULE:FREQ=WEEKLY;BYDAY=TH"];
        // 22:00 in Berlin is 21:00 UTC in winter, 20:00 in summer.
        assert!(!open(CLOSED, &window, "2026-03-26T20:59:59Z"));
        assert!(open(CLOSED, &window, "2026-03-26T21:00:00Z"));
        assert!(open(CLOSED, &window, "2026-04-02T20:00:00Z"), "the first Thursday of summer time");
        assert!(open(CLOSED, &window, "2026-04-02T23:59:59Z"));
        let (is_open, next) = asked(CLOSED, &window, "2026-04-03T00:00:00Z");
        assert_eq!((is_open, next.as_deref()), (false, Some("2026-04-09T20:00:00Z")));
    }

    #[test]
    fn events_that_touch_or_overlap_are_one_state() {
        let two = [
            "DTSTART:20260101T000000Z\nDTEND:20260102T000000Z",
            "DTSTART:20260102T000000Z\nDTEND:20260103T000000Z",
            "DTSTART:20260101T120000Z\nDTEND:20260102T120000Z",
        ];
        let (is_open, next) = asked(OPEN, &two, "2026-01-01T06:00:00Z");
        assert_eq!((is_open, next.as_deref()), (false, Some("2026-01-03T00:00:00Z")));
        let daily = ["DTSTART:20260101T000000Z\nDURATION:P1D\nRRULE:FREQ=DAILY"];
        assert_eq!(asked(OPEN, &daily, "2030-01-01T00:00:00Z"), (false, None), "it never ends");
    }

    #[test]
    fn exceptions_moved_and_cancelled_occurrences_are_heeded() {
        let events = [
            "UID:a\nDTSTART:20260105T100000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=5\nEXDATE:20260106T100000Z",
            "UID:a\nRECURRENCE-ID:20260107T100000Z\nDTSTART:20260107T150000Z\nDURATION:PT1H",
            "UID:b\nSTATUS:CANCELLED\nDTSTART:20260101T000000Z\nDURATION:P30D",
            "UID:c\nDTSTART:20260201T000000Z\nDURATION:PT1H\nRDATE:20260203T000000Z",
            "UID:d\nDTSTART;VALUE=DATE:20260301",
        ];
        for (at, is_open) in [
            ("2026-01-05T10:30:00Z", false),
            ("2026-01-06T10:30:00Z", true),
            ("2026-01-07T10:30:00Z", true),
            ("2026-01-07T15:30:00Z", false),
            ("2026-01-09T10:30:00Z", false),
            ("2026-01-10T10:30:00Z", true),
            ("2026-02-03T00:30:00Z", false),
            ("2026-03-01T23:59:59Z", false),
            ("2026-03-02T00:00:00Z", true),
        ] {
            assert_eq!(open(OPEN, &events, at), is_open, "{at}");
        }
    }

    #[test]
    fn what_is_no_calendar_is_refused_with_its_line() {
        let around =
            |inner: &str| format!("BEGIN:VCALENDAR\nX-CALENDAR-TYPE:DEFAULT_OPEN\n{inner}END:VCALENDAR\n");
        for (text, line) in [
            (String::from("hello"), 1),
            (String::from("BEGIN:VCALENDAR\nEND:VCALENDAR\n"), 1),
            (around("BEGIN:VEVENT\nUID:1\nEND:VEVENT\n"), 4),
            (around("BEGIN:VEVENT\nDTSTART:2026\nEND:VEVENT\n"), 4),
            (around("BEGIN:VEVENT\nDTSTART;TZID=Nowhere/Land:20260101T000000\nEND:VEVENT\n"), 4),
            (around("BEGIN:VEVENT\nDTSTART:20260102\nDTEND:20260101\nEND:VEVENT\n"), 5),
            (around("BEGIN:VEVENT\nDTSTART:20260101\nRRULE:FREQ=SECONDLY\nEND:VEVENT\n"), 5),
            (around("BEGIN:VEVENT\n"), 4),
        ] {
            assert_eq!(calendar(&text).unwrap_err().finding().line, line, "{text}");
        }
    }

    #[test]
    fn rules_that_hardly_ever_hold_cost_no_more_than_their_share() {
        let event = "DTSTART:19700101T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30";
        let (is_open, next) = asked(OPEN, &vec![event; 500], "2026-01-01T00:00:00Z");
        assert_eq!((is_open, next), (true, None));
    }
}
