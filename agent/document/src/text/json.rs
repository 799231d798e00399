//! JSON: read strictly; a member's place is found by walking the text again, which happens only where something is wrong.

use serde_json::Value;

use super::Place;
use super::tree::Tree;
use crate::error::DocumentError;
use crate::path::Segment;

pub(super) fn tree(text: &str) -> Result<Value, DocumentError> {
    serde_json::from_str(text).map(|Tree(value)| value).map_err(|error| {
        let line = error.line().max(1);
        let before = text.lines().nth(line - 1).unwrap_or_default().as_bytes();
        let bytes = error.column().saturating_sub(1).min(before.len());
        // serde counts bytes; people count characters.
        let column = String::from_utf8_lossy(&before[..bytes]).chars().count() + 1;
        let said = error.to_string();
        let what = said.split(" at line ").next().unwrap_or(&said).to_owned();
        DocumentError::Syntax { line, column, what }
    })
}

/// Where the value at a path stands, or the member's name; or the deepest thing on the way there.
pub(super) fn place(text: &str, path: &[Segment], key: Option<&str>) -> Place {
    let mut walker = Walker { text, at: 0, found: 0 };
    walker.find(path, key);
    let before = text.get(..walker.found).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// Walks a text that is known to be JSON.
struct Walker<'a> {
    text: &'a str,
    at: usize,
    found: usize,
}

impl Walker<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Steps over white space and one sign; `None` when it is another.
    fn sign(&mut self, sign: u8) -> Option<()> {
        self.space();
        (self.peek() == Some(sign)).then(|| self.at += 1)
    }

    /// Stands at a value: remembers it and goes on down the path.
    fn find(&mut self, path: &[Segment], key: Option<&str>) -> Option<()> {
        self.space();
        self.found = self.at;
        match path.split_first() {
            Some((Segment::Member(name), rest)) => {
                self.member(name)?;
                self.sign(b':')?;
                self.find(rest, key)
            }
            Some((Segment::Entry(index), rest)) => {
                self.sign(b'[')?;
                for _ in 0..*index {
                    self.skip()?;
                    self.sign(b',')?;
                }
                self.find(rest, key)
            }
            None => {
                let start = self.member(key?)?;
                self.found = start;
                Some(())
            }
        }
    }

    /// Goes behind the name of a member of the map that begins here, and says where the name begins.
    fn member(&mut self, wanted: &str) -> Option<usize> {
        self.sign(b'{')?;
        loop {
            self.space();
            let start = self.at;
            self.string()?;
            let name: String = serde_json::from_str(&self.text[start..self.at]).ok()?;
            if name == wanted {
                return Some(start);
            }
            self.sign(b':')?;
            self.skip()?;
            self.sign(b',')?;
        }
    }

    fn string(&mut self) -> Option<()> {
        self.sign(b'"')?;
        loop {
            match self.peek()? {
                b'"' => break,
                b'\\' => self.at += 2,
                _ => self.at += 1,
            }
        }
        self.sign(b'"')
    }

    /// Steps over a whole value.
    fn skip(&mut self) -> Option<()> {
        self.space();
        let mut open = 0_usize;
        loop {
            match self.peek()? {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    open += 1;
                    self.at += 1;
                }
                b'}' | b']' | b',' if open == 0 => return Some(()),
                b'}' | b']' => {
                    open -= 1;
                    self.at += 1;
                }
                _ => self.at += 1,
            }
        }
    }
}
