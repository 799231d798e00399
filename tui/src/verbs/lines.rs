//! Output of many nodes as lines, each behind its node's name. Nothing is printed in the middle of another node's line.

use std::collections::BTreeMap;
use std::io::{self, Write};

use pilothouse_api::protocol::{Chunk, InstanceId, Millis, Payload, Stream};
use pilothouse_kit::safe;
use serde_json::json;

/// A line that is longer is printed in pieces.
const MAX_LINE: usize = 64 * 1024;

/// How lines are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// For people at a terminal: names in a column, everything made harmless.
    Terminal,
    /// For pipes and files: to the byte.
    Plain,
    /// For programs.
    Json,
}

/// Prints output as lines.
pub struct Lines<O: Write, E: Write> {
    /// Where standard output of nodes goes, or everything as JSON.
    pub out: O,
    /// Where standard error of nodes goes.
    pub err: E,
    form: Form,
    is_named: bool,
    is_timed: bool,
    names: BTreeMap<InstanceId, String>,
    width: usize,
    begun: BTreeMap<(InstanceId, Stream), (Millis, Vec<u8>)>,
    ends: BTreeMap<InstanceId, u64>,
}

impl<O: Write, E: Write> Lines<O, E> {
    /// Lines of nodes with these names.
    pub fn new(out: O, err: E, form: Form, names: BTreeMap<InstanceId, String>) -> Self {
        let width = if form == Form::Terminal {
            names.values().map(|name| safe::width(name)).max().unwrap_or(0)
        } else {
            0
        };
        let (begun, ends) = (BTreeMap::new(), BTreeMap::new());
        Self { out, err, form, is_named: true, is_timed: false, names, width, begun, ends }
    }

    /// The same of one node alone: its name is known.
    #[must_use]
    pub fn of_one(self) -> Self {
        Self { is_named: false, ..self }
    }

    /// The same with the time before every line.
    #[must_use]
    pub fn timed(self) -> Self {
        Self { is_timed: true, ..self }
    }

    /// The node's name, made harmless where people read it.
    #[must_use]
    pub fn name(&self, node: &InstanceId) -> String {
        let name = self.names.get(node).map_or(node.as_str(), String::as_str);
        if self.form == Form::Json { name.to_owned() } else { safe::visible(name).into_owned() }
    }

    /// A piece of a node's output.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn chunk(&mut self, node: &InstanceId, chunk: &Chunk) -> io::Result<()> {
        self.ends.insert(node.clone(), chunk.end());
        let key = (node.clone(), chunk.stream);
        match &chunk.payload {
            Payload::Data(bytes) => {
                let (mut at, mut begun) = self.begun.remove(&key).unwrap_or((chunk.at, Vec::new()));
                for part in bytes.split_inclusive(|byte| *byte == b'\n') {
                    begun.extend_from_slice(part);
                    if part.ends_with(b"\n") || begun.len() >= MAX_LINE {
                        self.line(node, chunk.stream, at, &begun)?;
                        begun.clear();
                        at = chunk.at;
                    }
                }
                if !begun.is_empty() {
                    self.begun.insert(key, (at, begun));
                }
                Ok(())
            }
            Payload::Dropped { bytes, lines, why } => {
                if let Some((at, begun)) = self.begun.remove(&key) {
                    self.line(node, chunk.stream, at, &begun)?;
                }
                let said =
                    format!("[{bytes} bytes with {lines} line ends were dropped here: {}]", why.reason());
                self.line(node, Stream::Agent, chunk.at, said.as_bytes())
            }
        }
    }

    /// How far the node's output was taken in.
    #[must_use]
    pub fn end(&self, node: &InstanceId) -> u64 {
        self.ends.get(node).copied().unwrap_or_default()
    }

    /// Prints what has no line end, of one node that is over.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish_node(&mut self, node: &InstanceId) -> io::Result<()> {
        for stream in [Stream::Stdout, Stream::Stderr, Stream::Agent] {
            if let Some((at, begun)) = self.begun.remove(&(node.clone(), stream)) {
                self.line(node, stream, at, &begun)?;
            }
        }
        Ok(())
    }

    /// Prints what has no line end.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&mut self) -> io::Result<()> {
        for ((node, stream), (at, begun)) in std::mem::take(&mut self.begun) {
            self.line(&node, stream, at, &begun)?;
        }
        self.flush()
    }

    /// Hands on what was printed.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()?;
        self.err.flush()
    }

    fn line(&mut self, node: &InstanceId, stream: Stream, at: Millis, line: &[u8]) -> io::Result<()> {
        let name = self.name(node);
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let to: &mut dyn Write =
            if stream == Stream::Stdout || self.form == Form::Json { &mut self.out } else { &mut self.err };
        if self.is_timed && self.form != Form::Json {
            write!(to, "{} ", instant(at))?;
        }
        match self.form {
            Form::Json => {
                let text = String::from_utf8_lossy(bare);
                let mut line =
                    json!({"type": "output", "node": name, "id": node, "stream": word(stream), "text": text});
                if self.is_timed {
                    line["at"] = json!(instant(at));
                }
                writeln!(to, "{line}")
            }
            Form::Plain => {
                if self.is_named {
                    write!(to, "{name}: ")?;
                }
                to.write_all(bare)?;
                writeln!(to)
            }
            Form::Terminal => {
                let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
                let text = String::from_utf8_lossy(bare);
                if self.is_named {
                    let gap = " ".repeat(self.width.saturating_sub(safe::width(&name)));
                    write!(to, "{name}:{gap} ")?;
                }
                writeln!(to, "{}", safe::visible(&text))
            }
        }
    }
}

