//! Long lines in rows: broken between characters, because output is data, not prose.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::safe;

/// How many rows of `cells` cells a line takes; an empty one takes one.
pub(super) fn rows(text: &str, cells: usize) -> usize {
    let cells = cells.max(1);
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len().div_ceil(cells).max(1);
    }
    pieces(&safe::visible(text), cells).len()
}

/// The bytes of visible text that each row of `cells` cells holds.
pub(super) fn pieces(seen: &str, cells: usize) -> Vec<Range<usize>> {
    let cells = cells.max(1);
    let (mut from, mut used, mut rows) = (0, 0, Vec::new());
    for (at, letter) in seen.grapheme_indices(true) {
        let width = letter.width();
        if used + width > cells && at > from {
            rows.push(from..at);
            (from, used) = (at, 0);
        }
        used += width;
    }
    rows.push(from..seen.len());
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_between_characters_and_wide_ones_stay_whole() {
        assert_eq!(pieces("abcdef", 4), [0..4, 4..6]);
        assert_eq!(pieces("abc語d", 4), [0..3, 3..7]);
        assert_eq!(pieces("語", 1).len(), 1, "narrower than one character");
        for (text, cells) in [("abcdef", 3), ("", 3), ("abc語d", 4), ("\x1b[0m", 2), ("a", 0)] {
            assert_eq!(rows(text, cells), pieces(&safe::visible(text), cells).len(), "{text:?}");
        }
    }
}
