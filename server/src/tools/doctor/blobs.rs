//! What is attached to documents: whether every file that the database tells of is there, and as long as it should be.

use std::path::Path;

use pilothouse_store::blobs::{self, BlobError, Blobs as _, FileBlobs};
use pilothouse_store::{StoreError, Tx};

use super::Finding;
use crate::config::BLOBS;

pub(super) async fn look(tx: &mut Tx, data_dir: &Path) -> Result<Finding, StoreError> {
    let told = blobs::all(tx).await?;
    let (files, mut missing, mut bytes) = (FileBlobs::at(data_dir.join(BLOBS)), Vec::new(), 0);
    for blob in &told {
        match files.size(&blob.sha256).await {
            Ok(Some(size)) if size == blob.size => bytes += size,
            Ok(_) => missing.push(blob.sha256.to_string()),
            Err(error) => return Ok(unreadable(&error)),
        }
    }
    Ok(match missing.first() {
        None => {
            Finding::ok("packages", format!("{} files of packages, {bytes} bytes, are there", told.len()))
        }
        Some(first) => {
            let seen = format!("{} files of packages are missing or cut, {first} among them", missing.len());
            Finding::fail(
                "packages",
                seen,
                "put DATA_DIR/blobs back from a backup, or push the packages again",
            )
        }
    })
}

fn unreadable(error: &BlobError) -> Finding {
    Finding::fail("packages", error.to_string(), "make DATA_DIR/blobs readable for the server's user")
}
