//! Recurrence rules: the dates on which an event comes again. Times of day do not recur: those are the event's own.

use jiff::civil::{Date, Weekday};

use super::Budget;
use super::event::Moment;
use super::timeline::{self, Frequency};

/// The largest COUNT.
const COUNT: u32 = 1000;

/// A rule.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) frequency: Frequency,
    pub(super) interval: i32,
    /// The last date, and the last second.
    until: Option<(Date, i64)>,
    count: Option<u32>,
    pub(super) months: Vec<i8>,
    pub(super) month_days: Vec<i8>,
    /// Weekdays, each with which of them in the month or year is meant; 0 means every.
    pub(super) days: Vec<(i8, Weekday)>,
    positions: Vec<i16>,
    pub(super) week_start: Weekday,
}

const WEEKDAYS: &[(&str, Weekday)] = &[
    ("MO", Weekday::Monday),
    ("TU", Weekday::Tuesday),
    ("WE", Weekday::Wednesday),
    ("TH", Weekday::Thursday),
    ("FR", Weekday::Friday),
    ("SA", Weekday::Saturday),
    ("SU", Weekday::Sunday),
];

fn weekday(text: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(name, _)| *name == text).map(|(_, day)| *day)
}

fn day(text: &str) -> Option<(i8, Weekday)> {
    let split = text.len().checked_sub(2).filter(|at| text.is_char_boundary(*at))?;
    let (number, name) = text.split_at(split);
    let number: i8 = if number.is_empty() { 0 } else { number.parse().ok().filter(|it| *it != 0)? };
    Some((number, weekday(name)?)).filter(|(number, _)| (-53..=53).contains(number))
}

fn all<T>(value: &str, each: impl Fn(&str) -> Option<T>) -> Option<Vec<T>> {
    value.split(',').map(each).collect()
}

fn within<N: std::str::FromStr + PartialOrd + Copy>(text: &str, least: N, most: N) -> Option<N> {
    text.parse().ok().filter(|it| (least..=most).contains(it))
}

