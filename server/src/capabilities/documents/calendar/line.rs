//! Content lines of iCalendar: `NAME;PARAMETER=value:value`, folded over several lines of text.

use super::super::content::Unfit;

/// A content line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins, from 1.
    pub(super) number: usize,
    /// In capitals.
    pub(super) name: String,
    parameters: Vec<(String, String)>,
    /// What stands behind the colon.
    pub(super) value: String,
}

impl Line {
    /// A parameter, by its name in capitals.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    /// What is wrong with this line.
    pub(super) fn unfit(&self, message: impl std::fmt::Display) -> Unfit {
        Unfit::at(self.number, 1, format!("{}: {message}", self.name))
    }

    fn read(number: usize, text: &str) -> Option<Self> {
        let (mut parts, mut part, mut is_quoted, mut value) = (Vec::new(), String::new(), false, None);
        for (at, c) in text.char_indices() {
            match c {
                '"' => is_quoted = !is_quoted,
                ';' if !is_quoted => parts.push(std::mem::take(&mut part)),
                ':' if !is_quoted => {
                    value = Some(text[at + 1..].to_owned());
                    break;
                }
                c => part.push(c),
            }
        }
        parts.push(part);
        let mut parts = parts.into_iter();
        let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_uppercase();
        let parameters = parts
            .map(|part| {
                part.split_once('=').map(|(name, value)| (name.to_ascii_uppercase(), value.to_owned()))
            })
            .collect::<Option<Vec<_>>>()?;
        Some(Self { number, name, parameters, value: value? })
    }
}

/// The content lines of a text.
///
/// # Errors
/// A line that is none.
pub(super) fn lines(text: &str) -> Result<Vec<Line>, Unfit> {
    let mut whole: Vec<(usize, String)> = Vec::new();
    for (i, line) in text.lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), whole.last_mut()) {
            (Some(rest), Some((_, before))) => before.push_str(rest),
            _ if line.trim().is_empty() => {}
            _ => whole.push((i + 1, line.trim_end().to_owned())),
        }
    }
    let each = whole.into_iter().map(|(number, text)| {
        let none = || Unfit::at(number, 1, "expected a line of iCalendar, such as SUMMARY:Freeze");
        Line::read(number, &text).ok_or_else(none)
    });
    each.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folded_line_is_one_and_a_quoted_sign_ends_nothing() {
        let text = "begin:VCALENDAR\r\nDTSTART;TZID=\"Europe/Berlin;:\";value=DATE-TIME:2026\r\n 0101T000000\r\n\r\n";
        let all = lines(text).unwrap();
        assert_eq!((all[0].name.as_str(), all[0].value.as_str()), ("BEGIN", "VCALENDAR"));
        assert_eq!(all[1].parameter("TZID"), Some("Europe/Berlin;:"));
        assert_eq!(
            (all[1].parameter("VALUE"), all[1].value.as_str()),
            (Some("DATE-TIME"), "20260101T000000")
        );
        assert_eq!(lines("BEGIN:VCALENDAR\nno line").unwrap_err().finding().line, 2);
    }
}
