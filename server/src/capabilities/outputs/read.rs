//! ReadOutput: the output of one run, from any place of it.

use pilothouse_api::Fault;
use pilothouse_api::commands::{MAX_LINES, ReadOutput, ReadOutputResult};
use pilothouse_protocol::{Chunk, InstanceId, JobId};
use pilothouse_store::invocations;

use super::{output_fault, visible_command};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Bytes, if the caller does not say.
const BYTES: u32 = 256 * 1024;

impl Run for ReadOutput {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ReadOutputResult, Fault> {
        let command = visible_command(cx, &self.command_id).await?;
        let missing = || Fault::caller("InvocationDoesNotExist", "no such command was sent to this node");
        let instance: InstanceId = self.instance_id.parse().map_err(|_| missing())?;
        let region = cx.region().to_owned();
        let run =
            invocations::get(cx.tx, &region, &command.command_id, &instance).await.map_err(store_fault)?;
        let run = run.ok_or_else(missing)?;
        let job = JobId { command: command.command_id, instance };
        let lines = u64::from(self.max_lines.unwrap_or(MAX_LINES));
        let bytes = usize::try_from(self.max_bytes.unwrap_or(BYTES)).unwrap_or(usize::MAX);
        let read = cx.ports.outputs.read_at(&job, self.from, lines, bytes).await.map_err(output_fault)?;
        let complete = run.state.is_terminal() && read.chunks.last().is_none_or(|it| it.end() >= read.end);
        debug_assert!(read.chunks.iter().zip(read.chunks.iter().skip(1)).all(|(a, b)| a.end() == b.offset));
        Ok(ReadOutputResult {
            first_line: read.first_line,
            end: read.end,
            total_lines: read.lines,
            complete: complete && read.chunks.last().map_or(read.end, Chunk::end) >= run.output_end,
            chunks: read.chunks,
        })
    }
}
