//! The beginning of a run's output as lines that can be compared: each as it was said, with a hash of what it says once normalised.

use pilothouse_api::folding::Normal;
use pilothouse_protocol::{Chunk, JobId};
use pilothouse_store::outputs::{OutputError, Outputs};

use super::lines::{Kind, Lines, STREAMS};
use super::normal::{OwnNames, normalise};
use super::run::short;

/// The most that is read of one output.
const MOST: u64 = 8 << 20;
/// The most lines of one output, of all streams.
const MOST_LINES: usize = 50_000;
/// Bytes that are read at a time.
const READ: usize = 256 * 1024;

/// A line of an output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TextLine {
    /// As it was said; what is no UTF-8 is replaced, a long one is cut.
    pub text: String,
    /// Of what it says, once normalised.
    pub hash: u128,
}

/// The beginning of an output.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Its lines, for each stream: standard output, standard error, what the agent says.
    pub streams: [Vec<TextLine>; 3],
    /// Whether there is more of it.
    pub truncated: bool,
}

/// The most of a line that is told.
const MAX_TEXT: usize = 1024;

/// Reads the beginning of an output.
///
/// # Errors
/// When it cannot be read.
pub async fn text(
    outputs: &dyn Outputs,
    job: &JobId,
    normal: Normal,
    own: &[&str],
) -> Result<Text, OutputError> {
    let own = OwnNames::new(own.iter().copied());
    let (mut text, mut lines, mut at, mut count) = (Text::default(), Lines::default(), 0, 0);
    let line = |kind: Kind, said: &[u8]| {
        let mut plain = vec![u8::from(kind == Kind::Hole)];
        normalise(said, normal, &own, &mut plain);
        let told = String::from_utf8_lossy(said.get(..MAX_TEXT).unwrap_or(said)).into_owned();
        TextLine { text: told, hash: short(&plain) }
    };
    loop {
        let chunks = outputs.read(job, at, READ).await?;
        let Some(last) = chunks.last().map(Chunk::end) else { break };
        at = last;
        for chunk in &chunks {
            lines.push(chunk, |stream, kind, said| {
                if count < MOST_LINES
                    && let Some(of) = text.streams.get_mut(stream)
                {
                    count += 1;
                    of.push(line(kind, said));
                }
            });
        }
        if at >= MOST || count >= MOST_LINES {
            text.truncated = true;
            return Ok(text);
        }
    }
    for (stream, of) in text.streams.iter_mut().enumerate().take(STREAMS.len()) {
        if lines.has_tail(stream) {
            of.push(line(Kind::Line, lines.tail(stream)));
        }
    }
    Ok(text)
}
