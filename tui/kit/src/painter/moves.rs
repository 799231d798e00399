//! The shortest way of the cursor from one place to another.

use std::io::Write;

use ratatui::layout::Position;

/// Writes what moves the cursor; `from` is `None` where it is not known.
pub(super) fn write(out: &mut Vec<u8>, from: Option<Position>, to: Position) {
    let begin = out.len();
    jump(out, to);
    let Some(from) = from else { return };
    let middle = out.len();
    steps(out, from, to);
    if out.len() - middle < middle - begin {
        out.drain(begin..middle);
    } else {
        out.truncate(middle);
    }
}

fn jump(out: &mut Vec<u8>, to: Position) {
    // Writing to a Vec cannot fail.
    let _ = match (to.x, to.y) {
        (0, 0) => write!(out, "\x1b[H"),
        (0, y) => write!(out, "\x1b[{}H", y + 1),
        (x, y) => write!(out, "\x1b[{};{}H", y + 1, x + 1),
    };
}

fn steps(out: &mut Vec<u8>, from: Position, to: Position) {
    let down = to.y.saturating_sub(from.y);
    if down > 0 && down <= 3 {
        // A line feed alone keeps its column in raw mode.
        out.extend(std::iter::repeat_n(b'\n', usize::from(down)));
    } else {
        sequence(out, down, 'B');
    }
    sequence(out, from.y.saturating_sub(to.y), 'A');
    if to.x == 0 && from.x > 0 {
        out.push(b'\r');
        return;
    }
    sequence(out, to.x.saturating_sub(from.x), 'C');
    let back = from.x.saturating_sub(to.x);
    if back <= 4 {
        out.extend(std::iter::repeat_n(b'\x08', usize::from(back)));
    } else if to.x < 10 {
        let _ = write!(out, "\x1b[{}G", to.x + 1);
    } else {
        sequence(out, back, 'D');
    }
}

fn sequence(out: &mut Vec<u8>, times: u16, way: char) {
    // Writing to a Vec cannot fail.
    let _ = match times {
        0 => Ok(()),
        1 => write!(out, "\x1b[{way}"),
        _ => write!(out, "\x1b[{times}{way}"),
    };
}
