//! Instants in texts: how long the date or time of day is that a text begins with, in any of the forms that logs have.

const MONTHS: [&[u8]; 12] =
    [b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec"];
const WEEKDAYS: [&[u8]; 7] = [b"Mon", b"Tue", b"Wed", b"Thu", b"Fri", b"Sat", b"Sun"];

/// The length of the instant that the text begins with; `None` if it is none.
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let start = Scan { text, at: 0 };
    let form = match text.first()? {
        b'0'..=b'9' => iso(start).or_else(|| compact(start)).or_else(|| day_first(start)).or_else(|| {
            let (time, has_seconds) = time(start)?;
            has_seconds.then(|| zone(time))
        }),
        b'A'..=b'Z' => named(start),
        _ => None,
    }?;
    form.is_at_end_of_word().then_some(form.at)
}

/// A place in a text; copied, so that a form that does not fit costs nothing.
#[derive(Clone, Copy)]
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
}

impl Scan<'_> {
    fn next(self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn is_at_end_of_word(self) -> bool {
        self.next().is_none_or(|next| !next.is_ascii_alphanumeric())
    }

    /// Past one of these bytes.
    fn byte(self, any: &[u8]) -> Option<Self> {
        any.contains(&self.next()?).then_some(Self { at: self.at + 1, ..self })
    }

    /// Past one of these words.
    fn word(self, any: &[&[u8]]) -> Option<Self> {
        let rest = self.text.get(self.at..)?;
        let word = any.iter().find(|word| rest.starts_with(word))?;
        Some(Self { at: self.at + word.len(), ..self })
    }

    /// Past a number of so many digits, within bounds.
    fn number(
        self,
        digits: std::ops::RangeInclusive<usize>,
        bounds: std::ops::RangeInclusive<u32>,
    ) -> Option<Self> {
        let rest = self.text.get(self.at..)?;
        let found = rest.iter().take(digits.end() + 1).take_while(|byte| byte.is_ascii_digit()).count();
        let value = rest.get(..found)?.iter().fold(0u32, |value, digit| value * 10 + u32::from(digit - b'0'));
        (digits.contains(&found) && bounds.contains(&value)).then_some(Self { at: self.at + found, ..self })
    }

    /// Past exactly so many digits, within bounds, whatever follows.
    fn digits(self, count: usize, bounds: std::ops::RangeInclusive<u32>) -> Option<Self> {
        let end = self.at + count;
        let scan = Scan { text: self.text.get(..end)?, ..self };
        scan.number(count..=count, bounds).map(|scan| Self { at: scan.at, ..self })
    }

    fn year(self) -> Option<Self> {
        self.digits(4, 1900..=2200)
    }

    fn day(self) -> Option<Self> {
        self.number(1..=2, 1..=31)
    }

    /// Past any blanks.
    fn blanks(mut self) -> Self {
        while self.next() == Some(b' ') {
            self.at += 1;
        }
        self
    }
}

/// `20:28`, `20:28:47`, `20:28:47.123`; with whether it has seconds.
fn time(start: Scan<'_>) -> Option<(Scan<'_>, bool)> {
    let minutes = start.number(1..=2, 0..=24)?.byte(b":")?.digits(2, 0..=59)?;
    let Some(mut seconds) = minutes.byte(b":").and_then(|it| it.digits(2, 0..=60)) else {
        return Some((minutes, false));
    };
    if let Some(fraction) =
        seconds.byte(b".,").filter(|it| it.next().is_some_and(|next| next.is_ascii_digit()))
    {
        seconds = fraction;
        while seconds.next().is_some_and(|next| next.is_ascii_digit()) {
            seconds.at += 1;
        }
    }
    Some((seconds, true))
}

/// Past `Z`, `+01:00`, ` +0100`, ` UTC`, ` CEST`, ` PM`, if there is one.
fn zone(start: Scan<'_>) -> Scan<'_> {
    let from = start.byte(b" ").unwrap_or(start);
    let offset = |scan: Scan<'_>| {
        let hours = scan.byte(b"+-")?.digits(2, 0..=14)?;
        Some(hours.byte(b":").unwrap_or(hours).digits(2, 0..=59)?.at)
    };
    let letters = |scan: Scan<'_>| {
        let rest = scan.text.get(scan.at..)?;
        let count = rest.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        let known = [b"UTC".as_slice(), b"GMT", b"AM", b"PM", b"Z"].iter().any(|it| rest.starts_with(it));
        let is_zone = matches!(count, 3 | 4) && rest.get(count - 1) == Some(&b'T');
        (known && count <= 3 || is_zone).then_some(scan.at + count)
    };
    let ends = offset(from).or_else(|| letters(from)).map(|at| Scan { at, ..start });
    ends.filter(|it| it.is_at_end_of_word()).unwrap_or(start)
}

