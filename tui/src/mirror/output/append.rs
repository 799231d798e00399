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

impl Output {
    pub(super) fn append(&mut self, node: u32, stream: Stream, step: u16, at: Millis, bytes: Vec<u8>) {
        if self.open(node, stream).step != step {
            self.close(node, at);
            self.open(node, stream).step = step;
        }
        let mut all = std::mem::take(&mut self.open(node, stream).carry);
        all.extend(bytes);
        let mut read = 0;
        for part in all.utf8_chunks() {
            read += part.valid().len() + part.invalid().len();
            self.text(node, stream, at, part.valid());
            let unfinished = read == all.len()
                && std::str::from_utf8(part.invalid()).is_err_and(|error| error.error_len().is_none());
            if unfinished {
                self.open(node, stream).carry = part.invalid().to_vec();
            } else {
                self.text(node, stream, at, &hex(part.invalid()));
            }
        }
    }

    pub(super) fn text(&mut self, node: u32, stream: Stream, at: Millis, mut text: &str) {
        while let Some(end) = text.find(['\n', '\r', '\t']) {
            self.grow(node, stream, at, &text[..end]);
            match text.as_bytes()[end] {
                b'\n' => {
                    self.growing(node, stream, at);
                    let open = self.open(node, stream);
                    (open.line, open.returned) = (None, false);
                }
                b'\r' => self.open(node, stream).returned = true,
                _ => {
                    let open = self.open(node, stream);
                    let column = if open.returned || open.line.is_none() { 0 } else { open.column };
                    self.grow(node, stream, at, &BLANKS[column % TAB..]);
                }
            }
            text = &text[end + 1..];
        }
        self.grow(node, stream, at, text);
    }

    /// Adds text without line ends to a stream's line.
    fn grow(&mut self, node: u32, stream: Stream, at: Millis, text: &str) {
        if text.is_empty() {
            return;
        }
        if std::mem::take(&mut self.open(node, stream).returned) {
            self.overwrite(node, stream, at);
        }
        let text = safe::visible(text);
        let mut rest = text.as_ref();
        while !rest.is_empty() {
            let Some(line) = self.growing(node, stream, at) else { return };
            let room = rest.floor_char_boundary(MAX_LINE.saturating_sub(line.text.len()));
            line.text.push_str(&rest[..room]);
            self.bytes += room;
            let open = self.open(node, stream);
            open.column += safe::width(&rest[..room]);
            rest = &rest[room..];
            if !rest.is_empty() {
                open.line = None;
            }
        }
    }

    /// Begins a stream's line anew, in its place.
    fn overwrite(&mut self, node: u32, stream: Stream, at: Millis) {
        let Some(line) = self.growing(node, stream, at).filter(|line| !line.text.is_empty()) else { return };
        let was = line.text.len();
        line.text.clear();
        line.text.push(OVERWRITTEN);
        self.bytes = self.bytes + OVERWRITTEN.len_utf8() - was;
        self.open(node, stream).column = 0;
    }

    /// The line that a stream is writing; a new one if it is at the beginning of a line, or if the old one was forgotten.
    fn growing(&mut self, node: u32, stream: Stream, at: Millis) -> Option<&mut Line> {
        let kept = self.open(node, stream).line.and_then(|line| line.checked_sub(self.forgotten));
        let place = match kept.and_then(|place| usize::try_from(place).ok()) {
            Some(place) => place,
            None => {
                let said = match stream {
                    Stream::Stdout => Said::Out,
                    Stream::Stderr => Said::Err,
                    Stream::Agent => Said::Agent,
                };
                self.push(node, said, at, String::new());
                let place = self.lines.len() - 1;
                let line = Some(self.forgotten + place as u64);
                let open = self.open(node, stream);
                (open.line, open.column) = (line, 0);
                place
            }
        };
        self.lines.get_mut(place)
    }
}