impl Rule {
    /// Reads `FREQ=WEEKLY;BYDAY=MO,FR`.
    ///
    /// # Errors
    /// What is not understood.
    pub(super) fn read(text: &str, start: &Moment) -> Result<Self, String> {
        let mut rule = Self {
            frequency: Frequency::Daily,
            interval: 1,
            until: None,
            count: None,
            months: Vec::new(),
            month_days: Vec::new(),
            days: Vec::new(),
            positions: Vec::new(),
            week_start: Weekday::Monday,
        };
        let mut has_frequency = false;
        for part in text.split(';').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            has_frequency |= name == "FREQ";
            rule.take(name, value, start).ok_or_else(|| {
                format!("{part:?} is not understood: rules recur by day, week, month or year")
            })?;
        }
        if !has_frequency {
            return Err(String::from("expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"));
        }
        if rule.count.is_some() && rule.until.is_some() {
            return Err(String::from("expected COUNT or UNTIL, not both"));
        }
        let is_numbered = rule.days.iter().any(|(number, _)| *number != 0);
        if is_numbered && matches!(rule.frequency, Frequency::Daily | Frequency::Weekly) {
            return Err(String::from(
                "expected BYDAY without numbers, which have a meaning in months and years",
            ));
        }
        Ok(rule)
    }

    fn take(&mut self, name: &str, value: &str, start: &Moment) -> Option<()> {
        match name {
            "FREQ" => self.frequency = Frequency::named(value)?,
            "INTERVAL" => self.interval = within(value, 1, 1000)?,
            "COUNT" => self.count = Some(within(value, 1, COUNT)?),
            "UNTIL" => self.until = Some(until(value, start)?),
            "BYMONTH" => self.months = all(value, |it| within(it, 1, 12))?,
            "BYMONTHDAY" => {
                self.month_days = all(value, |it| within::<i8>(it, -31, 31).filter(|day| *day != 0))?;
            }
            "BYDAY" => self.days = all(value, day)?,
            "BYSETPOS" => {
                self.positions = all(value, |it| within::<i16>(it, -366, 366).filter(|at| *at != 0))?;
            }
            "WKST" => self.week_start = weekday(value)?,
            _ => return None,
        }
        Some(())
    }

    /// The same, with the date of its last occurrence in the place of their number.
    ///
    /// # Errors
    /// When that is too far away to be found.
    pub(super) fn counted(mut self, start: &Moment, budget: &Budget) -> Result<Self, String> {
        let Some(count) = self.count.take() else { return Ok(self) };
        let last = self.from(start, start.at.date(), budget).nth(count as usize - 1);
        let last = last.ok_or_else(|| format!("there are no {count} occurrences within reach"))?;
        self.until = Some((last, i64::MAX));
        Ok(self)
    }

    fn holds(&self, date: Date, start: &Moment) -> bool {
        self.until.is_none_or(|(last, second)| {
            let moment = || Moment { at: date.to_datetime(start.at.time()), ..start.clone() };
            date <= last && (second == i64::MAX || moment().second() <= second)
        })
    }

    /// The dates of a period of the rule, in order, none of them before the event's first day.
    fn dates(&self, start: Date, period: i32) -> Option<Vec<Date>> {
        let mut dates = timeline::candidates(self, start, period)?;
        dates.sort_unstable();
        dates.dedup();
        if !self.positions.is_empty() {
            let count = dates.len();
            let place = |at: &i16| {
                let from_end = count.checked_sub(usize::from(at.unsigned_abs()));
                if *at > 0 { usize::try_from(*at - 1).ok() } else { from_end }
            };
            let mut kept: Vec<Date> =
                self.positions.iter().filter_map(place).filter_map(|at| dates.get(at).copied()).collect();
            kept.sort_unstable();
            kept.dedup();
            dates = kept;
        }
        dates.retain(|date| *date >= start);
        Some(dates)
    }

    /// Its dates from about this one on, in order; they end where the budget does.
    pub(super) fn from<'a>(
        &'a self,
        start: &'a Moment,
        date: Date,
        budget: &'a Budget,
    ) -> impl Iterator<Item = Date> + 'a {
        let first = start.at.date();
        // One period earlier: the last occurrence of the day before may be today's on another clock.
        let period = timeline::period_of(self, first, date).saturating_sub(1).max(0);
        let periods = (period..i32::MAX).map_while(move |period| {
            let dates = self.dates(first, period).filter(|_| budget.step())?;
            let is_over = self.until.is_some_and(|(last, _)| dates.first().is_some_and(|date| *date > last));
            (!is_over).then_some(dates)
        });
        periods.flatten().filter(move |date| self.holds(*date, start))
    }

    /// Its dates up to this one and the day after it, newest first, none before `oldest`.
    pub(super) fn before<'a>(
        &'a self,
        start: &'a Moment,
        date: Date,
        oldest: Option<Date>,
        budget: &'a Budget,
    ) -> impl Iterator<Item = Date> + 'a {
        let first = start.at.date();
        let last_period = timeline::period_of(self, first, date).saturating_add(1).max(-1);
        let first_period = oldest.map_or(0, |oldest| timeline::period_of(self, first, oldest) - 1).max(0);
        let periods = (first_period..=last_period)
            .rev()
            .map_while(move |period| budget.step().then(|| self.dates(first, period).unwrap_or_default()));
        periods.flat_map(|dates| dates.into_iter().rev()).filter(move |date| self.holds(*date, start))
    }
}

