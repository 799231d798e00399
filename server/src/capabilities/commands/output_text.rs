//! Output as AWS's text members show it: cut to AWS's limits, with AWS's marks. The whole output stays in the store.
//!
//! Source: API reference of GetCommandInvocation and CommandPlugin; the agent's `iohandler` for the marks.

use pilothouse_protocol::{Chunk, JobId, Payload, Stream};
use pilothouse_store::outputs::Outputs;

/// Characters of standard output in GetCommandInvocation.
pub(super) const MAX_STDOUT: usize = 24_000;
/// Characters of standard error in GetCommandInvocation.
pub(super) const MAX_STDERR: usize = 8_000;
/// Characters of both in CommandPlugin.
const MAX_PLUGIN: usize = 2_500;
const CUT: &str = "--output truncated--";
const PLUGIN_CUT: &str = "\n---Output truncated---";
const PLUGIN_ERROR_CUT: &str = "\n---Error truncated----";
const PLUGIN_ERROR: &str = "\n----------ERROR-------\n";
/// Bytes read at a time.
const READ: usize = 256 * 1024;
/// Bytes of a run's output that are looked through for the beginnings of a step's streams.
const LOOKED_THROUGH: u64 = 32 * 1024 * 1024;

/// The beginnings of both streams of one step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct StepText {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    /// There is more output than was looked through: what is not full may not be all.
    has_more: bool,
}

impl StepText {
    /// Reads as much of a step's output as any of AWS's members can show. An unreadable store reads as empty: the members are
    /// a courtesy beside the full output.
    pub(super) async fn read(outputs: &dyn Outputs, job: &JobId, step: u16) -> Self {
        let mut text = Self::default();
        let mut from = 0;
        while !text.is_full() {
            let chunks = match outputs.read(job, from, READ).await {
                Ok(chunks) => chunks,
                Err(error) => {
                    tracing::warn!(%job, %error, "output cannot be read");
                    break;
                }
            };
            let Some(last) = chunks.last() else { break };
            from = last.end();
            if from > LOOKED_THROUGH {
                text.has_more = true;
                break;
            }
            for chunk in chunks.iter().filter(|chunk| chunk.step == step) {
                text.take(chunk);
            }
        }
        text
    }

    fn is_full(&self) -> bool {
        // Four bytes is the longest character.
        self.stdout.len() > 4 * MAX_STDOUT && self.stderr.len() > 4 * MAX_STDERR
    }

    fn take(&mut self, chunk: &Chunk) {
        let Payload::Data(bytes) = &chunk.payload else { return };
        let (into, limit) = match chunk.stream {
            Stream::Stdout => (&mut self.stdout, 4 * MAX_STDOUT + 1),
            Stream::Stderr | Stream::Agent => (&mut self.stderr, 4 * MAX_STDERR + 1),
        };
        let room = limit.saturating_sub(into.len());
        into.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// `StandardOutputContent`.
    pub(super) fn stdout(&self) -> String {
        self.marked(cut(&self.stdout, MAX_STDOUT, CUT))
    }

    /// `StandardErrorContent`.
    pub(super) fn stderr(&self) -> String {
        self.marked(cut(&self.stderr, MAX_STDERR, CUT))
    }

    fn marked(&self, text: String) -> String {
        if self.has_more && !text.ends_with(CUT) { text + CUT } else { text }
    }

    /// `CommandPlugin.Output`: both streams in 2,500 characters. What is short stands whole and leaves the rest to the other.
    pub(super) fn plugin(&self) -> String {
        let (out, err) = (String::from_utf8_lossy(&self.stdout), String::from_utf8_lossy(&self.stderr));
        let (out_size, err_size) = (out.chars().count(), err.chars().count());
        let title = if err.is_empty() { "" } else { PLUGIN_ERROR };
        let room = MAX_PLUGIN - title.len();
        if out_size + err_size < room {
            return format!("{out}{title}{err}");
        }
        let half = room / 2;
        let first = |text: &str, count: usize| text.chars().take(count).collect::<String>();
        let (for_out, for_err) = (room - PLUGIN_CUT.len(), room - PLUGIN_ERROR_CUT.len());
        if out_size > half && err_size > half {
            let each = (for_out - PLUGIN_ERROR_CUT.len()) / 2;
            let (out, err) = (first(&out, each), first(&err, each));
            format!("{out}{PLUGIN_CUT}{title}{err}{PLUGIN_ERROR_CUT}")
        } else if out_size < half {
            format!("{out}{title}{}{PLUGIN_ERROR_CUT}", first(&err, for_err.saturating_sub(out_size)))
        } else {
            format!("{}{PLUGIN_CUT}{title}{err}", first(&out, for_out.saturating_sub(err_size)))
        }
    }
}

/// The text in at most `max` characters, the mark of the cut included.
fn cut(bytes: &[u8], max: usize, mark: &str) -> String {
    let text = String::from_utf8_lossy(bytes);
    if text.chars().count() <= max {
        return text.into_owned();
    }
    let keep = max - mark.chars().count();
    text.chars().take(keep).chain(mark.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_output_is_cut_to_the_limit_and_says_so() {
        let text = StepText { stdout: vec![b'x'; 30_000], ..StepText::default() };
        assert_eq!(text.stdout().chars().count(), MAX_STDOUT);
        assert!(text.stdout().ends_with("x--output truncated--"));
    }

    #[test]
    fn short_output_of_both_streams_stands_whole_in_a_plugin() {
        let text = StepText { stdout: b"out".to_vec(), stderr: b"err".to_vec(), ..StepText::default() };
        assert_eq!(text.plugin(), "out\n----------ERROR-------\nerr");
    }

    #[test]
    fn long_output_of_both_streams_shares_the_plugins_limit() {
        let text = StepText { stdout: vec![b'o'; 9_000], stderr: vec![b'e'; 9_000], ..StepText::default() };
        let shown = text.plugin();
        assert!(shown.chars().count() <= MAX_PLUGIN);
        assert!(shown.contains("---Output truncated---") && shown.ends_with("---Error truncated----"));
    }

    #[test]
    fn a_stream_that_was_not_looked_through_to_its_end_says_so() {
        let text = StepText { stdout: b"out".to_vec(), has_more: true, ..StepText::default() };
        assert_eq!((text.stdout(), text.stderr()), (format!("out{CUT}"), CUT.to_owned()));
    }

    #[test]
    fn a_short_stream_stands_whole_beside_a_long_one() {
        let of = |out: usize, err: usize| StepText {
            stdout: vec![b'o'; out],
            stderr: vec![b'e'; err],
            ..StepText::default()
        };
        let shown = of(9_000, 10).plugin();
        assert_eq!(shown.len(), MAX_PLUGIN);
        assert!(shown.ends_with("o\n---Output truncated---\n----------ERROR-------\neeeeeeeeee"), "{shown}");
        let shown = of(10, 9_000).plugin();
        assert_eq!(shown.len(), MAX_PLUGIN);
        assert!(shown.starts_with("oooooooooo\n----------ERROR-------\ne"), "{shown}");
        assert!(shown.ends_with("e\n---Error truncated----"), "{shown}");
        let shown = of(9_000, 0).plugin();
        assert_eq!(shown.len(), MAX_PLUGIN);
        assert!(shown.ends_with("o\n---Output truncated---"), "{shown}");
        assert_eq!(of(2_499, 0).plugin().len(), 2_499, "it fits");
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_replacement_characters() {
        let text = StepText { stdout: vec![b'a', 0xff, b'b'], ..StepText::default() };
        assert_eq!(text.stdout(), "a\u{fffd}b");
    }
}
