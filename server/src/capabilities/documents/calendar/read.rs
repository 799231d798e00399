//! From content lines to a calendar, or to what is not understood and where.

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::super::content::Unfit;
use super::Budget;
use super::event::{Event, Length, Moment};
use super::line::{Line, lines};
use super::rule::Rule;

/// The most events of a calendar.
const EVENTS: usize = 1000;

/// A calendar.
#[derive(Debug)]
pub(super) struct Calendar {
    /// What it is while no event is.
    pub(super) is_open: bool,
    pub(super) events: Vec<Event>,
}

/// Reads a calendar.
///
/// # Errors
/// What is wrong, and in which line.
pub(super) fn calendar(text: &str) -> Result<Calendar, Unfit> {
    let lines = lines(text)?;
    let (mut open, mut kind, mut zone) = (Vec::<(&str, usize)>::new(), None, TimeZone::UTC);
    let (mut current, mut parts): (Vec<&Line>, Vec<Vec<&Line>>) = (Vec::new(), Vec::new());
    if lines.first().is_none_or(|line| line.name != "BEGIN" || line.value != "VCALENDAR") {
        return Err(Unfit::at(1, 1, "expected BEGIN:VCALENDAR"));
    }
    for line in &lines {
        match line.name.as_str() {
            "BEGIN" if open.is_empty() && line.number != lines[0].number => {
                return Err(line.unfit("expected one VCALENDAR and nothing after it"));
            }
            "BEGIN" => open.push((&line.value, line.number)),
            "END" if open.last().is_some_and(|(name, _)| *name == line.value) => {
                open.pop();
                if line.value == "VEVENT" {
                    parts.push(std::mem::take(&mut current));
                }
            }
            "END" => return Err(line.unfit(format!("{} was not begun here", line.value))),
            "X-CALENDAR-TYPE" if open.len() == 1 => kind = Some(line),
            "X-WR-TIMEZONE" if open.len() == 1 => zone = named_zone(line, &line.value)?,
            _ if open.len() == 2 && open[1].0 == "VEVENT" => current.push(line),
            _ => {}
        }
    }
    if let Some((name, number)) = open.pop() {
        return Err(Unfit::at(number, 1, format!("{name} is not ended")));
    }
    let is_open = is_open(kind)?;
    if parts.len() > EVENTS {
        return Err(Unfit::at(1, 1, format!("{} events are over the limit of {EVENTS}", parts.len())));
    }
    Ok(Calendar { is_open, events: events(&parts, &zone)? })
}

/// What a calendar is while no event is.
fn is_open(kind: Option<&Line>) -> Result<bool, Unfit> {
    match kind.map(|line| (line, line.value.as_str())) {
        Some((_, "DEFAULT_OPEN")) => Ok(true),
        Some((_, "DEFAULT_CLOSED")) => Ok(false),
        Some((line, _)) => Err(line.unfit("expected DEFAULT_OPEN or DEFAULT_CLOSED")),
        None => Err(Unfit::at(1, 1, "expected a line X-CALENDAR-TYPE:DEFAULT_OPEN or DEFAULT_CLOSED")),
    }
}

/// Events; one that stands for an occurrence of another takes that one's place.
fn events(parts: &[Vec<&Line>], zone: &TimeZone) -> Result<Vec<Event>, Unfit> {
    let budget = Budget::default();
    let mut displaced: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
    let uid = |part: &[&'_ Line]| part.iter().find(|line| line.name == "UID").map(|line| line.value.clone());
    let uids: Vec<String> = parts.iter().map(|part| uid(part).unwrap_or_default()).collect();
    for (part, uid) in parts.iter().zip(&uids) {
        if let Some(line) = part.iter().find(|line| line.name == "RECURRENCE-ID") {
            displaced.entry(uid).or_default().push(moment(line, &line.value, zone)?.second());
        }
    }
    let mut events = Vec::new();
    for (part, uid) in parts.iter().zip(&uids) {
        let Some(mut event) = event(part, zone, &budget)? else { continue };
        if part.iter().all(|line| line.name != "RECURRENCE-ID") {
            event.without.extend(displaced.get(uid.as_str()).into_iter().flatten());
        }
        events.push(event);
    }
    Ok(events)
}

/// An event; nothing for one that is cancelled or takes no time.
fn event(part: &[&Line], zone: &TimeZone, budget: &Budget) -> Result<Option<Event>, Unfit> {
    let find = |name: &str| part.iter().copied().find(|line| line.name == name);
    let Some(first) = part.first() else { return Ok(None) };
    let line = find("DTSTART").ok_or_else(|| Unfit::at(first.number, 1, "an event has no DTSTART"))?;
    let start = moment(line, &line.value, zone)?;
    let length = match (find("DTEND"), find("DURATION")) {
        (Some(end), _) => Length::between(&start, &moment(end, &end.value, zone)?)
            .ok_or_else(|| end.unfit("an event ends before it begins"))?,
        (None, Some(line)) => {
            Length::read(&line.value).ok_or_else(|| line.unfit("expected a duration, such as PT1H30M"))?
        }
        (None, None) => Length { days: i64::from(start.is_date), seconds: 0 },
    };
    let rule = match find("RRULE") {
        None => None,
        Some(line) => {
            let rule = Rule::read(&line.value, &start).map_err(|why| line.unfit(why))?;
            Some(rule.counted(&start, budget).map_err(|why| line.unfit(why))?)
        }
    };
    let all = |name: &str| {
        let of_name = part.iter().filter(|line| line.name == name);
        let each = of_name.flat_map(|line| line.value.split(',').map(move |value| (line, value)));
        each.map(|(line, value)| moment(line, value, zone)).collect::<Result<Vec<_>, Unfit>>()
    };
    let also = all("RDATE")?;
    let without = all("EXDATE")?.iter().map(Moment::second).collect();
    let is_cancelled = find("STATUS").is_some_and(|line| line.value == "CANCELLED");
    let event = Event { start, length, rule, also, without };
    Ok((!is_cancelled && !event.length.is_zero()).then_some(event))
}

fn named_zone(line: &Line, name: &str) -> Result<TimeZone, Unfit> {
    TimeZone::get(name)
        .map_err(|_| line.unfit(format!("{name:?} is no time zone of the IANA's that is known here")))
}

/// A date or a time, with the zone that it is meant in.
fn moment(line: &Line, value: &str, zone: &TimeZone) -> Result<Moment, Unfit> {
    let value = value.trim();
    let unfit = || line.unfit(format!("{value:?}: expected a time, such as 20261224T180000Z, or a date"));
    let zone = match line.parameter("TZID") {
        _ if value.ends_with('Z') => TimeZone::UTC,
        Some(name) => named_zone(line, name)?,
        None => zone.clone(),
    };
    let moment = if value.len() == 8 {
        let date = Date::strptime("%Y%m%d", value).map_err(|_| unfit())?;
        Moment { at: date.at(0, 0, 0, 0), zone, is_date: true }
    } else {
        let at = DateTime::strptime("%Y%m%dT%H%M%S", value.trim_end_matches('Z')).map_err(|_| unfit())?;
        Moment { at, zone, is_date: false }
    };
    if (1970..=9000).contains(&moment.at.year()) { Ok(moment) } else { Err(unfit()) }
}
