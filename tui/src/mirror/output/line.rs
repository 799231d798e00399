//! A line of output, and the words for what is not in it.

use pilothouse_api::protocol::Millis;

/// What a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// What the agent says about the run.
    Agent,
    /// A hole: something was here that is not shown.
    Gap,
}

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it says, made harmless.
    pub text: String,
    /// What it is.
    pub said: Said,
    /// When the agent read its first byte.
    pub at: Millis,
    /// Which of the output's nodes said it.
    pub node: u32,
    /// Line ends that its node said before it, of all streams: its number, from 0, when it is the output of one run.
    pub number: u64,
    /// Where its first byte stands in the run's output.
    pub offset: u64,
    /// Where the bytes after it stand, so far.
    pub end: u64,
}

impl Line {
    /// Whether one would look for it when something went wrong: standard error, the agent, and what calls itself an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        match self.said {
            Said::Err | Said::Agent => true,
            Said::Gap => false,
            Said::Out => calls_itself_an_error(self.text.as_bytes()),
        }
    }
}

fn calls_itself_an_error(text: &[u8]) -> bool {
    const WORDS: [&[u8]; 7] = [b"error", b"fatal", b"fail", b"panic", b"denied", b"exception", b"not found"];
    (0..text.len()).any(|at| {
        let rest = &text[at..];
        let begins =
            |word: &&[u8]| rest.get(..word.len()).is_some_and(|part| part.eq_ignore_ascii_case(word));
        matches!(rest[0] | 0x20, b'e' | b'f' | b'p' | b'd' | b'n') && WORDS.iter().any(begins)
    })
}

/// Bytes that are no text, visibly.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    let mut out = String::with_capacity(bytes.len() * 4);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(out, "<{byte:02X}>");
    }
    out
}
