//! What is looked for in a text.

use std::ops::Range;

use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

/// A pattern may grow to so many bytes of memory.
const LARGEST: usize = 1 << 20;
/// So many hits of one line are shown.
const HITS: usize = 256;

/// A regular expression, or the very text where it is none. Capitals count only if there is one in the pattern.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Search {
    pattern: String,
    regex: Regex,
}

impl PartialEq for Search {
    fn eq(&self, other: &Self) -> bool {
        self.pattern == other.pattern
    }
}

impl TryFrom<String> for Search {
    type Error = &'static str;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        Self::new(&pattern).ok_or("this cannot be looked for")
    }
}

impl From<Search> for String {
    fn from(search: Search) -> Self {
        search.pattern
    }
}

impl Search {
    /// A pattern; `None` if it is empty or too large.
    #[must_use]
    pub fn new(pattern: &str) -> Option<Self> {
        if pattern.is_empty() {
            return None;
        }
        let capitals = pattern.chars().any(char::is_uppercase);
        let build =
            |text: &str| RegexBuilder::new(text).case_insensitive(!capitals).size_limit(LARGEST).build();
        let regex = build(pattern).or_else(|_| build(&regex::escape(pattern))).ok()?;
        Some(Self { pattern: pattern.to_owned(), regex })
    }

    /// As it was typed.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
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

#[cfg(test)]
mod tests {
    use super::*;

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
