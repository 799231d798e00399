//! Text that a stranger wrote, made fit for a terminal: everything that a terminal or a reader could take for something else
//! is shown as what it is.
//!
//! In: any text. Out: text of printable characters, in which escape sequences, control characters, marks that turn the
//! writing direction and characters without a width are spelt out; cut to cells where asked.
//! Never here: styles. What is typed by the user's own hand is treated no better.

use std::borrow::Cow;
use std::fmt::Write;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Tabs stop every so many cells.
const TAB: usize = 8;

/// So many marks may stand on one letter; no script needs more, and a tower of them leaves its line.
const MARKS_PER_LETTER: usize = 4;

/// The text with everything spelt out that must not reach a terminal: `␛` for an escape, `<U+202E>` for what would turn the
/// writing direction. Tabs become blanks. The text itself where there is nothing to do.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    match first_strange(text) {
        None => Cow::Borrowed(text),
        Some(at) => Cow::Owned(spell_out(text, at)),
    }
}

/// Made [`visible`] and brought to exactly `cells` cells: cut between characters, with the ellipsis where something was cut
/// off, and filled up with blanks.
#[must_use]
pub fn fit(text: &str, cells: usize, ellipsis: &str) -> String {
    let mut out = cut(text, cells, ellipsis).into_owned();
    let missing = cells.saturating_sub(out.width());
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// Made [`visible`] and cut to at most `cells` cells between characters, with the ellipsis where something was cut off.
#[must_use]
pub fn cut<'a>(text: &'a str, cells: usize, ellipsis: &str) -> Cow<'a, str> {
    let seen = visible(text);
    if seen.len() <= cells || seen.width() <= cells {
        return seen;
    }
    let ellipsis = if ellipsis.width() <= cells { ellipsis } else { "" };
    let kept = head(&seen, cells - ellipsis.width()).len();
    Cow::Owned([&seen[..kept], ellipsis].concat())
}

/// The longest beginning of visible text that is at most `cells` wide.
#[must_use]
pub fn head(seen: &str, cells: usize) -> &str {
    let mut used = 0;
    for (at, letter) in seen.grapheme_indices(true) {
        used += letter.width();
        if used > cells {
            return &seen[..at];
        }
    }
    seen
}

/// What is left of visible text without its first `cells` cells, and how many blanks stand for a wide character that was
/// cut in half.
#[must_use]
pub fn skip(seen: &str, cells: usize) -> (usize, &str) {
    let mut used = 0;
    for (at, letter) in seen.grapheme_indices(true) {
        if used >= cells {
            return (used - cells, &seen[at..]);
        }
        used += letter.width();
    }
    (used.saturating_sub(cells), "")
}

/// How many cells the text takes once it is [`visible`].
#[must_use]
pub fn width(text: &str) -> usize {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) { text.len() } else { visible(text).width() }
}

/// Where the first character stands that cannot stay; `None` if there is none.
fn first_strange(text: &str) -> Option<usize> {
    let mut marks = MARKS_PER_LETTER;
    text.char_indices().find(|&(_, char)| !stays(char, &mut marks)).map(|(at, _)| at)
}

/// Whether a character stays as it is. `marks` counts those on the letter so far.
fn stays(char: char, marks: &mut usize) -> bool {
    if char == '\t' || is_hidden(char) {
        *marks = MARKS_PER_LETTER;
        return false;
    }
    match char.width() {
        None => false,
        // Without a letter to stand on, a mark would join whatever was drawn before it.
        Some(0) if is_sound_mark(char) => true,
        Some(0) => {
            *marks += 1;
            *marks <= MARKS_PER_LETTER
        }
        Some(_) => {
            *marks = 0;
            true
        }
    }
}

/// Half-width katakana voicing: one cell on a terminal, whatever the tables say.
const fn is_sound_mark(char: char) -> bool {
    matches!(char, '\u{ff9e}' | '\u{ff9f}')
}

fn spell_out(text: &str, from: usize) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    out.push_str(&text[..from]);
    let mut marks = if from == 0 { MARKS_PER_LETTER } else { 0 };
    for char in text[from..].chars() {
        if stays(char, &mut marks) {
            out.push(char);
        } else {
            spell(char, &mut out);
            marks = MARKS_PER_LETTER;
        }
    }
    out
}

fn spell(char: char, out: &mut String) {
    match char {
        '\t' => {
            let stop = TAB - out.width() % TAB;
            out.extend(std::iter::repeat_n(' ', stop));
        }
        '\0'..='\x1f' => out.extend(char::from_u32(0x2400 + u32::from(char))),
        '\x7f' => out.push('␡'),
        // They choose between two shapes of a sign; without them it has the one whose width everyone agrees on.
        '\u{fe0e}' | '\u{fe0f}' => {}
        _ => {
            let written = write!(out, "<U+{:04X}>", u32::from(char));
            debug_assert!(written.is_ok(), "a string takes everything");
        }
    }
}

/// Characters that do something without being seen: controls, marks of direction and joining, fillers, tags, and
/// whatever chooses between shapes.
const fn is_hidden(char: char) -> bool {
    matches!(char,
        '\0'..='\x1f' | '\x7f'..='\u{9f}'
        | '\u{ad}' | '\u{34f}' | '\u{61c}'
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}'
        | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}
