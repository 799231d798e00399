//! The chain: what a record's hash and a mark's seal are over, and the key they are made with.
//!
//! Each record's hash is an HMAC over the hash before it, its place, and everything it says. The key is sealed under the master
//! key, so whoever can write to the database but does not have the master key cannot change, remove, insert or move a record, nor
//! lower the head or raise the floor of retention, without being found. What the chain alone cannot tell is that its newest part
//! was cut off and an older head put back: that takes an anchor, a place and its hash that was kept elsewhere.

use std::fmt;

use aws_lc_rs::hmac;
use pilothouse_protocol::Millis;
use pilothouse_store::audit::{self, AuditRow, Mark, Which};
use pilothouse_store::secrets::{self as items, SealedItem};
use pilothouse_store::{Store, StoreError, Tx};
use zeroize::Zeroizing;

use crate::clock::Dice;
use crate::secrets::{Secrets, SecretsError, key_id_of};

/// Name of the sealed item.
pub const KEY_NAME: &str = "audit/chain";

/// What every record's hash begins with, so that it is never taken for a seal.
const RECORD: &[u8] = b"pilothouse audit record v1\0";
/// What every mark's seal begins with.
const MARK: &[u8] = b"pilothouse audit mark v1\0";
/// The hash before the first record.
const GENESIS: [u8; 32] = [0; 32];

/// Why the key of the chain is not there.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The database holds a trail, but not its key.
    #[error(
        "the database holds an audit trail, but the key of its chain is gone (sealed item {KEY_NAME}): somebody has removed it, or \
         the database was restored in part. Restore a whole backup; or, to begin a new trail, export this one and remove all rows \
         of audit_records, audit_resources and audit_marks"
    )]
    KeyIsGone,
    /// The key is no key.
    #[error("the key of the audit trail's chain is damaged")]
    Malformed,
    /// It cannot be opened or sealed.
    #[error("the key of the audit trail's chain cannot be used: {0}")]
    Secrets(#[from] SecretsError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The key of the chain.
#[derive(Clone)]
pub struct ChainKey(hmac::Key);

impl fmt::Debug for ChainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ChainKey(***)")
    }
}

impl ChainKey {
    /// A key of these bytes.
    #[must_use]
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }

    /// The key of the trail in a database; `None` when there is neither.
    ///
    /// # Errors
    /// When there is a trail without a key, or the key cannot be opened.
    pub async fn find(tx: &mut Tx, secrets: &Secrets) -> Result<Option<Self>, ChainError> {
        let found = Self::find_item(tx, secrets).await?;
        if found.is_none() && audit::head(tx).await?.is_some() {
            return Err(ChainError::KeyIsGone);
        }
        Ok(found)
    }

    /// The key of the trail in a database, which is begun if there is none.
    ///
    /// # Errors
    /// As [`ChainKey::find`].
    pub async fn open(
        store: &Store,
        secrets: &Secrets,
        dice: &Dice,
        now: Millis,
    ) -> Result<Self, ChainError> {
        let mut tx = store.write().await?;
        // Another server that begins the same trail waits here, and then finds it begun.
        if !audit::begin(&mut tx).await? {
            return Self::find(&mut tx, secrets).await?.ok_or(ChainError::KeyIsGone);
        }
        let key = match Self::find_item(&mut tx, secrets).await? {
            Some(key) => {
                tracing::error!(
                    "the audit trail of this database was removed as a whole, and begins anew: see `audit verify --anchor`"
                );
                key
            }
            None => Self::make(&mut tx, secrets, dice, now).await?,
        };
        for which in [Which::Head, Which::Floor] {
            audit::set_mark(&mut tx, which, &key.mark(which, 0, GENESIS.to_vec(), now)).await?;
        }
        tx.commit().await?;
        Ok(key)
    }

    async fn find_item(tx: &mut Tx, secrets: &Secrets) -> Result<Option<Self>, ChainError> {
        let Some(item) = items::get(tx, KEY_NAME).await? else { return Ok(None) };
        let bytes = secrets.open(KEY_NAME, &item.sealed).await?;
        let bytes: &[u8; 32] = bytes.as_slice().try_into().map_err(|_| ChainError::Malformed)?;
        Ok(Some(Self::new(bytes)))
    }

    async fn make(tx: &mut Tx, secrets: &Secrets, dice: &Dice, now: Millis) -> Result<Self, ChainError> {
        let bytes = Zeroizing::new(dice.bytes::<32>());
        let sealed = secrets.seal(KEY_NAME, bytes.as_slice()).await?;
        let key_id = key_id_of(KEY_NAME, &sealed)?.to_string();
        items::put(tx, &SealedItem { name: KEY_NAME.to_owned(), sealed, key_id, updated_at: now }).await?;
        Ok(Self::new(&bytes))
    }

    /// The hash of a record after the one with the hash `previous`.
    pub(super) fn link(&self, previous: &[u8], row: &AuditRow) -> Vec<u8> {
        let mut context = hmac::Context::with_key(&self.0);
        let mut member = |bytes: &[u8]| {
            context.update(&u64::try_from(bytes.len()).unwrap_or(u64::MAX).to_be_bytes());
            context.update(bytes);
        };
        member(RECORD);
        member(previous);
        for number in [row.seq, row.at.0, i64::from(row.read_only), row.resource_count] {
            member(&number.to_be_bytes());
        }
        for text in [
            &row.region,
            &row.event_id,
            &row.who,
            &row.username,
            &row.access_key_id,
            &row.operation,
            &row.permission,
            &row.event_source,
            &row.outcome,
            &row.note,
            &row.source,
            &row.sought_who,
            &row.sought_where,
            &row.record,
        ] {
            member(text.as_bytes());
        }
        for touched in &row.resources {
            for text in [&touched.resource, &touched.r#type, &touched.name] {
                member(text.as_bytes());
            }
        }
        context.sign().as_ref().to_vec()
    }

    /// A sealed mark.
    pub(super) fn mark(&self, which: Which, seq: i64, hash: Vec<u8>, at: Millis) -> Mark {
        let seal = hmac::sign(&self.0, &sealed_text(which, seq, &hash, at)).as_ref().to_vec();
        Mark { seq, hash, at, seal }
    }

    /// Whether a mark was sealed under this key.
    pub(super) fn is_genuine(&self, which: Which, mark: &Mark) -> bool {
        hmac::verify(&self.0, &sealed_text(which, mark.seq, &mark.hash, mark.at), &mark.seal).is_ok()
    }

    /// Puts rows in their places at the head, and the head behind them. The head stays locked until the transaction ends, so
    /// this is to be the last thing that is done in it.
    pub(super) async fn append(
        &self,
        tx: &mut Tx,
        rows: &mut [AuditRow],
        now: Millis,
    ) -> Result<(), StoreError> {
        if rows.is_empty() {
            return Ok(());
        }
        let Mark { mut seq, mut hash, .. } = audit::take_places(tx, rows.len()).await?;
        for row in rows.iter_mut() {
            seq += 1;
            row.seq = seq;
            row.hash = self.link(&hash, row);
            row.previous = std::mem::replace(&mut hash, row.hash.clone());
        }
        audit::insert_many(tx, rows).await?;
        audit::set_mark(tx, Which::Head, &self.mark(Which::Head, seq, hash, now)).await
    }
}

fn sealed_text(which: Which, seq: i64, hash: &[u8], at: Millis) -> Vec<u8> {
    let name: &[u8] = match which {
        Which::Head => b"head\0",
        Which::Floor => b"floor\0",
    };
    [MARK, name, &seq.to_be_bytes(), &at.0.to_be_bytes(), hash].concat()
}
