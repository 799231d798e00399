//! One line of text in several looks, scrolled sideways: what an editor's line and a line of a comparison are drawn with.
//!
//! In: a line, its looks by ranges of bytes. Out: cells, and which byte is in which cell. Every letter is made visible by
//! [`safe`], so what is drawn and where the cursor stands agree whatever the line holds.
//! Never here: lines below each other, meanings.

use std::borrow::Cow;
use std::ops::Range;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

use crate::paint;
use crate::safe;

/// Ranges of bytes that look different from the rest, in order and apart from each other.
pub type Looks = Vec<(Range<usize>, Style)>;

/// A letter of a line: what a reader takes for one sign.
struct Letter<'a> {
    bytes: Range<usize>,
    /// Its first cell, counted from the beginning of the line.
    cell: usize,
    width: usize,
    shown: Cow<'a, str>,
}

impl Letter<'_> {
    /// Whether it is spelt out, as the terminal must not see it.
    fn is_spelt_out(&self, line: &str) -> bool {
        let own = &line[self.bytes.clone()];
        own != "\t" && *self.shown != *own
    }
}

fn is_plain(line: &str) -> bool {
    line.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

fn letters(line: &str) -> impl Iterator<Item = Letter<'_>> {
    let mut cell = 0;
    line.grapheme_indices(true).map(move |(at, own)| {
        let shown = if own == "\t" {
            Cow::Owned(" ".repeat(safe::TAB - cell % safe::TAB))
        } else {
            safe::visible(own)
        };
        let width = shown.width();
        let letter = Letter { bytes: at..at + own.len(), cell, width, shown };
        cell += width;
        letter
    })
}

/// How many cells a line takes.
#[must_use]
pub fn width(line: &str) -> usize {
    cell_of(line, line.len())
}

/// The cell in which the letter at a byte begins; behind the end, the cell after the last.
#[must_use]
pub fn cell_of(line: &str, byte: usize) -> usize {
    if is_plain(line) {
        return byte.min(line.len());
    }
    let mut end = 0;
    for letter in letters(line) {
        if letter.bytes.end > byte {
            return letter.cell;
        }
        end = letter.cell + letter.width;
    }
    end
}

/// The byte at which the letter in a cell begins; behind the last cell, the line's end.
#[must_use]
pub fn byte_of(line: &str, cell: usize) -> usize {
    if is_plain(line) {
        return cell.min(line.len());
    }
    letters(line).find(|letter| letter.cell + letter.width > cell).map_or(line.len(), |it| it.bytes.start)
}

/// The cells at which the rows begin when a line is folded into rows of at most `cells` cells; letters stay whole.
#[must_use]
pub fn rows(line: &str, cells: usize) -> Vec<usize> {
    let cells = cells.max(1);
    if is_plain(line) {
        return (0..line.len().max(1)).step_by(cells).collect();
    }
    let mut rows = vec![0];
    for letter in letters(line) {
        let begin = rows.last().copied().unwrap_or(0);
        // What is spelt out may be wider than a row: it is broken.
        if letter.cell + letter.width > begin + cells && letter.cell > begin {
            rows.push(letter.cell);
        }
        while rows
            .last()
            .is_some_and(|begin| letter.width > cells && letter.cell + letter.width > begin + cells)
        {
            rows.push(rows.last().copied().unwrap_or(0) + cells);
        }
    }
    rows
}

/// The byte of the letter before this one; the line's begin has none.
#[must_use]
pub fn before(line: &str, byte: usize) -> usize {
    line[..byte].grapheme_indices(true).next_back().map_or(0, |(at, _)| at)
}

/// The byte of the letter behind this one.
#[must_use]
pub fn after(line: &str, byte: usize) -> usize {
    line[byte..].graphemes(true).next().map_or(line.len(), |letter| byte + letter.len())
}

/// Draws a line into a row without its first `left` cells; what is spelt out looks like `escape`.
/// Returns whether there is more of it to the right.
pub fn draw(
    buffer: &mut Buffer,
    row: Rect,
    line: &str,
    left: usize,
    (plain, escape): (Style, Style),
    looks: &[(Range<usize>, Style)],
) -> bool {
    if is_plain(line) {
        return draw_plain(buffer, row, line, left, plain, looks);
    }
    let mut looks = looks.iter().peekable();
    let end = left + usize::from(row.width);
    for letter in letters(line) {
        if letter.cell + letter.width <= left {
            continue;
        }
        if letter.cell >= end {
            return true;
        }
        while looks.next_if(|look| look.0.end <= letter.bytes.start).is_some() {}
        let own = looks.peek().filter(|look| look.0.start <= letter.bytes.start);
        let mut style = own.map_or(plain, |look| plain.patch(look.1));
        if letter.is_spelt_out(line) {
            style = style.patch(escape);
        }
        draw_letter(buffer, row, &letter, left, style);
        if letter.cell + letter.width > end {
            return true;
        }
    }
    false
}

/// Draws what is in sight of a letter: a wide one that is cut in half leaves blanks, one that is spelt out its rest.
fn draw_letter(buffer: &mut Buffer, row: Rect, letter: &Letter<'_>, left: usize, style: Style) {
    let hidden = left.saturating_sub(letter.cell);
    let (pad, shown) = safe::skip(&letter.shown, hidden);
    let x = letter.cell.saturating_sub(left) + pad;
    let Ok(x) = u16::try_from(x) else { return };
    if x < row.width {
        paint::text(buffer, row.x + x, row.y, row.width - x, shown, style, "");
    }
}

/// Printable ASCII: a byte is a cell.
fn draw_plain(
    buffer: &mut Buffer,
    row: Rect,
    line: &str,
    left: usize,
    plain: Style,
    looks: &[(Range<usize>, Style)],
) -> bool {
    let end = line.len().min(left + usize::from(row.width));
    let cells = |byte: usize| u16::try_from(byte - left).unwrap_or(row.width).min(row.width);
    if left < end {
        paint::text(buffer, row.x, row.y, row.width, &line[left..end], plain, "");
    }
    for (range, style) in looks {
        let (from, to) = (range.start.max(left), range.end.min(end));
        if from < to {
            let part = Rect { x: row.x + cells(from), width: cells(to) - cells(from), ..row };
            paint::cover(buffer, part, *style);
        }
    }
    line.len() > left + usize::from(row.width)
}

/// Lays a style over a range of bytes of a line that was drawn.
pub fn cover(buffer: &mut Buffer, row: Rect, line: &str, left: usize, range: Range<usize>, style: Style) {
    let cell =
        |byte| u16::try_from(cell_of(line, byte).saturating_sub(left)).unwrap_or(u16::MAX).min(row.width);
    let (from, to) = (cell(range.start), cell(range.end));
    paint::cover(buffer, Rect { x: row.x + from, width: to.saturating_sub(from), height: 1, ..row }, style);
}
