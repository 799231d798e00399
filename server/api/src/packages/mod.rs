//! Packages: software in files that are attached to a Package document, whose content is a manifest.
//!
//! In: the bytes of files, in pieces ([`PutBlobPiece`], ours: AWS's clients put them into S3), and manifests in AWS's form for
//! Distributor ([`Manifest`]). Out: how far a file has come, and which file of a package fits a machine.
//!
//! Never here: documents (`documents` has them), bytes on a disk.

mod manifest;
mod piece;

pub use manifest::{ANY, Manifest, ManifestError, ManifestFile, NoFit, Selector};
pub use piece::{MAX_BLOB, MAX_PIECE, PutBlobPiece, PutBlobPieceResult};

/// What the address of a blob begins with, before its SHA-256, where a document names what is attached to it.
pub const BLOB_URL: &str = "pilothouse://sha256/";
