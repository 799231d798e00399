//! Keys: those of a shell's line where there are such, those of editors for the rest.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::edit::indent;
use super::{Code, Kind, Place};
use crate::strip;

/// Brackets that belong together.
const PAIRS: [(char, char); 3] = [('(', ')'), ('[', ']'), ('{', '}')];
/// So many lines away a bracket is looked for.
const FAR: usize = 2000;

impl Code {
    /// Takes a key; says whether the text is another now. What a room wants for itself (Esc, Tab, Enter) it keeps from here.
    pub fn key(&mut self, key: KeyEvent) -> bool {
        if key.kind == KeyEventKind::Release {
            return false;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let alt = key.modifiers.contains(KeyModifiers::ALT);
        let selects = key.modifiers.contains(KeyModifiers::SHIFT);
        match key.code {
            KeyCode::Char(char) if control && !alt => self.control(char.to_ascii_lowercase()),
            KeyCode::Char(char) if alt && !control => self.alt(char),
            KeyCode::Char(char) if !char.is_control() => self.type_char(char),
            KeyCode::Enter => self.break_line(),
            KeyCode::Tab => self.indent(),
            KeyCode::BackTab => self.unindent(),
            KeyCode::Backspace if alt || control => self.remove(self.word_left(), self.cursor, Kind::Whole),
            KeyCode::Backspace => self.rub_out(),
            KeyCode::Delete => self.remove(self.cursor, self.right(), Kind::Rubbed),
            code => {
                self.walk(code, alt || control, selects);
                false
            }
        }
    }

    fn control(&mut self, char: char) -> bool {
        let (line, cursor) = (self.cursor.line, self.cursor);
        let (begin, end) = (Place::new(line, 0), Place::new(line, self.text.line(line).len()));
        match char {
            'z' | '_' | '7' => return self.undo(),
            'y' => return self.redo(),
            'w' => return self.remove(self.word_left(), cursor, Kind::Whole),
            'u' => return self.remove(begin, cursor, Kind::Whole),
            'k' if cursor == end => return self.remove(cursor, self.right(), Kind::Whole),
            'k' => return self.remove(cursor, end, Kind::Whole),
            'h' => return self.rub_out(),
            'd' => return self.remove(cursor, self.right(), Kind::Rubbed),
            'j' | 'm' => return self.break_line(),
            'a' => self.walk(KeyCode::Home, false, false),
            'e' => self.walk(KeyCode::End, false, false),
            'b' => self.walk(KeyCode::Left, false, false),
            'f' => self.walk(KeyCode::Right, false, false),
            'n' => self.walk(KeyCode::Down, false, false),
            'p' => self.walk(KeyCode::Up, false, false),
            _ => {}
        }
        false
    }

    fn alt(&mut self, char: char) -> bool {
        match char {
            'b' => self.walk(KeyCode::Left, true, false),
            'f' => self.walk(KeyCode::Right, true, false),
            'd' => return self.remove(self.cursor, self.word_right(), Kind::Whole),
            '<' => self.walk(KeyCode::Home, true, false),
            '>' => self.walk(KeyCode::End, true, false),
            _ => {}
        }
        false
    }

    /// Moves the cursor; with `far` by words, and to the ends of the text.
    fn walk(&mut self, code: KeyCode, far: bool, selects: bool) {
        let page = self.height.get().saturating_sub(1).max(1).cast_signed();
        let goal = self.goal;
        let to = match code {
            KeyCode::Left if far => self.word_left(),
            KeyCode::Right if far => self.word_right(),
            KeyCode::Left => self.left(),
            KeyCode::Right => self.right(),
            KeyCode::Home if far => Place::default(),
            KeyCode::End if far => self.text.end(),
            KeyCode::Home => self.begin(),
            KeyCode::End => Place::new(self.cursor.line, self.text.line(self.cursor.line).len()),
            KeyCode::Up => self.below(-1),
            KeyCode::Down => self.below(1),
            KeyCode::PageUp => self.below(-page),
            KeyCode::PageDown => self.below(page),
            _ => return,
        };
        let anchor = selects.then(|| self.anchor.unwrap_or(self.cursor));
        let upright = matches!(code, KeyCode::Up | KeyCode::Down | KeyCode::PageUp | KeyCode::PageDown);
        let cell = strip::cell_of(self.text.line(self.cursor.line), self.cursor.byte);
        self.move_to(to);
        self.anchor = anchor;
        self.goal = upright.then(|| goal.unwrap_or(cell));
    }

    /// Moves the cursor by so many lines, as keys of a list do.
    pub fn step(&mut self, lines: isize) {
        let to = self.below(lines);
        let cell = strip::cell_of(self.text.line(self.cursor.line), self.cursor.byte);
        let goal = self.goal.unwrap_or(cell);
        self.move_to(to);
        self.goal = Some(goal);
    }

    /// Lines in sight when it was last drawn.
    #[must_use]
    pub fn height(&self) -> usize {
        self.height.get()
    }

    pub(super) fn left(&self) -> Place {
        let Place { line, byte } = self.cursor;
        match line.checked_sub(1) {
            Some(before) if byte == 0 => Place::new(before, self.text.line(before).len()),
            _ => Place::new(line, strip::before(self.text.line(line), byte)),
        }
    }

    pub(super) fn right(&self) -> Place {
        let Place { line, byte } = self.cursor;
        if byte < self.text.line(line).len() {
            return Place::new(line, strip::after(self.text.line(line), byte));
        }
        if line + 1 < self.lines().len() { Place::new(line + 1, 0) } else { self.cursor }
    }

    /// The first letter of the line that is no blank; from there, its begin.
    fn begin(&self) -> Place {
        let line = self.text.line(self.cursor.line);
        let first = indent(line);
        Place::new(self.cursor.line, if self.cursor.byte == first { 0 } else { first })
    }

    fn below(&self, lines: isize) -> Place {
        let Place { line, byte } = self.cursor;
        let to = line.saturating_add_signed(lines).min(self.lines().len() - 1);
        if to == line && lines != 0 {
            return if lines < 0 { Place::default() } else { self.text.end() };
        }
        let cell = self.goal.unwrap_or_else(|| strip::cell_of(self.text.line(line), byte));
        Place::new(to, strip::byte_of(self.text.line(to), cell))
    }

    fn word_left(&self) -> Place {
        let Place { line, byte } = self.cursor;
        if byte == 0 {
            return self.left();
        }
        let before = self.text.line(line)[..byte].trim_end_matches(|char| !is_word(char));
        let begin = before.trim_end_matches(is_word).len();
        Place::new(line, begin)
    }

    fn word_right(&self) -> Place {
        let Place { line, byte } = self.cursor;
        let text = self.text.line(line);
        if byte == text.len() {
            return self.right();
        }
        let rest = text[byte..].trim_start_matches(|char| !is_word(char));
        Place::new(line, text.len() - rest.trim_start_matches(is_word).len())
    }

    /// Where the bracket stands that this one would close at a place.
    pub(super) fn opening(&self, closing: char, at: Place) -> Option<Place> {
        let (open, close) = *PAIRS.iter().find(|pair| pair.1 == closing)?;
        let mut depth = 0_usize;
        for line in (at.line.saturating_sub(FAR)..=at.line).rev() {
            let text = self.text.line(line);
            let text = if line == at.line { &text[..at.byte] } else { text };
            for (byte, char) in text.char_indices().rev() {
                if char == close {
                    depth += 1;
                } else if char == open && depth == 0 {
                    return Some(Place::new(line, byte));
                } else if char == open {
                    depth -= 1;
                }
            }
        }
        None
    }

    /// Where the bracket stands that closes this one.
    fn closing(&self, opening: char, at: Place) -> Option<Place> {
        let (open, close) = *PAIRS.iter().find(|pair| pair.0 == opening)?;
        let mut depth = 0_usize;
        for line in at.line..(at.line + FAR).min(self.lines().len()) {
            let from = if line == at.line { at.byte } else { 0 };
            for (byte, char) in self.text.line(line)[from..].char_indices() {
                depth += usize::from(char == open);
                depth -= usize::from(char == close);
                if depth == 0 {
                    return Some(Place::new(line, from + byte));
                }
            }
        }
        None
    }

    /// The bracket that belongs to the one under the cursor, or before it; both places.
    pub(super) fn pair(&self) -> Option<(Place, Place)> {
        let Place { line, byte } = self.cursor;
        let text = self.text.line(line);
        let before = strip::before(text, byte);
        [byte, before].into_iter().find_map(|byte| {
            let (char, at) = (text[byte..].chars().next()?, Place::new(line, byte));
            let other = self.closing(char, at).or_else(|| self.opening(char, at))?;
            Some((at, other))
        })
    }
}

fn is_word(char: char) -> bool {
    char.is_alphanumeric() || char == '_'
}
