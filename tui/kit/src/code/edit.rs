//! What changes the text; all of it can be taken back.

use super::{Change, Code, Kind, Place};

/// What one step of indentation is.
pub(super) const STEP: &str = "  ";

impl Code {
    /// Takes pasted text, or nothing of it if there is no room for all; says whether it was taken. Line ends become line
    /// feeds; other control characters but tabs have no business in what a hand pastes.
    pub fn paste(&mut self, text: &str) -> bool {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let text: String =
            text.chars().filter(|char| matches!(char, '\n' | '\t') || !char.is_control()).collect();
        self.insert(&text, Kind::Whole)
    }

    /// Puts another text in the place of all, so that it can be taken back; says whether there was room for it.
    pub fn rewrite(&mut self, text: &str) -> bool {
        self.put(Place::default(), self.text.end(), text, Kind::Whole)
    }

    /// Takes the last change back; says whether there was one.
    pub fn undo(&mut self) -> bool {
        let told = if self.read_only { None } else { self.history.undo(&mut self.text) };
        self.taken_back(told)
    }

    /// Makes the change again that was taken back last; says whether there was one.
    pub fn redo(&mut self) -> bool {
        let told = if self.read_only { None } else { self.history.redo(&mut self.text) };
        self.taken_back(told)
    }

    fn taken_back(&mut self, told: Option<(Place, usize)>) -> bool {
        let Some((cursor, line)) = told else { return false };
        self.cursor = self.text.nearest(cursor);
        (self.anchor, self.goal) = (None, None);
        self.changed(line);
        true
    }

    /// Puts a text at the cursor, or in the place of what is selected.
    pub(super) fn insert(&mut self, text: &str, kind: Kind) -> bool {
        let (from, to) = self.selection().unwrap_or((self.cursor, self.cursor));
        self.put(from, to, text, kind)
    }

    /// Removes what is between two places, or what is selected.
    pub(super) fn remove(&mut self, from: Place, to: Place, kind: Kind) -> bool {
        match self.selection() {
            Some((from, to)) => self.put(from, to, "", Kind::Whole),
            None => self.put(from.min(to), from.max(to), "", kind),
        }
    }

    /// The one way in which the text changes.
    pub(super) fn put(&mut self, from: Place, to: Place, text: &str, kind: Kind) -> bool {
        let removed = self.text.between(from, to);
        let fits = self.text.bytes() - removed.len() + text.len() <= self.limit.max(self.text.bytes());
        if self.read_only || removed == text || !fits {
            return false;
        }
        let before = self.cursor;
        self.cursor = self.text.replace(from, to, text);
        (self.anchor, self.goal) = (None, None);
        self.history.add(Change { at: from, removed, put: text.to_owned(), cursor: before, kind });
        self.changed(from.line);
        true
    }

    /// A new line, indented as the one before it, and one step more where that opens something.
    pub(super) fn break_line(&mut self) -> bool {
        let (from, _) = self.selection().unwrap_or((self.cursor, self.cursor));
        let line = self.text.line(from.line);
        let (before, behind) = line.split_at(from.byte);
        let indent = &before[..indent(before)];
        let opens = self.language.opens(before);
        let closes = opens && behind.trim_start().starts_with(['}', ']', ')']);
        let inner = format!("\n{indent}{}", if opens { STEP } else { "" });
        if !closes {
            return self.insert(&inner, Kind::Whole);
        }
        // Between two brackets the closing one goes to a line of its own.
        let both = format!("{inner}\n{indent}");
        let blanks = behind.len() - behind.trim_start().len();
        let to = self.selection().map_or(Place::new(from.line, from.byte + blanks), |it| it.1);
        let changed = self.put(from, to, &both, Kind::Whole);
        if changed {
            self.cursor = Place::new(from.line + 1, inner.len() - 1);
        }
        changed
    }

    /// Types a letter; a bracket that closes and stands first in its line goes where the one that opens stands.
    pub(super) fn type_char(&mut self, char: char) -> bool {
        let at = self.cursor;
        let before = &self.text.line(at.line)[..at.byte];
        let is_first = !before.is_empty() && before.chars().all(|char| char == ' ');
        if is_first
            && self.selection().is_none()
            && let Some(opening) = self.opening(char, at)
        {
            let line = self.text.line(opening.line);
            let with = format!("{}{char}", &line[..indent(line)]);
            return self.put(Place::new(at.line, 0), at, &with, Kind::Whole);
        }
        self.insert(char.encode_utf8(&mut [0; 4]), Kind::Typed)
    }

    /// Rubs out the letter before the cursor; of blanks that indent a line, a whole step.
    pub(super) fn rub_out(&mut self) -> bool {
        let at = self.cursor;
        let before = &self.text.line(at.line)[..at.byte];
        let blanks = !before.is_empty() && before.chars().all(|char| char == ' ');
        let from =
            if blanks { Place::new(at.line, (at.byte - 1) / STEP.len() * STEP.len()) } else { self.left() };
        self.remove(from, at, Kind::Rubbed)
    }

    /// Indents the lines that are selected by a step; where none are, blanks up to the next step.
    pub(super) fn indent(&mut self) -> bool {
        match self.selection() {
            Some((from, to)) if from.line != to.line => self.each_line(from, to, |line| {
                if line.is_empty() { String::new() } else { format!("{STEP}{line}") }
            }),
            _ => {
                let cells = crate::strip::cell_of(self.text.line(self.cursor.line), self.cursor.byte);
                self.insert(&STEP[..STEP.len() - cells % STEP.len()], Kind::Whole)
            }
        }
    }

    /// Takes a step of indentation from the line, or from those that are selected.
    pub(super) fn unindent(&mut self) -> bool {
        let (from, to) = self.selection().unwrap_or((self.cursor, self.cursor));
        self.each_line(from, to, |line| {
            let less = line.strip_prefix('\t').or_else(|| line.strip_prefix(STEP));
            less.or_else(|| line.strip_prefix(' ')).unwrap_or(line).to_owned()
        })
    }

    /// Changes whole lines, and keeps them selected.
    fn each_line(&mut self, from: Place, to: Place, change: impl Fn(&str) -> String) -> bool {
        // A selection that ends before a line's first letter does not mean that line.
        let last = if to.byte == 0 && to.line > from.line { to.line - 1 } else { to.line };
        let lines: Vec<String> = self.lines()[from.line..=last].iter().map(|line| change(line)).collect();
        let longer = |line: usize, byte: usize| {
            let (old, new) = (self.text.line(line).len(), lines.get(line - from.line).map_or(0, String::len));
            Place::new(line, if line > last { 0 } else { (byte + new).saturating_sub(old).min(new) })
        };
        let selected = self.anchor.is_some();
        let (begin, end) = (longer(from.line, from.byte), longer(to.line, to.byte));
        let behind = Place::new(last, self.text.line(last).len());
        if !self.put(Place::new(from.line, 0), behind, &lines.join("\n"), Kind::Whole) {
            return false;
        }
        self.cursor = self.text.nearest(end);
        self.anchor = selected.then(|| self.text.nearest(begin));
        true
    }
}

/// How many bytes of blanks a line begins with.
pub(super) fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t']).len()
}
