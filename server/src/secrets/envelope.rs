//! A sealed item's bytes: version, master key's id, wrapped data key, nonce, and what is sealed.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use zeroize::Zeroizing;

use super::{KeyId, SecretsError, Wrapped};
use crate::clock::Dice;

/// The first byte of what is sealed so.
const VERSION: u8 = 1;
/// What the cipher adds.
pub(crate) const TAG: usize = 16;

/// The cipher under one key.
pub(crate) struct Cipher(LessSafeKey);

/// Where a cipher's nonces come from: drawn, or counted where one key seals many chunks.
pub(crate) struct Nonces(u64);

impl Nonces {
    /// From 0.
    pub(crate) fn counted() -> Self {
        Self(0)
    }

    /// The next one.
    pub(crate) fn next(&mut self) -> [u8; NONCE_LEN] {
        let mut nonce = [0; NONCE_LEN];
        nonce[NONCE_LEN - 8..].copy_from_slice(&self.0.to_be_bytes());
        self.0 += 1;
        nonce
    }
}

impl Cipher {
    #[expect(clippy::expect_used, reason = "the cipher takes every key of 32 bytes")]
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("a key of 32 bytes")))
    }

    /// Seals: what comes out is [`TAG`] bytes longer. A nonce must never be used twice under one key.
    #[expect(clippy::expect_used, reason = "the cipher refuses only what is larger than memory")]
    pub(crate) fn seal(&self, nonce: [u8; NONCE_LEN], about: &[u8], plain: &[u8]) -> Vec<u8> {
        // With room for the tag: a vector that grows would leave a plain copy behind.
        let mut bytes = Vec::with_capacity(plain.len() + TAG);
        bytes.extend_from_slice(plain);
        let nonce = Nonce::assume_unique_for_key(nonce);
        self.0.seal_in_place_append_tag(nonce, Aad::from(about), &mut bytes).expect("a bounded text");
        bytes
    }

    /// Opens; `None` when anything of it is not as it was.
    pub(crate) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        about: &[u8],
        sealed: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        let mut bytes = Zeroizing::new(sealed.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let length = self.0.open_in_place(nonce, Aad::from(about), &mut bytes).ok()?.len();
        bytes.truncate(length);
        Some(bytes)
    }
}

/// What the item's own layer is bound to. Not to the master key: an item is re-wrapped without being touched.
fn about(name: &str) -> Vec<u8> {
    [b"pilothouse item\0", name.as_bytes()].concat()
}

/// A sealed item, in its parts.
pub(super) struct Envelope<'a> {
    pub(super) wrapped: Wrapped,
    nonce: [u8; NONCE_LEN],
    sealed: std::borrow::Cow<'a, [u8]>,
}

impl<'a> Envelope<'a> {
    pub(super) fn seal(wrapped: Wrapped, key: &[u8; 32], name: &str, plain: &[u8], dice: &Dice) -> Self {
        let nonce = dice.bytes();
        let sealed = Cipher::new(key).seal(nonce, &about(name), plain).into();
        Self { wrapped, nonce, sealed }
    }

    pub(super) fn open(&self, key: &[u8; 32], name: &str) -> Result<Zeroizing<Vec<u8>>, SecretsError> {
        let refused = || SecretsError::Refused { name: name.to_owned(), key_id: self.wrapped.key_id.clone() };
        Cipher::new(key).open(self.nonce, &about(name), &self.sealed).ok_or_else(refused)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        self.wrapped.encode(&mut bytes);
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.sealed);
        bytes
    }

    pub(super) fn decode(name: &str, bytes: &'a [u8]) -> Result<Self, SecretsError> {
        let malformed = |what| SecretsError::Malformed { name: name.to_owned(), what };
        let cut_off = || malformed("it is cut off");
        let (version, rest) = bytes.split_first().ok_or_else(cut_off)?;
        if *version != VERSION {
            return Err(malformed("it does not begin as sealed items of this version of Pilothouse do"));
        }
        let (wrapped, rest) = Wrapped::decode(rest).ok_or_else(cut_off)?;
        let (nonce, sealed) = rest.split_first_chunk().ok_or_else(cut_off)?;
        if sealed.len() < TAG {
            return Err(cut_off());
        }
        Ok(Self { wrapped, nonce: *nonce, sealed: sealed.into() })
    }
}

impl Wrapped {
    /// Writes the key's id and the wrapped data key, each after its length.
    pub(crate) fn encode(&self, into: &mut Vec<u8>) {
        let id = self.key_id.as_str().as_bytes();
        for part in [id, &self.bytes] {
            into.extend_from_slice(&u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
            into.extend_from_slice(part);
        }
    }

    /// Reads what [`Wrapped::encode`] wrote, and gives what follows it.
    pub(crate) fn decode(bytes: &[u8]) -> Option<(Self, &[u8])> {
        fn part(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
            let (length, rest) = bytes.split_first_chunk()?;
            rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
        }
        let (id, rest) = part(bytes)?;
        let (wrapped, rest) = part(rest)?;
        let key_id: KeyId = std::str::from_utf8(id).ok()?.parse().ok()?;
        Some((Self { key_id, bytes: wrapped.to_vec() }, rest))
    }
}
