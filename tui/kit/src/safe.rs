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
pub(crate) const TAB: usize = 8;

/// So many marks may stand on one letter; no script needs more, and a tower of them leaves its line.
const MARKS_PER_LETTER: usize = 4;

/// The text with everything spelt out that must not reach a terminal: `␛` for an escape, `<U+202E>` for what would turn the
/// writing direction. Tabs become blanks. The text itself where there is nothing to do.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut marks = MARKS_PER_LETTER;
    if text.chars().all(|char| stays(char, &mut marks)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(spell_out(text))
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

fn spell_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut marks = MARKS_PER_LETTER;
    for char in text.chars() {
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

/// Breaks a text between words into lines of about that many cells; a word that is longer stays whole.
#[must_use]
pub fn wrap(text: &str, cells: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.len() - 1;
        if lines[line].is_empty() {
            lines[line].push_str(word);
        } else if width(&lines[line]) + 1 + width(word) <= cells {
            lines[line].push(' ');
            lines[line].push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Breaks a text into lines of at most that many cells, wherever that is, made visible: nothing of it is left out, blanks
/// neither.
#[must_use]
pub fn fold(text: &str, cells: usize) -> Vec<String> {
    let seen = visible(text);
    let mut rest: &str = &seen;
    let mut lines = Vec::new();
    loop {
        let line = head(rest, cells);
        let line = if line.is_empty() { rest } else { line };
        lines.push(line.to_owned());
        rest = &rest[line.len()..];
        if rest.is_empty() {
            return lines;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What must never be in a text that is drawn.
    fn is_harmful(char: char) -> bool {
        char.is_control()
            || matches!(char,
                '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{61c}' | '\u{feff}'
                | '\u{ad}' | '\u{180e}' | '\u{fe00}'..='\u{fe0f}' | '\u{e0000}'..='\u{e0fff}')
    }

    #[test]
    fn folded_text_keeps_every_blank() {
        assert_eq!(fold("  permit (a)", 6), ["  perm", "it (a)"]);
        assert_eq!(fold("", 6), [""]);
    }

    #[test]
    fn no_control_character_and_no_hidden_mark_gets_through() {
        for char in (0..=0x10_ffff).filter_map(char::from_u32) {
            for text in [format!("a{char}b"), format!("{char}"), format!("{char}{char}")] {
                let seen = visible(&text);
                assert!(!seen.chars().any(is_harmful), "U+{:04X}", u32::from(char));
                assert_eq!(visible(&seen), seen, "U+{:04X}: once is enough", u32::from(char));
            }
        }
    }

    #[test]
    fn everything_strange_is_spelt_out() {
        assert_eq!(visible("\x1b[31mred\x1b[0m"), "␛[31mred␛[0m");
        assert_eq!(visible("a\0b\x7fc\r\n"), "a␀b␡c␍␊");
        assert_eq!(visible("\u{9b}31m\u{85}"), "<U+009B>31m<U+0085>");
        assert_eq!(visible("user\u{202e}gpj.exe"), "user<U+202E>gpj.exe");
        assert_eq!(visible("ad\u{200d}min\u{feff}"), "ad<U+200D>min<U+FEFF>");
        assert_eq!(visible("\x1b]52;c;aGk=\x07"), "␛]52;c;aGk=␇");
        assert_eq!(visible("x\u{e0041}"), "x<U+E0041>");
    }

    #[test]
    fn honest_text_of_any_script_stays_as_it_is() {
        for text in ["plain", "Grüße", "日本語", "e\u{301}cole", "שלום", "हिन्दी", "🚀 up", "ｶﾞ", "▁▂▃ ⠋"]
        {
            assert!(matches!(visible(text), Cow::Borrowed(_)), "{text}");
        }
        assert_eq!(visible("⚠\u{fe0f} disk"), "⚠ disk", "the shape whose width everyone agrees on");
    }

    #[test]
    fn a_mark_without_a_letter_and_a_tower_of_marks_do_not_leave_their_place() {
        assert_eq!(visible("\u{301}x"), "<U+0301>x");
        let tower = format!("z{}", "\u{301}".repeat(40));
        assert_eq!(visible(&tower).chars().filter(|&char| char == '\u{301}').count(), MARKS_PER_LETTER);
    }

    #[test]
    fn tabs_stop_where_a_terminals_do() {
        assert_eq!(visible("a\tb\tc"), "a       b       c");
        assert_eq!(visible("12345678\tx"), "12345678        x");
        assert_eq!(visible("日本\tx"), "日本    x");
    }

    #[test]
    fn text_is_cut_between_characters_and_filled_up() {
        assert_eq!(fit("web-01", 8, "…"), "web-01  ");
        assert_eq!(fit("web-01.example", 8, "…"), "web-01.…");
        assert_eq!(fit("日本語", 4, "…"), "日… ", "a wide character is not halved");
        assert_eq!(fit("abc", 1, "..."), "a", "no place for the ellipsis");
        assert_eq!((fit("abc", 0, "…"), fit("", 3, "…")), (String::new(), "   ".to_owned()));
        assert_eq!(cut("abc", 8, "…"), "abc");
    }

    #[test]
    fn a_wide_character_cut_in_half_leaves_a_blank() {
        assert_eq!(skip("a日b", 2), (1, "b"));
        assert_eq!(skip("a日b", 1), (0, "日b"));
        assert_eq!(skip("ab", 5), (0, ""));
    }

    /// Text as a hostile node would write it.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = prop_oneof![
            any::<char>().prop_map(String::from),
            "[ -~]{0,12}",
            "\u{1b}[\\[\\]P_^X][0-9;?]{0,6}[a-zA-Z]",
            "[\u{0}-\u{1f}\u{7f}-\u{9f}]{1,3}",
            "[\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{feff}\u{fe0f}]{1,3}",
            "[\u{300}-\u{36f}]{1,8}",
            "[日本語한국👍🏽🇩🇪ﾞ]{1,4}",
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn whatever_comes_is_harmless_and_fits(text in hostile(), cells in 0usize..40) {
            let seen = visible(&text);
            prop_assert!(!seen.chars().any(is_harmful), "{seen:?}");
            prop_assert_eq!(visible(&seen), seen.clone());
            prop_assert_eq!(width(&text), seen.width());
            let fitted = fit(&text, cells, "…");
            prop_assert_eq!(fitted.width(), cells, "{:?}", fitted);
            prop_assert!(cut(&text, cells, "…").width() <= cells);
            prop_assert!(head(&seen, cells).width() <= cells);
        }

        #[test]
        fn whatever_is_drawn_stays_in_its_cells(text in hostile(), cells in 0u16..40) {
            use ratatui::{buffer::Buffer, layout::Rect, style::Style};
            let mut buffer = Buffer::empty(Rect::new(0, 0, 40, 1));
            let used = crate::paint::text(&mut buffer, 0, 0, cells, &text, Style::new(), "…");
            prop_assert!(used <= cells);
            for x in 0..40 {
                let symbol = buffer[(x, 0)].symbol();
                prop_assert!(!symbol.chars().any(is_harmful), "{symbol:?}");
                prop_assert!(x < cells || symbol == " ", "{symbol:?} beyond its place");
            }
        }
    }
}
