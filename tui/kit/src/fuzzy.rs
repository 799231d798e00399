//! Finding what is meant by a few letters.
//!
//! In: a pattern, candidates. Out: the ones that fit, best first, and which letters did it.
//! Blanks separate words that must all fit; a word may begin with `!` (not), `^` (at the beginning), `'` (exactly), or end
//! with `$`. A capital makes its word case-sensitive. Never here: what the candidates are.

use std::cmp::Reverse;

use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};

/// Candidates are looked at up to so many characters.
const LONGEST: usize = 512;

/// A pattern being matched; keeps its memory between keys.
#[derive(Debug)]
pub struct Fuzzy {
    matcher: Matcher,
    chars: Vec<char>,
}

impl Default for Fuzzy {
    fn default() -> Self {
        Self { matcher: Matcher::new(Config::DEFAULT), chars: Vec::new() }
    }
}

/// A candidate that fits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranked {
    /// Its place among the candidates.
    pub at: usize,
    /// The higher, the better.
    pub score: u32,
}

impl Fuzzy {
    /// The candidates that fit, best first; of equally good ones the shorter, then in their own order. An empty pattern
    /// fits all, in their own order.
    pub fn rank<'a>(&mut self, pattern: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<Ranked> {
        let parsed = parse(pattern);
        let candidates = candidates.into_iter().enumerate();
        let mut fitting: Vec<(Ranked, usize)> = candidates
            .filter_map(|(at, text)| {
                let score = parsed.score(Utf32Str::new(head(text), &mut self.chars), &mut self.matcher)?;
                Some((Ranked { at, score }, text.len()))
            })
            .collect();
        if !pattern.is_empty() {
            fitting.sort_by_key(|(ranked, len)| (Reverse(ranked.score), *len));
        }
        fitting.into_iter().map(|(ranked, _)| ranked).collect()
    }

    /// Which characters of `text` fit, by number from 0, in order.
    pub fn hits(&mut self, pattern: &str, text: &str) -> Vec<usize> {
        let mut found = Vec::new();
        let haystack = Utf32Str::new(head(text), &mut self.chars);
        parse(pattern).indices(haystack, &mut self.matcher, &mut found);
        let mut found: Vec<usize> = found.into_iter().filter_map(|at| usize::try_from(at).ok()).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn parse(pattern: &str) -> Pattern {
    Pattern::parse(pattern, CaseMatching::Smart, Normalization::Smart)
}

fn head(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<'a>(pattern: &str, words: &[&'a str]) -> Vec<&'a str> {
        Fuzzy::default().rank(pattern, words.iter().copied()).iter().map(|ranked| words[ranked.at]).collect()
    }

    #[test]
    fn a_few_letters_find_what_is_meant_best_first() {
        let words = ["cancel the command", "run a command", "copy", "commands"];
        assert_eq!(found("comm", &words), ["commands", "run a command", "cancel the command"]);
        assert_eq!(found("rac", &words)[0], "run a command");
        assert_eq!(found("", &words), words);
        assert_eq!(found("command !run", &words), ["commands", "cancel the command"]);
        assert!(found("xyz", &words).is_empty());
    }

    #[test]
    fn the_letters_that_fit_are_told() {
        assert_eq!(Fuzzy::default().hits("rc", "run a command"), [0, 6]);
        assert!(Fuzzy::default().hits("", "run").is_empty());
    }

    #[test]
    fn a_huge_candidate_is_looked_at_in_part() {
        let long = "a".repeat(1_000_000) + "needle";
        assert!(found("needle", &[&long]).is_empty());
    }
}
