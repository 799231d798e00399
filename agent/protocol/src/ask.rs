//! What a node may ask for while it runs a job, and what it is answered: documents, packages, and the bytes of blobs.
//!
//! An ask belongs to a job that the node holds, and is judged as if whoever sent that command asked. Its answer comes on the
//! same link; what a broken link left open is asked again on the next one.

use pilothouse_document::Resolved;
use serde::{Deserialize, Serialize};

/// Asks that one link may have on the way.
pub const MAX_ASKS: usize = 8;
/// The largest [`Answer::Piece`], in bytes.
pub const MAX_PIECE: usize = 256 * 1024;

/// What a node wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "want")]
pub enum Want {
    /// The content of a Command document.
    Document {
        /// Its name or ARN.
        name: String,
        /// Which version: a number, `$DEFAULT` or `$LATEST`; the default one if it is not said.
        #[serde(default)]
        version: Option<String>,
    },
    /// The file of a package that fits the machine.
    Package {
        /// The package's name or ARN.
        name: String,
        /// Which version; the default one if it is not said.
        #[serde(default)]
        version: Option<String>,
        /// As the machine calls its system, such as `debian`, `ubuntu` or `windows`.
        platform: String,
        /// Which release of it, such as `12`.
        #[serde(default)]
        release: String,
        /// Such as `x86_64` or `arm64`.
        architecture: String,
    },
    /// Bytes of a blob that an earlier answer of the same job named.
    Piece {
        /// Which blob: its SHA-256 in lower-case hexadecimal digits.
        sha256: String,
        /// From where on.
        offset: u64,
    },
    /// Something that a newer agent wants; it is refused.
    #[serde(other)]
    Unknown,
}

/// A package's file, as the package's manifest names it for the machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackageAnswer {
    /// The package's name.
    pub name: String,
    /// The version that the manifest gives itself.
    pub version: String,
    /// SHA-256 of the package document: another one means that the same version was published anew.
    pub document_hash: String,
    /// The file's name.
    pub file: String,
    /// SHA-256 of the file, in lower-case hexadecimal digits.
    pub sha256: String,
    /// Its bytes.
    pub size: u64,
}

/// What a node is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer")]
pub enum Answer {
    /// A document.
    Document {
        /// Its name.
        name: String,
        /// The version that was meant, as a number.
        version: String,
        /// SHA-256 of `content`, in lower-case hexadecimal digits.
        sha256: String,
        /// Its text, JSON.
        content: String,
        /// What `{{ssm:…}}` in it stands for now; never a secret.
        #[serde(default, skip_serializing_if = "Resolved::is_empty")]
        resolved: Resolved,
    },
    /// A package's file.
    Package(PackageAnswer),
    /// Bytes of a blob, from where they were asked for.
    Piece {
        /// Bytes of the whole blob.
        total: u64,
        /// At most [`MAX_PIECE`] of them.
        #[serde(with = "serde_bytes")]
        bytes: Vec<u8>,
    },
    /// It is not given. Asking again does not help.
    Refused {
        /// Why, for people.
        message: String,
    },
    /// Not now: ask again after a second.
    Later,
    /// An answer of a newer server, which this agent cannot read.
    #[serde(other)]
    Unknown,
}
