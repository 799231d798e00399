//! Walking through a line.

use std::ops::Range;

use super::Parts;
use crate::theme::Role;

/// A line, and how far it was read.
pub(super) struct Scan<'a> {
    pub line: &'a str,
    pub at: usize,
    pub parts: Parts,
}

impl<'a> Scan<'a> {
    pub fn new(line: &'a str) -> Self {
        Self { line, at: 0, parts: Parts::new() }
    }

    pub fn rest(&self) -> &'a str {
        &self.line[self.at..]
    }

    pub fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Whether nothing but a blank, or nothing, is before here.
    pub fn after_blank(&self) -> bool {
        self.line[..self.at].chars().next_back().is_none_or(char::is_whitespace)
    }

    pub fn skip(&mut self) {
        self.at += self.peek().map_or(0, char::len_utf8);
    }

    /// Goes on while it holds; returns what was passed.
    pub fn pass(&mut self, holds: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|char| !holds(char)).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    pub fn put(&mut self, range: Range<usize>, role: Role) {
        if !range.is_empty() {
            self.parts.push((range, role));
        }
    }

    /// Everything from `from` up to here looks like `role`, but what is filled in.
    pub fn put_text(&mut self, from: usize, role: Role) {
        let (mut from, to) = (from, self.at);
        while let Some((begin, end)) = slot(&self.line[from..to]) {
            self.put(from..from + begin, role);
            self.put(from + begin..from + end, Role::CodeSlot);
            from += end;
        }
        self.put(from..to, role);
    }

    /// Goes behind the quote that ends a text; says whether there is one. A backslash may keep it from ending.
    pub fn pass_quoted(&mut self, quote: char, escapes: bool) -> bool {
        while let Some(char) = self.peek() {
            self.skip();
            if char == quote {
                return true;
            }
            if escapes && char == '\\' {
                self.skip();
            }
        }
        false
    }
}

/// The first `{{ name }}` in a text.
fn slot(text: &str) -> Option<(usize, usize)> {
    let begin = text.find("{{")?;
    let end = text[begin..].find("}}")?;
    Some((begin, begin + end + 2))
}

/// A number, or what looks like one.
pub(super) fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix(['-', '+']).unwrap_or(word);
    digits.starts_with(|char: char| char.is_ascii_digit())
        && digits.chars().all(|char| char.is_ascii_hexdigit() || ".xXoO_+-".contains(char))
}
