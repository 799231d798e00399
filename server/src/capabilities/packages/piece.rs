//! PutBlobPiece.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use pilothouse_api::Fault;
use pilothouse_api::packages::{MAX_PIECE, PutBlobPiece, PutBlobPieceResult};
use pilothouse_store::blobs::{self, BlobRecord, Sha256, Upload};

use super::blob_fault;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for PutBlobPiece {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<PutBlobPieceResult, Fault> {
        let document = self.document_name.as_deref().unwrap_or_default();
        let account = cx.account_id.to_owned();
        cx.require(vec![resources::document(document, &account)]).await?;
        let sha256: Sha256 =
            self.sha256.parse().map_err(|error| Fault::caller("ValidationException", format!("{error}")))?;
        let upload = Upload { sha256, total: self.total, by: cx.call.caller.person() };
        let bytes = decoded(&self.bytes)?;
        let received = cx.ports.blobs.put(&upload, self.offset, bytes).await.map_err(blob_fault)?;
        if received.complete {
            keep(cx, upload).await?;
        }
        Ok(PutBlobPieceResult { received: received.to, complete: received.complete })
    }
}

fn decoded(text: &str) -> Result<Vec<u8>, Fault> {
    let bytes = STANDARD.decode(text);
    let bytes = bytes.map_err(|error| Fault::caller("ValidationException", format!("Bytes: {error}")))?;
    if bytes.len() > MAX_PIECE {
        let message = format!("Bytes holds {} bytes: a piece has at most {MAX_PIECE}", bytes.len());
        return Err(Fault::caller("ValidationException", message));
    }
    Ok(bytes)
}

/// Writes down that a blob is here. Who sweeps removes the row before the file: a row that could be written has its file for good,
/// or has lost it already.
async fn keep(cx: &mut Cx<'_>, upload: Upload) -> Result<(), Fault> {
    let Upload { sha256, total, by } = upload;
    let record = BlobRecord { sha256: sha256.clone(), size: total, created_at: cx.now, created_by: by };
    blobs::keep(cx.tx, &record).await.map_err(store_fault)?;
    match cx.ports.blobs.size(&sha256).await.map_err(blob_fault)? {
        Some(_) => Ok(()),
        None => Err(Fault::unavailable("the blob was swept away at this very moment: send it again")),
    }
}
