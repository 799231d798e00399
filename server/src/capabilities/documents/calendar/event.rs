//! An event: when it begins, how long it takes, and when it comes again.

use std::collections::BTreeSet;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

use super::Budget;
use super::rule::Rule;

/// A time on somebody's clock.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) at: DateTime,
    pub(super) zone: TimeZone,
    /// Whether only the date was said.
    pub(super) is_date: bool,
}

impl Moment {
    /// Seconds since the epoch. A time that a clock leaves out is the one after it, one that it shows twice is the first.
    pub(super) fn second(&self) -> i64 {
        second(&self.zone, self.at)
    }
}

fn second(zone: &TimeZone, at: DateTime) -> i64 {
    zone.to_timestamp(at).map_or(i64::MAX, Timestamp::as_second)
}

/// How long something takes: whole days by the calendar, then seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Length {
    pub(super) days: i64,
    pub(super) seconds: i64,
}

impl Length {
    /// From one moment to another; nothing when that is not later.
    pub(super) fn between(from: &Moment, to: &Moment) -> Option<Self> {
        let length = if from.is_date && to.is_date {
            Self { days: to.at.date().duration_since(from.at.date()).as_secs() / DAY, seconds: 0 }
        } else {
            Self { days: 0, seconds: to.second() - from.second() }
        };
        (length.days >= 0 && length.seconds >= 0).then_some(length)
    }

    /// `P1W`, `P1DT2H`, `PT90M`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
        let (mut length, mut number, mut is_time) = (Self { days: 0, seconds: 0 }, None::<i64>, false);
        for c in text.chars() {
            if let Some(digit) = c.to_digit(10) {
                let more = number.unwrap_or(0).checked_mul(10)?.checked_add(i64::from(digit))?;
                number = Some(more).filter(|it| *it <= 1_000_000);
                number?;
                continue;
            }
            match (c, is_time) {
                ('T', false) if number.is_none() => is_time = true,
                ('W', false) => length.days += 7 * number.take()?,
                ('D', false) => length.days += number.take()?,
                ('H', true) => length.seconds += 3600 * number.take()?,
                ('M', true) => length.seconds += 60 * number.take()?,
                ('S', true) => length.seconds += number.take()?,
                _ => return None,
            }
        }
        (number.is_none() && !text.is_empty()).then_some(length)
    }

    pub(super) fn is_zero(self) -> bool {
        self.days == 0 && self.seconds == 0
    }
}

/// Seconds of a day.
const DAY: i64 = 86_400;

/// An event.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) start: Moment,
    pub(super) length: Length,
    pub(super) rule: Option<Rule>,
    /// More beginnings.
    pub(super) also: Vec<Moment>,
    /// Beginnings that are none, in seconds.
    pub(super) without: BTreeSet<i64>,
}

impl Event {
    /// When an occurrence is over that begins at this time of the event's clock.
    fn end(&self, zone: &TimeZone, at: DateTime) -> i64 {
        let days = at.checked_add(self.length.days.days());
        days.map_or(i64::MAX, |at| second(zone, at).saturating_add(self.length.seconds))
    }

    /// Beginnings that no rule gives, with their ends.
    fn single(&self) -> impl Iterator<Item = (i64, i64)> {
        let first = self.rule.is_none().then_some(&self.start);
        let all = first.into_iter().chain(&self.also);
        let pairs = all.map(|it| (it.second(), self.end(&it.zone, it.at)));
        pairs.filter(|(start, _)| !self.without.contains(start))
    }

    /// The date on the event's clock.
    fn date(&self, at: i64) -> Option<Date> {
        Some(self.start.zone.to_datetime(Timestamp::from_second(at).ok()?).date())
    }

    fn on(&self, date: Date) -> (i64, i64) {
        let at = date.to_datetime(self.start.at.time());
        (second(&self.start.zone, at), self.end(&self.start.zone, at))
    }

    /// When it is over, if it is going on.
    pub(super) fn end_of_current(&self, at: i64, budget: &Budget) -> Option<i64> {
        let single = self.single().filter(|(start, end)| *start <= at && at < *end).map(|(_, end)| end).max();
        let Some((rule, date)) = self.rule.as_ref().zip(self.date(at)) else { return single };
        let fits = |(start, _): &(i64, i64)| *start <= at && !self.without.contains(start);
        // All take equally long: the one that began last is over last.
        let oldest = date.checked_sub((self.length.days + self.length.seconds / DAY + 2).days()).ok();
        let recent = rule.before(&self.start, date, oldest, budget).map(|date| self.on(date)).find(fits);
        single.max(recent.map(|(_, end)| end).filter(|end| *end > at))
    }

    /// When it begins next.
    pub(super) fn next_start(&self, after: i64, budget: &Budget) -> Option<i64> {
        let single = self.single().map(|(start, _)| start).filter(|start| *start > after).min();
        let recurring = self.rule.as_ref().zip(self.date(after)).and_then(|(rule, date)| {
            let fits = |start: &i64| *start > after && !self.without.contains(start);
            rule.from(&self.start, date, budget).map(|date| self.on(date).0).find(fits)
        });
        single.into_iter().chain(recurring).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_they_are_written() {
        for (text, days, seconds) in
            [("P1W", 7, 0), ("P1DT2H", 1, 7200), ("PT90M", 0, 5400), ("+PT1H0M1S", 0, 3601)]
        {
            assert_eq!(Length::read(text), Some(Length { days, seconds }), "{text}");
        }
        for text in ["", "P", "1H", "PT", "PT1", "P1H", "-PT1H", "PT1D", "P99999999999D", "PTT1H"] {
            assert!(Length::read(text).is_none_or(Length::is_zero), "{text}");
        }
    }
}
