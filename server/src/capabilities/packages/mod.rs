//! Packages: the bytes of files that are attached to documents, on their way in and out.
//!
//! In: PutBlobPiece of operators, what nodes ask for in the name of who sent a command, and the clock. Out: blobs that are whole, the
//! file of a package that fits a node, in pieces, and no blob that nobody uses: what came and was not attached within a day, or is
//! attached to nothing any more, goes.
//!
//! Never here: which document has which file (`documents`), where bytes lie on a disk (the store).

mod give;
mod piece;
#[cfg(test)]
mod stories;
mod sweep;

use pilothouse_api::Fault;
use pilothouse_store::blobs::BlobError;

/// A failure of the blobs as the caller sees it.
pub(crate) fn blob_fault(error: BlobError) -> Fault {
    match error {
        BlobError::Mismatch { .. } => Fault::caller("ChecksumMismatch", error.to_string()),
        BlobError::Size { .. } => Fault::caller("InvalidBlobSize", error.to_string()),
        BlobError::Full => {
            tracing::error!(%error, "the disk under the blobs is full");
            Fault::unavailable(error.to_string())
        }
        BlobError::Io(_) => {
            tracing::error!(%error, "the blobs failed");
            Fault::internal("the server could not read or write its blobs: see the server's log")
        }
    }
}
