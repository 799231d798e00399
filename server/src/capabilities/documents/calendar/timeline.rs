//! Periods of a rule, and the dates in each.

use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};

use super::rule::Rule;

/// How often a rule's period comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

impl Frequency {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "DAILY" => Some(Self::Daily),
            "WEEKLY" => Some(Self::Weekly),
            "MONTHLY" => Some(Self::Monthly),
            "YEARLY" => Some(Self::Yearly),
            _ => None,
        }
    }
}

fn days_between(from: Date, to: Date) -> i64 {
    to.duration_since(from).as_secs() / 86_400
}

fn week_of(date: Date, first: Weekday) -> Date {
    let back = i64::from(first.until(date.weekday()));
    date.checked_sub(back.days()).unwrap_or(date)
}

fn months_of(date: Date) -> i32 {
    i32::from(date.year()) * 12 + i32::from(date.month()) - 1
}

/// The period of a rule that a date lies in or after; below zero before the first.
pub(super) fn period_of(rule: &Rule, start: Date, date: Date) -> i32 {
    let units = match rule.frequency {
        Frequency::Daily => days_between(start, date),
        Frequency::Weekly => {
            days_between(week_of(start, rule.week_start), week_of(date, rule.week_start)) / 7
        }
        Frequency::Monthly => i64::from(months_of(date) - months_of(start)),
        Frequency::Yearly => i64::from(date.year()) - i64::from(start.year()),
    };
    i32::try_from(units.div_euclid(i64::from(rule.interval))).unwrap_or(i32::MAX - 1)
}

/// The dates of a period, in any order; nothing where the calendar ends.
pub(super) fn candidates(rule: &Rule, start: Date, period: i32) -> Option<Vec<Date>> {
    let units = i64::from(period) * i64::from(rule.interval);
    match rule.frequency {
        Frequency::Daily => {
            let date = start.checked_add(units.days()).ok()?;
            let holds = in_months(rule, date) && in_month_days(rule, date) && in_weekdays(rule, date);
            Some(holds.then_some(date).into_iter().collect())
        }
        Frequency::Weekly => {
            let week = week_of(start, rule.week_start).checked_add((units * 7).days()).ok()?;
            let is_meant = |date: &Date| {
                let on_day = if rule.days.is_empty() {
                    date.weekday() == start.weekday()
                } else {
                    in_weekdays(rule, *date)
                };
                on_day && in_months(rule, *date) && in_month_days(rule, *date)
            };
            Some((0..7).filter_map(|day| week.checked_add(day.days()).ok()).filter(is_meant).collect())
        }
        Frequency::Monthly => {
            let months = i64::from(months_of(start)) + units;
            let first = first_of(months)?;
            Some(if in_months(rule, first) { of_month(rule, start, first) } else { Vec::new() })
        }
        Frequency::Yearly => {
            let year = i16::try_from(i64::from(start.year()) + units).ok()?;
            let first = Date::new(year, 1, 1).ok()?;
            Some(of_year(rule, start, first))
        }
    }
}

fn first_of(months: i64) -> Option<Date> {
    let year = i16::try_from(months.div_euclid(12)).ok()?;
    let month = i8::try_from(months.rem_euclid(12)).ok()? + 1;
    Date::new(year, month, 1).ok().filter(|_| year < 9999)
}

fn in_months(rule: &Rule, date: Date) -> bool {
    rule.months.is_empty() || rule.months.contains(&date.month())
}

fn in_month_days(rule: &Rule, date: Date) -> bool {
    let from_end = date.day() - date.days_in_month() - 1;
    rule.month_days.is_empty() || rule.month_days.iter().any(|day| *day == date.day() || *day == from_end)
}

fn in_weekdays(rule: &Rule, date: Date) -> bool {
    rule.days.is_empty() || rule.days.iter().any(|(_, day)| *day == date.weekday())
}

/// Whether a date is one of the weekdays that are meant, each by its number from the first or the last of a span of days.
fn is_numbered_day(rule: &Rule, date: Date, (place, of): (i16, i16)) -> bool {
    rule.days.iter().any(|(number, day)| {
        let from_start = (place - 1) / 7 + 1;
        let from_end = -((of - place) / 7 + 1);
        *day == date.weekday() && (*number == 0 || [from_start, from_end].contains(&i16::from(*number)))
    })
}

fn month(first: Date) -> impl Iterator<Item = Date> {
    (1..=first.days_in_month()).filter_map(move |day| Date::new(first.year(), first.month(), day).ok())
}

fn of_month(rule: &Rule, start: Date, first: Date) -> Vec<Date> {
    let is_meant = |date: &Date| {
        if rule.month_days.is_empty() && rule.days.is_empty() {
            return date.day() == start.day();
        }
        let place = (i16::from(date.day()), i16::from(date.days_in_month()));
        in_month_days(rule, *date) && (rule.days.is_empty() || is_numbered_day(rule, *date, place))
    };
    month(first).filter(is_meant).collect()
}

fn of_year(rule: &Rule, start: Date, first: Date) -> Vec<Date> {
    let months = (1..=12).filter_map(|month| Date::new(first.year(), month, 1).ok());
    let months = months.filter(|first| in_months(rule, *first));
    if !rule.months.is_empty() {
        return months.flat_map(|first| of_month(rule, start, first)).collect();
    }
    let is_meant = |date: &Date| match (rule.days.is_empty(), rule.month_days.is_empty()) {
        (true, true) => date.month() == start.month() && date.day() == start.day(),
        (true, false) => in_month_days(rule, *date),
        (false, _) => {
            in_month_days(rule, *date)
                && is_numbered_day(rule, *date, (date.day_of_year(), date.days_in_year()))
        }
    };
    months.flat_map(month).filter(is_meant).collect()
}
