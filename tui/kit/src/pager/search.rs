//! What is looked for in a text.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// What makes a regular expression of what is typed into a field that otherwise takes plain text.
pub const EXPRESSION: char = '~';

/// A pattern may grow to so many bytes of memory.
const LARGEST: usize = 1 << 20;
/// So many hits of one line are shown.
const HITS: usize = 256;

/// How a pattern is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Reading {
    /// As a regular expression; where it is none, to the letter.
    #[default]
    Either,
    /// To the letter.
    Letter,
    /// As a regular expression; it was typed with a mark before it.
    Expression,
}

/// What a search is made of again.
#[derive(Serialize, Deserialize)]
struct Stored {
    pattern: String,
    #[serde(default)]
    reading: Reading,
}

/// A regular expression, or the very text where it is none. Capitals count only if there is one in the pattern.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Search {
    pattern: String,
    reading: Reading,
    regex: Regex,
}

impl PartialEq for Search {
    fn eq(&self, other: &Self) -> bool {
        (&self.pattern, self.reading) == (&other.pattern, other.reading)
    }
}

impl TryFrom<Stored> for Search {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        Self::read(&stored.pattern, stored.reading).ok_or("this cannot be looked for")
    }
}

impl From<Search> for Stored {
    fn from(Search { pattern, reading, .. }: Search) -> Self {
        Self { pattern, reading }
    }
}

impl Search {
    /// A pattern; `None` if it is empty or too large.
    #[must_use]
    pub fn new(pattern: &str) -> Option<Self> {
        Self::read(pattern, Reading::Either)
    }

    /// What was typed: plain text, or a regular expression after [`EXPRESSION`]. `None` if it is empty, no expression, or too large.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        match text.strip_prefix(EXPRESSION) {
            Some(pattern) => Self::read(pattern, Reading::Expression),
            None => Self::read(text, Reading::Letter),
        }
    }

    fn read(pattern: &str, reading: Reading) -> Option<Self> {
        if pattern.is_empty() {
            return None;
        }
        let build = |text: &str| {
            RegexBuilder::new(text).case_insensitive(ignores_case(pattern)).size_limit(LARGEST).build()
        };
        let letter = || build(&regex::escape(pattern));
        let regex = match reading {
            Reading::Either => build(pattern).or_else(|_| letter()),
            Reading::Letter => letter(),
            Reading::Expression => build(pattern),
        };
        Some(Self { pattern: pattern.to_owned(), reading, regex: regex.ok()? })
    }

    /// Whether it was typed as a regular expression.
    #[must_use]
    pub fn is_expression(&self) -> bool {
        self.reading == Reading::Expression
    }

    /// Whether capitals do not count.
    #[must_use]
    pub fn ignores_case(&self) -> bool {
        ignores_case(&self.pattern)
    }

    /// The pattern, without what marks it as an expression.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// As [`Search::typed`] takes it.
    #[must_use]
    pub fn text(&self) -> String {
        if self.is_expression() { format!("{EXPRESSION}{}", self.pattern) } else { self.pattern.clone() }
    }

    /// Whether a line has a hit.
    #[must_use]
    pub fn is_in(&self, text: &str) -> bool {
        self.regex.is_match(text)
    }

    /// Where in a line the hits are, in bytes.
    #[must_use]
    pub fn hits(&self, text: &str) -> Vec<Range<usize>> {
        let found = self.regex.find_iter(text).filter(|hit| !hit.is_empty());
        found.take(HITS).map(|hit| hit.range()).collect()
    }
}

/// Capitals count only if there is one; what stands after a backslash is no letter.
fn ignores_case(pattern: &str) -> bool {
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => drop(chars.next()),
            char if char.is_uppercase() => return false,
            _ => {}
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_plain_text_unless_it_is_marked_as_an_expression() {
        assert_eq!(Search::typed("a.c").unwrap().hits("abc a.c a.c"), [4..7, 8..11]);
        assert_eq!(Search::typed("~a.c").unwrap().hits("abc a.c"), [0..3, 4..7]);
        assert!(Search::typed("~\\S+").unwrap().ignores_case());
        assert_eq!((Search::typed("~("), Search::typed("~"), Search::typed("")), (None, None, None));
        let stored = serde_json::to_string(&Search::typed("f(x").unwrap()).unwrap();
        assert_eq!(serde_json::from_str::<Search>(&stored).unwrap(), Search::typed("f(x").unwrap());
    }

    #[test]
    fn what_is_no_expression_is_looked_for_as_it_stands() {
        let search = Search::new("f(x").unwrap();
        assert!(search.is_in("y = F(X)"));
        assert_eq!(Search::new("err|warn").unwrap().hits("an error, a WARNING"), [3..6, 12..16]);
    }

    #[test]
    fn capitals_count_once_there_is_one() {
        assert!(!Search::new("Error").unwrap().is_in("error"));
        assert!(Search::new("error").unwrap().is_in("ERROR"));
    }

    #[test]
    fn an_empty_pattern_looks_for_nothing_and_a_bomb_is_refused() {
        assert_eq!(Search::new(""), None);
        assert!(Search::new("(((a{100}){100}){100}){100}").is_some_and(|bomb| !bomb.is_in("aaaa")));
        assert!(Search::new("x*").unwrap().hits("aaa").is_empty());
    }
}
