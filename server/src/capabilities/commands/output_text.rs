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

/// The beginnings of both streams of one step.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct StepText {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
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
        cut(&self.stdout, MAX_STDOUT, CUT)
    }

    /// `StandardErrorContent`.
    pub(super) fn stderr(&self) -> String {
        cut(&self.stderr, MAX_STDERR, CUT)
    }

    /// `CommandPlugin.Output`: both streams in 2,500 characters.
    pub(super) fn plugin(&self) -> String {
        let stdout = String::from_utf8_lossy(&self.stdout);
        let stderr = String::from_utf8_lossy(&self.stderr);
        if stderr.is_empty() {
            return cut(&self.stdout, MAX_PLUGIN, PLUGIN_CUT);
        }
        if stdout.chars().count() + stderr.chars().count() + PLUGIN_ERROR.len() <= MAX_PLUGIN {
            return format!("{stdout}{PLUGIN_ERROR}{stderr}");
        }
        let half = (MAX_PLUGIN - PLUGIN_ERROR.len()) / 2;
        let (out, err) = (cut(&self.stdout, half, PLUGIN_CUT), cut(&self.stderr, half, PLUGIN_ERROR_CUT));
        format!("{out}{PLUGIN_ERROR}{err}")
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
        let text = StepText { stdout: vec![b'x'; 30_000], stderr: Vec::new() };
        assert_eq!(text.stdout().chars().count(), MAX_STDOUT);
        assert!(text.stdout().ends_with("x--output truncated--"));
    }

    #[test]
    fn short_output_of_both_streams_stands_whole_in_a_plugin() {
        let text = StepText { stdout: b"out".to_vec(), stderr: b"err".to_vec() };
        assert_eq!(text.plugin(), "out\n----------ERROR-------\nerr");
    }

    #[test]
    fn long_output_of_both_streams_shares_the_plugins_limit() {
        let text = StepText { stdout: vec![b'o'; 9_000], stderr: vec![b'e'; 9_000] };
        let shown = text.plugin();
        assert!(shown.chars().count() <= MAX_PLUGIN);
        assert!(shown.contains("---Output truncated---") && shown.ends_with("---Error truncated----"));
    }

    #[test]
    fn bytes_that_are_no_text_are_shown_as_replacement_characters() {
        let text = StepText { stdout: vec![b'a', 0xff, b'b'], stderr: Vec::new() };
        assert_eq!(text.stdout(), "a\u{fffd}b");
    }
}
