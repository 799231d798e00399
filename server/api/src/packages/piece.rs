//! PutBlobPiece.

use serde::{Deserialize, Serialize};

use crate::validate::Violations;

/// The largest piece, in bytes.
pub const MAX_PIECE: usize = 512 * 1024;
/// The largest blob, in bytes.
pub const MAX_BLOB: u64 = 1 << 30;

/// Brings a piece of a file that is to be attached to a document. Pieces come in order; each may come again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutBlobPiece {
    /// SHA-256 of the whole file, 64 hexadecimal digits.
    pub sha256: String,
    /// From where on.
    pub offset: u64,
    /// Bytes of the whole file, 1 to [`MAX_BLOB`].
    pub total: u64,
    /// At most [`MAX_PIECE`] of them, in base64. None at all: the answer only says how far the file has come.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bytes: String,
    /// The document that it is to be attached to: whoever may not make that one brings nothing. Without it, whoever may make
    /// documents of no name in particular.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_name: Option<String>,
}

impl PutBlobPiece {
    pub(crate) fn check(&self, v: &mut Violations) {
        let is_digest = self.sha256.len() == 64 && self.sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        v.pattern("sha256", &self.sha256.replace('\0', "\u{2400}"), "^[0-9a-fA-F]{64}$", is_digest);
        let signed = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        v.range("total", Some(signed(self.total)), 1, signed(MAX_BLOB));
        v.range("offset", Some(signed(self.offset)), 0, signed(self.total));
        v.length("bytes", &self.bytes, 0, MAX_PIECE.div_ceil(3) * 4);
        if let Some(name) = &self.document_name {
            v.length("documentName", name, 3, 128);
        }
    }
}

/// How far a file has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PutBlobPieceResult {
    /// The next piece begins here.
    pub received: u64,
    /// It is there, and is what its SHA-256 says.
    pub complete: bool,
}
