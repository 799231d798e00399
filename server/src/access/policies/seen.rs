//! Attributes of a resource as statements see them, and what is asked about them.

use cedar_policy::pst::PatternElem;

use crate::access::{Kind, Resource, Value};

/// What is asked about a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Has,
    Is(String),
    Like(Vec<PatternElem>),
}

/// Its length first, so that two texts cannot be taken for two others.
pub(super) fn text(key: &mut Vec<u8>, text: &str) {
    key.extend(text.len().to_le_bytes());
    key.extend(text.as_bytes());
}

/// An attribute as statements see it.
pub(super) enum Seen<'a> {
    Absent,
    Text(&'a str),
    Other(&'a Value),
}

impl<'a> Seen<'a> {
    pub(super) fn of(resource: &'a Resource, name: &str) -> Self {
        match resource.attributes.get(name) {
            Some(Value::Text(text)) => Self::Text(text),
            Some(other) => Self::Other(other),
            None if name == "name" => Self::Text(&resource.name),
            // Made from the id, and as different as the ids.
            None if name == "reference" && matches!(resource.kind, Kind::User | Kind::Role) => {
                Self::Text(&resource.id)
            }
            None => Self::Absent,
        }
    }
}

/// Writes it: equal bytes, equal values.
pub(super) fn value(key: &mut Vec<u8>, it: &Seen<'_>) {
    match it {
        Seen::Absent => key.push(0),
        Seen::Text(it) => {
            key.push(1);
            text(key, it);
        }
        Seen::Other(Value::Text(it)) => value(key, &Seen::Text(it)),
        Seen::Other(Value::Texts(them)) => {
            key.push(2);
            key.extend(them.len().to_le_bytes());
            them.iter().for_each(|it| text(key, it));
        }
        Seen::Other(Value::Flag(it)) => key.extend([3, u8::from(*it)]),
    }
}

/// What a test says about it.
pub(super) fn answer(it: &Seen<'_>, test: &Test) -> u8 {
    match (it, test) {
        (Seen::Absent, _) => 0,
        (Seen::Other(_), _) => 1,
        (Seen::Text(_), Test::Has) => 2,
        (Seen::Text(it), Test::Is(wanted)) => 2 + u8::from(it == wanted),
        (Seen::Text(it), Test::Like(pattern)) => 2 + u8::from(is_like(it, pattern)),
    }
}

/// Whether a text is like a pattern, as Cedar understands it: a wildcard stands for any characters, or none.
fn is_like(text: &str, pattern: &[PatternElem]) -> bool {
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut nth, mut wildcard) = (0, 0, None);
    while at < text.len() {
        match (pattern.get(nth), wildcard) {
            (Some(PatternElem::Wildcard), _) => {
                wildcard = Some((nth, at));
                nth += 1;
            }
            (Some(PatternElem::Char(wanted)), _) if *wanted == text[at] => (at, nth) = (at + 1, nth + 1),
            // The last wildcard stands for one character more.
            (_, Some((star, from))) => {
                (at, nth) = (from + 1, star + 1);
                wildcard = Some((star, from + 1));
            }
            (_, None) => return false,
        }
    }
    pattern[nth..].iter().all(|it| *it == PatternElem::Wildcard)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        let element = |c| if c == '*' { PatternElem::Wildcard } else { PatternElem::Char(c) };
        is_like(text, &pattern.chars().map(element).collect::<Vec<_>>())
    }

    #[test]
    fn a_wildcard_stands_for_any_characters_or_none() {
        for (text, pattern) in [
            ("", ""),
            ("", "**"),
            ("web-1", "web-*"),
            ("web-", "web-*"),
            ("aXbXc", "a*b*c"),
            ("ababc", "*abc"),
            ("é-1", "é*1"),
        ] {
            assert!(like(text, pattern), "{text} {pattern}");
        }
        for (text, pattern) in
            [("a", ""), ("", "a"), ("web", "web-*"), ("aXbX", "a*b*c"), ("abcd", "*abc"), ("Web-1", "web-*")]
        {
            assert!(!like(text, pattern), "{text} {pattern}");
        }
    }
}
