//! Output of runs into files: all of it, as it was said, piece by piece; what is missing of it stands there as a line with the reason.

use pilothouse_api::commands::{MAX_BYTES, Place, ReadOutput};
use pilothouse_api::protocol::{InstanceId, Payload};
use pilothouse_client::Client;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::files;
use crate::effect::OutputFile;
use crate::words::count;

/// Writes the output of runs, as long as it is now, to a new file that only its owner reads.
///
/// # Errors
/// Why not, or why not all of it, for people.
pub(super) async fn save(client: &Client, wanted: &OutputFile) -> Result<(), String> {
    let mut file = files::make(&wanted.path).await?;
    let unfinished = |why: String| format!("{} is not complete: {why}", wanted.path.display());
    for (node, name) in &wanted.nodes {
        if wanted.nodes.len() > 1 {
            let name = pilothouse_kit::safe::visible(name);
            let heading = format!("==> {name} ({node}) <==\n");
            file.write_all(heading.as_bytes()).await.map_err(|error| unfinished(error.to_string()))?;
        }
        copy(client, wanted, node, &mut file).await.map_err(unfinished)?;
    }
    file.flush().await.map_err(|error| unfinished(error.to_string()))
}

async fn copy(
    client: &Client,
    wanted: &OutputFile,
    node: &InstanceId,
    file: &mut File,
) -> Result<(), String> {
    let (mut offset, mut until, mut ended) = (0, None, true);
    loop {
        let request = ReadOutput {
            command_id: wanted.command.to_string(),
            instance_id: node.to_string(),
            from: Place::Offset(offset),
            max_bytes: Some(MAX_BYTES),
            ..ReadOutput::default()
        };
        let read = client.call(&request).await.map_err(|error| error.to_string())?;
        let until = *until.get_or_insert(read.end);
        for chunk in read.chunks {
            offset = chunk.end();
            let bytes = match chunk.payload {
                Payload::Data(bytes) => bytes,
                Payload::Dropped { bytes, lines, why } => {
                    let (bytes, lines) = (count(bytes, "byte"), count(lines, "line"));
                    format!("[{bytes} ({lines}) not kept: {}]\n", why.reason()).into_bytes()
                }
            };
            ended = bytes.last().is_none_or(|last| *last == b'\n');
            file.write_all(&bytes).await.map_err(|error| error.to_string())?;
        }
        if offset >= until {
            break;
        }
    }
    if !ended && wanted.nodes.len() > 1 {
        file.write_all(b"\n").await.map_err(|error| error.to_string())?;
    }
    Ok(())
}