/// `2026-11-24T21:00:00.123Z`.
#[must_use]
pub fn instant(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|at| format!("{at:.3}")).unwrap_or_default()
}

/// A stream's name in JSON.
#[must_use]
pub const fn word(stream: Stream) -> &'static str {
    match stream {
        Stream::Stdout => "stdout",
        Stream::Stderr => "stderr",
        Stream::Agent => "agent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_api::protocol::Lost;

    use crate::screens::fixtures::{chunk, id};

    fn lines(form: Form) -> Lines<Vec<u8>, Vec<u8>> {
        Lines::new(Vec::new(), Vec::new(), form, [(id(1), "web-1".into()), (id(2), "db-02-x".into())].into())
    }

    fn said(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn lines_of_two_nodes_are_never_mixed() {
        let mut lines = lines(Form::Plain);
        lines.chunk(&id(1), &chunk(0, Stream::Stdout, "one\ntw")).unwrap();
        lines.chunk(&id(2), &chunk(0, Stream::Stdout, "other\n")).unwrap();
        lines.chunk(&id(1), &chunk(6, Stream::Stdout, "o\nthree")).unwrap();
        lines.finish().unwrap();
        assert_eq!(said(&lines.out), "web-1: one\ndb-02-x: other\nweb-1: two\nweb-1: three\n");
    }

    #[test]
    fn a_terminal_is_never_told_what_to_do_and_a_pipe_gets_every_byte() {
        let text = "\x1b[2J\u{202e}x\n";
        let mut terminal = lines(Form::Terminal);
        terminal.chunk(&id(1), &chunk(0, Stream::Stdout, text)).unwrap();
        assert_eq!(said(&terminal.out), "web-1:   ␛[2J<U+202E>x\n");
        let mut plain = lines(Form::Plain);
        plain.chunk(&id(1), &chunk(0, Stream::Stdout, text)).unwrap();
        assert_eq!(said(&plain.out), format!("web-1: {text}"));
    }

    #[test]
    fn standard_error_goes_to_standard_error_and_a_hole_is_said() {
        let mut lines = lines(Form::Plain);
        lines.chunk(&id(1), &chunk(0, Stream::Stderr, "bad\n")).unwrap();
        let hole = Chunk {
            payload: Payload::Dropped { bytes: 9, lines: 2, why: Lost::RunQuota },
            ..chunk(4, Stream::Stdout, "")
        };
        lines.chunk(&id(1), &hole).unwrap();
        assert_eq!(
            said(&lines.err),
            "web-1: bad\nweb-1: [9 bytes with 2 line ends were dropped here: the quota of one run is used up]\n"
        );
    }

    #[test]
    fn a_line_without_an_end_does_not_grow_for_ever() {
        let mut lines = lines(Form::Plain);
        let long = "x".repeat(30_000);
        (0..10).for_each(|n| lines.chunk(&id(1), &chunk(n * 30_000, Stream::Stdout, &long)).unwrap());
        assert!(said(&lines.out).lines().count() >= 3);
    }

    #[test]
    fn json_is_one_object_per_line() {
        let mut lines = lines(Form::Json);
        lines.chunk(&id(1), &chunk(0, Stream::Stdout, "a\"b\n")).unwrap();
        let value: serde_json::Value = serde_json::from_slice(&lines.out).unwrap();
        assert_eq!((value["node"].as_str(), value["text"].as_str()), (Some("web-1"), Some("a\"b")));
    }
}
