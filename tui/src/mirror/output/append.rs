//! Taking in what a stream says: bytes become characters, characters lines, and nothing is looked at twice.

use pilothouse_api::protocol::{Millis, Stream};
use pilothouse_kit::safe;

use super::Output;
use super::line::{Line, Said, hex};

/// A longer line is shown in pieces of this many bytes.
pub(super) const MAX_LINE: usize = 8 << 10;
/// What begins a line whose beginning was overwritten by a carriage return, as a progress bar does.
const OVERWRITTEN: char = '␍';
/// Tabs stop every so many cells.
const TAB: usize = BLANKS.len();
const BLANKS: &str = "        ";

/// Whose text it is, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Origin {
    pub node: u32,
    pub stream: Stream,
    pub at: Millis,
    /// Of its first byte.
    pub offset: u64,
}

impl Origin {
    fn further(self, bytes: usize) -> Self {
        Self { offset: self.offset + bytes as u64, ..self }
    }
}

impl Output {
    pub(super) fn append(&mut self, origin: Origin, step: u16, bytes: Vec<u8>) {
        let Origin { node, stream, at, offset } = origin;
        if self.open(node, stream).step != step {
            self.close(node, at);
            self.open(node, stream).step = step;
        }
        let mut all = std::mem::take(&mut self.open(node, stream).carry);
        let origin = Origin { offset: offset.saturating_sub(all.len() as u64), ..origin };
        all.extend(bytes);
        let mut read = 0;
        for part in all.utf8_chunks() {
            let begun = read;
            read += part.valid().len() + part.invalid().len();
            self.text(origin.further(begun), part.valid());
            let unfinished = read == all.len()
                && std::str::from_utf8(part.invalid()).is_err_and(|error| error.error_len().is_none());
            if unfinished {
                self.open(node, stream).carry = part.invalid().to_vec();
            } else {
                self.text(origin.further(begun + part.valid().len()), &hex(part.invalid()));
            }
        }
    }

    pub(super) fn text(&mut self, origin: Origin, text: &str) {
        let Origin { node, stream, .. } = origin;
        let mut done = 0;
        while let Some(length) = text[done..].find(['\n', '\r', '\t']) {
            let end = done + length;
            self.grow(origin.further(done), &text[done..end]);
            match text.as_bytes()[end] {
                b'\n' => {
                    if let Some(line) = self.growing(origin.further(end)) {
                        line.end = line.end.max(origin.offset + end as u64 + 1);
                    }
                    let open = self.open(node, stream);
                    (open.line, open.returned) = (None, false);
                    self.number += 1;
                }
                b'\r' => self.open(node, stream).returned = true,
                _ => {
                    let open = self.open(node, stream);
                    let column = if open.returned || open.line.is_none() { 0 } else { open.column };
                    self.grow(origin.further(end), &BLANKS[column % TAB..]);
                }
            }
            done = end + 1;
        }
        self.grow(origin.further(done), &text[done..]);
    }

    /// Adds text without line ends to a stream's line.
    fn grow(&mut self, origin: Origin, text: &str) {
        if text.is_empty() {
            return;
        }
        let Origin { node, stream, .. } = origin;
        if std::mem::take(&mut self.open(node, stream).returned) {
            self.overwrite(origin);
        }
        let text = safe::visible(text);
        let mut done = 0;
        while done < text.len() {
            let here = origin.further(done);
            let Some(line) = self.growing(here) else { return };
            let rest = &text[done..];
            let room = rest.floor_char_boundary(MAX_LINE.saturating_sub(line.text.len()));
            line.text.push_str(&rest[..room]);
            line.end = line.end.max(here.offset + room as u64);
            self.bytes += room;
            let open = self.open(node, stream);
            open.column += safe::width(&rest[..room]);
            done += room;
            if done < text.len() {
                open.line = None;
            }
        }
    }

    /// Begins a stream's line anew, in its place.
    fn overwrite(&mut self, origin: Origin) {
        let Some(line) = self.growing(origin).filter(|line| !line.text.is_empty()) else { return };
        let was = line.text.len();
        line.text.clear();
        line.text.push(OVERWRITTEN);
        self.bytes = self.bytes + OVERWRITTEN.len_utf8() - was;
        self.open(origin.node, origin.stream).column = 0;
    }

    /// The line that a stream is writing; a new one if it is at the beginning of a line, or if the old one was forgotten.
    fn growing(&mut self, origin: Origin) -> Option<&mut Line> {
        let Origin { node, stream, .. } = origin;
        let place = match self.open(node, stream).line.and_then(|line| usize::try_from(line - self.base).ok())
        {
            Some(place) => place,
            None => {
                let said = match stream {
                    Stream::Stdout => Said::Out,
                    Stream::Stderr => Said::Err,
                    Stream::Agent => Said::Agent,
                };
                self.push(origin, said, String::new());
                let place = self.lines.len() - 1;
                let line = Some(self.base + place.cast_signed() as i64);
                let open = self.open(node, stream);
                (open.line, open.column) = (line, 0);
                place
            }
        };
        self.lines.get_mut(place)
    }
}
