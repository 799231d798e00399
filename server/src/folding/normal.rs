//! What differs by nature, taken out of a line: instants, the node's own names, numbers.
//!
//! One pass over the bytes, which need be no UTF-8; a place is looked at closer only where a word or a number begins. What is taken
//! out leaves a mark that begins with a NUL, so that a text which looks like a mark is seldom taken for one.

use pilothouse_api::folding::Normal;

use super::instants;

const TIME: &[u8] = b"\0t";
const HOST: &[u8] = b"\0h";
const NUMBER: &[u8] = b"\0n";
/// Names that are shorter are words of any language.
const SHORTEST_NAME: usize = 2;
/// Digits and letters from which on a hexadecimal word is taken for a number.
const HEXADECIMAL: usize = 6;

/// What a node calls itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnNames(Vec<Vec<u8>>);

impl OwnNames {
    /// These, in any case, and without their domain.
    pub fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let mut own = Vec::new();
        for name in names {
            let short = name.split('.').next().filter(|_| !is_address(name));
            own.extend(
                [Some(name), short].into_iter().flatten().map(|it| it.to_ascii_lowercase().into_bytes()),
            );
        }
        own.retain(|name| name.len() >= SHORTEST_NAME);
        own.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        own.dedup();
        Self(own)
    }

    /// The length of the name that the text begins with.
    fn at(&self, text: &[u8]) -> Option<usize> {
        let first = text.first()?.to_ascii_lowercase();
        let begins = |name: &&Vec<u8>| {
            name.first() == Some(&first)
                && text.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name))
                && text.get(name.len()).is_none_or(|next| !is_of_name(*next))
        };
        self.0.iter().find(begins).map(Vec::len)
    }
}

/// Whether it is an address: what stands before its first dot is no name.
fn is_address(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'.' | b':'))
}

/// Whether it can be a part of a host's name.
const fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Whether nothing is taken out.
pub const fn is_nothing(normal: Normal) -> bool {
    !(normal.timestamps || normal.host_names || normal.numbers)
}

/// Appends the line, without what differs by nature, to `into`.
pub fn normalise(line: &[u8], normal: Normal, own: &OwnNames, into: &mut Vec<u8>) {
    let begin = into.len();
    let mut at = 0;
    while let Some(byte) = line.get(at).copied() {
        let before = at.checked_sub(1).and_then(|before| line.get(before)).copied();
        let rest = line.get(at..).unwrap_or_default();
        if let Some((mark, length)) = taken(rest, before, normal, own) {
            into.extend_from_slice(mark);
            at += length;
            continue;
        }
        at += 1;
        if normal.numbers && matches!(byte, b' ' | b'\t') {
            // Columns are as wide as their numbers.
            if into.len() > begin && into.last() != Some(&b' ') {
                into.push(b' ');
            }
        } else {
            into.push(byte);
        }
    }
}

/// What the text begins with that is taken out: its mark and its length.
fn taken(rest: &[u8], before: Option<u8>, normal: Normal, own: &OwnNames) -> Option<(&'static [u8], usize)> {
    let first = *rest.first()?;
    if !first.is_ascii_alphanumeric() {
        return None;
    }
    if before.is_none_or(|before| !before.is_ascii_alphanumeric()) {
        let begins_name = normal.host_names && before.is_none_or(|before| !is_of_name(before));
        if begins_name && let Some(length) = own.at(rest) {
            return Some((HOST, length));
        }
        if normal.timestamps
            && let Some(length) = instants::length(rest)
        {
            return Some((TIME, length));
        }
        if normal.numbers
            && let Some(length) = hexadecimal(rest)
        {
            return Some((NUMBER, length));
        }
    }
    (normal.numbers && first.is_ascii_digit()).then(|| (NUMBER, decimal(rest)))
}

/// The length of the number that the text begins with: digits, with separators between them.
fn decimal(text: &[u8]) -> usize {
    let mut length = 0;
    loop {
        length += text[length..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let separator = matches!(text.get(length), Some(b'.' | b','));
        if !(separator && text.get(length + 1).is_some_and(u8::is_ascii_digit)) {
            return length;
        }
        length += 1;
    }
}

/// The length of the hexadecimal number that the text begins with: `0x…`, an id in groups, or a long word of such digits.
fn hexadecimal(text: &[u8]) -> Option<usize> {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    if let Some(rest) = text.strip_prefix(b"0x").or_else(|| text.strip_prefix(b"0X")) {
        return Some(digits(rest)).filter(|found| *found > 0).map(|found| found + 2);
    }
    let mut length = digits(text);
    if length == 0 {
        return None;
    }
    // `0b0d5a8e-3f6e-…`, `02:42:ac:…`: groups of the same kind, by one separator.
    let separator = text.get(length).copied().filter(|byte| matches!(byte, b'-' | b':'));
    let mut groups = 1;
    while let Some(rest) = separator.and_then(|it| text[length..].strip_prefix(&[it])) {
        let more = digits(rest);
        if more < 2 || rest.get(more).is_some_and(u8::is_ascii_alphanumeric) {
            break;
        }
        groups += 1;
        length += 1 + more;
    }
    let word = text.get(..length)?;
    let is_long = length >= HEXADECIMAL && (groups == 1 || groups >= 5);
    let is_mixed = word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic);
    let ends = text.get(length).is_none_or(|next| !next.is_ascii_alphanumeric());
    (is_long && (is_mixed || groups >= 5) && ends).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Normal = Normal { timestamps: true, host_names: true, numbers: true };

    fn normal(normal: Normal, line: &str) -> String {
        let own = OwnNames::new(["Web-01.example.com", "10.0.0.7", "mi-0123456789abcdef0"]);
        let mut into = Vec::new();
        normalise(line.as_bytes(), normal, &own, &mut into);
        String::from_utf8(into).unwrap().replace('\0', "%")
    }

    #[test]
    fn a_node_s_own_names_are_taken_out_in_any_case_and_only_whole() {
        let hosts = Normal { host_names: true, ..Normal::default() };
        for (line, told) in [
            ("web-01 is up", "%h is up"),
            ("WEB-01.EXAMPLE.COM: ok", "%h: ok"),
            ("root@web-01:~# at 10.0.0.7", "root@%h:~# at %h"),
            ("web-011 my-web-01 web-01-old", "web-011 my-web-01 web-01-old"),
            ("110.0.0.7 10.0.0.70", "110.0.0.7 10.0.0.70"),
            ("id mi-0123456789abcdef0!", "id %h!"),
        ] {
            assert_eq!(normal(hosts, line), told);
        }
    }

    #[test]
    fn numbers_are_taken_out_with_the_blanks_that_their_width_asks_for() {
        let numbers = Normal { numbers: true, ..Normal::default() };
        for (line, told) in [
            ("  12 files, 3.5 MB", "%n files, %n MB"),
            ("1,234.5 files,  17 MB", "%n files, %n MB"),
            ("eth0 at 0x7fff12 by 3fa94c", "eth%n at %n by %n"),
            ("0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11 done", "%n done"),
            ("mac 02:42:ac:11:00:02", "mac %n"),
            ("facade decade added", "facade decade added"),
        ] {
            assert_eq!(normal(numbers, line), told);
        }
    }

    #[test]
    fn without_a_wish_a_line_stays_what_it_is() {
        let line = "web-01 at 2026-11-24 20:28:47:  17";
        assert_eq!(normal(Normal::default(), line), line);
        assert_eq!(normal(ALL, line), "%h at %t: %n");
    }
}
