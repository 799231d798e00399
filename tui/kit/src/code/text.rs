//! Lines of text, places in them, and the one way in which they change.

use std::fmt;

use zeroize::Zeroize;

/// A place between two letters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub line: usize,
    pub byte: usize,
}

impl Place {
    pub const fn new(line: usize, byte: usize) -> Self {
        Self { line, byte }
    }
}

/// Lines of text, at least one. It may hold secrets: it is not shown by Debug, and is wiped when it is given up.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Text {
    lines: Vec<String>,
    bytes: usize,
}

impl Default for Text {
    fn default() -> Self {
        Self::new("")
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} lines, {} bytes", self.lines.len(), self.bytes)
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        self.lines.iter_mut().for_each(Zeroize::zeroize);
    }
}

impl Text {
    pub fn new(text: &str) -> Self {
        Self { lines: text.split('\n').map(str::to_owned).collect(), bytes: text.len() }
    }

    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    pub fn line(&self, at: usize) -> &str {
        self.lines.get(at).map_or("", String::as_str)
    }

    /// Its length, with a line feed between lines.
    pub const fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn joined(&self) -> String {
        self.lines.join("\n")
    }

    pub fn end(&self) -> Place {
        let line = self.lines.len().saturating_sub(1);
        Place::new(line, self.line(line).len())
    }

    /// What is between two places.
    pub fn between(&self, from: Place, to: Place) -> String {
        if from.line == to.line {
            return self.line(from.line)[from.byte..to.byte].to_owned();
        }
        let mut out = self.line(from.line)[from.byte..].to_owned();
        for line in &self.lines[from.line + 1..to.line] {
            out.push('\n');
            out.push_str(line);
        }
        out.push('\n');
        out.push_str(&self.line(to.line)[..to.byte]);
        out
    }

    /// Puts a text in the place of what is between two places; returns the place behind it.
    pub fn replace(&mut self, from: Place, to: Place, with: &str) -> Place {
        let gone = self.between(from, to).len();
        self.bytes = self.bytes - gone + with.len();
        if from.line == to.line && !with.contains('\n') {
            self.lines[from.line].replace_range(from.byte..to.byte, with);
            return Place::new(from.line, from.byte + with.len());
        }
        let tail = self.line(to.line)[to.byte..].to_owned();
        let mut put: Vec<String> = with.split('\n').map(str::to_owned).collect();
        put[0].insert_str(0, &self.line(from.line)[..from.byte]);
        let last = put.len() - 1;
        let end = Place::new(from.line + last, put[last].len());
        put[last].push_str(&tail);
        self.lines.splice(from.line..=to.line, put).for_each(|mut line| line.zeroize());
        end
    }

    /// The same place, or the nearest that is one.
    pub fn nearest(&self, place: Place) -> Place {
        let line = place.line.min(self.lines.len() - 1);
        let text = self.line(line);
        let mut byte = place.byte.min(text.len());
        while !text.is_char_boundary(byte) {
            byte -= 1;
        }
        Place::new(line, byte)
    }
}