/// The last date and the last second of what UNTIL says.
fn until(value: &str, start: &Moment) -> Option<(Date, i64)> {
    if value.len() == 8 {
        return Some((Date::strptime("%Y%m%d", value).ok()?, i64::MAX));
    }
    let at = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S", value.trim_end_matches('Z')).ok()?;
    let zone = if value.ends_with('Z') { jiff::tz::TimeZone::UTC } else { start.zone.clone() };
    let second = Moment { at, zone, is_date: false }.second();
    let date = start.zone.to_datetime(jiff::Timestamp::from_second(second).ok()?).date();
    Some((date, second))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use jiff::tz::TimeZone;

    use super::*;

    fn of(rule: &str, from: Date, count: usize) -> Vec<String> {
        let start = Moment { at: from.at(9, 0, 0, 0), zone: TimeZone::UTC, is_date: false };
        let budget = Budget::default();
        let rule = Rule::read(rule, &start).unwrap().counted(&start, &budget).unwrap();
        rule.from(&start, from, &budget).take(count).map(|it| it.to_string()).collect()
    }

    #[test]
    fn rules_give_the_dates_that_other_programs_give() {
        // As dateutil gives them.
        let first = date(2026, 1, 31);
        for (rule, dates) in ORACLE {
            assert_eq!(of(rule, first, 5).join(" "), *dates, "{rule}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        let start = Moment { at: date(2026, 1, 1).at(0, 0, 0, 0), zone: TimeZone::UTC, is_date: false };
        for rule in [
            "",
            "BYDAY=MO",
            "FREQ=HOURLY",
            "FREQ=SECONDLY",
            "FREQ=DAILY;BYHOUR=9",
            "FREQ=DAILY;INTERVAL=0",
            "FREQ=DAILY;COUNT=1001",
            "FREQ=WEEKLY;BYDAY=1MO",
            "FREQ=WEEKLY;BYDAY=ü",
            "FREQ=DAILY;COUNT=2;UNTIL=20270101",
            "FREQ=MONTHLY;BYMONTHDAY=0",
        ] {
            assert!(Rule::read(rule, &start).is_err(), "{rule}");
        }
    }

    #[test]
    fn a_rule_that_never_holds_ends_the_search() {
        let start = Moment { at: date(2026, 1, 1).at(0, 0, 0, 0), zone: TimeZone::UTC, is_date: false };
        let rule = Rule::read("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30;COUNT=3", &start).unwrap();
        assert!(rule.counted(&start, &Budget::default()).is_err());
    }

    const ORACLE: &[(&str, &str)] = &[
        ("FREQ=DAILY", "2026-01-31 2026-02-01 2026-02-02 2026-02-03 2026-02-04"),
        ("FREQ=DAILY;INTERVAL=10;COUNT=3", "2026-01-31 2026-02-10 2026-02-20"),
        ("FREQ=DAILY;BYDAY=MO,WE;UNTIL=20260210", "2026-02-02 2026-02-04 2026-02-09"),
        ("FREQ=DAILY;BYMONTH=3;BYMONTHDAY=-1,1", "2026-03-01 2026-03-31 2027-03-01 2027-03-31 2028-03-01"),
        ("FREQ=WEEKLY", "2026-01-31 2026-02-07 2026-02-14 2026-02-21 2026-02-28"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO", "2026-02-01 2026-02-09 2026-02-15 2026-02-23 2026-03-01"),
        (
            "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
            "2026-02-08 2026-02-09 2026-02-22 2026-02-23 2026-03-08",
        ),
        ("FREQ=WEEKLY;BYDAY=SA,SU;BYMONTH=5", "2026-05-02 2026-05-03 2026-05-09 2026-05-10 2026-05-16"),
        ("FREQ=MONTHLY", "2026-01-31 2026-03-31 2026-05-31 2026-07-31 2026-08-31"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31 2026-02-28 2026-03-31 2026-04-30 2026-05-31"),
        ("FREQ=MONTHLY;BYDAY=1MO,-1FR", "2026-02-02 2026-02-27 2026-03-02 2026-03-27 2026-04-06"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-02-13 2026-03-13 2026-11-13 2027-08-13 2028-10-13"),
        (
            "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
            "2026-02-27 2026-03-31 2026-04-30 2026-05-29 2026-06-30",
        ),
        (
            "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15,31",
            "2026-01-31 2026-04-15 2026-07-15 2026-07-31 2026-10-15",
        ),
        ("FREQ=YEARLY", "2026-01-31 2027-01-31 2028-01-31 2029-01-31 2030-01-31"),
        ("FREQ=YEARLY;BYMONTH=2,6", ""),
        ("FREQ=YEARLY;BYDAY=20MO", "2026-05-18 2027-05-17 2028-05-15 2029-05-14 2030-05-20"),
        ("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "2026-11-26 2027-11-25 2028-11-23 2029-11-22 2030-11-28"),
        ("FREQ=YEARLY;BYMONTHDAY=29", "2026-03-29 2026-04-29 2026-05-29 2026-06-29 2026-07-29"),
        ("FREQ=YEARLY;BYDAY=-1SU;INTERVAL=2", "2026-12-27 2028-12-31 2030-12-29 2032-12-26 2034-12-31"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "2028-02-29 2032-02-29 2036-02-29 2040-02-29 2044-02-29"),
        ("FREQ=YEARLY;BYDAY=SU;BYSETPOS=2", "2027-01-10 2028-01-09 2029-01-14 2030-01-13 2031-01-12"),
        ("FREQ=MONTHLY;BYDAY=5SA;COUNT=4", "2026-01-31 2026-05-30 2026-08-29 2026-10-31"),
    ];
}