/// A time of day with its zone, behind what stands between it and the date, if there is one.
fn with_time<'a>(date: Scan<'a>, between: &[u8]) -> Scan<'a> {
    let Some(behind) = date.byte(between) else { return date };
    time(behind.blanks()).map_or(date, |(time, _)| zone(time))
}

/// `2026-11-24`, `2026/11/24 20:28`, `2026-11-24T20:28:47.123Z`.
fn iso(start: Scan<'_>) -> Option<Scan<'_>> {
    let year = start.year()?;
    let separator = [year.next().filter(|byte| matches!(byte, b'-' | b'/'))?];
    let date = year.byte(&separator)?.digits(2, 1..=12)?.byte(&separator)?.digits(2, 1..=31)?;
    Some(with_time(date, b"T :_"))
}

/// `20261124T202847Z`.
fn compact(start: Scan<'_>) -> Option<Scan<'_>> {
    let date = start.year()?.digits(2, 1..=12)?.digits(2, 1..=31)?.byte(b"T")?;
    let time = date.digits(2, 0..=24)?.digits(2, 0..=59)?.digits(2, 0..=60)?;
    Some(time.byte(b"Z").unwrap_or(time))
}

/// `24 Nov 2026 20:28:47 +0000`, `24/Nov/2026:20:28:47 +0000`, `24-Nov-2026`.
fn day_first(start: Scan<'_>) -> Option<Scan<'_>> {
    let separator = b" /-";
    let month = start.day()?.byte(separator)?.word(&MONTHS)?;
    Some(with_time(month.byte(separator)?.year()?, b" :"))
}

/// `Nov 24 20:28:47`, `Nov  4 2026`, `Tue Nov 24 20:28:47 UTC 2026`, `Tue, 24 Nov 2026 20:28:47 GMT`.
fn named(start: Scan<'_>) -> Option<Scan<'_>> {
    let weekday = start.word(&WEEKDAYS).map(|it| it.byte(b",").unwrap_or(it).blanks());
    if let Some(date) = weekday.and_then(day_first) {
        return Some(date);
    }
    let date = weekday.unwrap_or(start).word(&MONTHS)?.byte(b" ")?.blanks().day()?;
    let time = with_time(date, b" ");
    let year = time.byte(b" ").map(Scan::blanks).and_then(Scan::year).filter(|it| it.is_at_end_of_word());
    Some(year.unwrap_or(time)).filter(|it| it.at > date.at || weekday.is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_of_all_forms_that_logs_have_are_found_whole() {
        for instant in [
            "2026-11-24",
            "2026/11/24 20:28",
            "2026-11-24T20:28:47Z",
            "2026-11-24T20:28:47.123456+01:00",
            "2026-11-24 20:28:47,123",
            "20261124T202847Z",
            "20:28:47",
            "20:28:47.001 UTC",
            "9:28:47 PM",
            "Nov 24 20:28:47",
            "Nov  4 20:28",
            "Nov 24  2025",
            "Tue Nov 24 20:28:47 UTC 2026",
            "Tue Nov 24 20:28:47 CEST 2026",
            "Tue, 24 Nov 2026 20:28:47 GMT",
            "24/Nov/2026:20:28:47 +0000",
        ] {
            assert_eq!(length(instant.as_bytes()), Some(instant.len()), "{instant}");
            assert_eq!(length(format!("{instant}] next").as_bytes()), Some(instant.len()), "{instant}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_none() {
        for text in
            ["20:28", "1.2.3", "2026", "2026-13-24", "May the", "Monday", "Nov 24", "12:34:99", "2026-11-24x"]
        {
            assert_eq!(length(text.as_bytes()), None, "{text}");
        }
        assert_eq!(length(b"20:28:47 THE end"), Some(8), "an upper-case word behind it is no zone");
    }
}
