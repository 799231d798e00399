//! The marks of the chain: its head, and the floor under which retention has cut it.

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{blob, int, millis};
use crate::{StoreError, Tx};

const HEAD: &str = "head";
const FLOOR: &str = "floor";

/// A place in the chain with the hash there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// The place; 0 is before the first record.
    pub seq: i64,
    /// The hash of the record there.
    pub hash: Vec<u8>,
    /// When it was set.
    pub at: Millis,
    /// Over all of it, by the server.
    pub seal: Vec<u8>,
}

/// Which mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The newest record.
    Head,
    /// The newest record that was removed.
    Floor,
}

impl Which {
    fn name(self) -> &'static str {
        match self {
            Self::Head => HEAD,
            Self::Floor => FLOOR,
        }
    }
}

/// Makes the marks of an empty chain, yet to be set; `false` when there are some. Until the transaction ends others wait.
///
/// # Errors
/// When the store fails.
pub async fn begin(tx: &mut Tx) -> Result<bool, StoreError> {
    let none: &[u8] = &[];
    let done = sqlx::query(
        "INSERT INTO audit_marks (name, seq, hash, at, seal) VALUES ($1, 0, $3, 0, $3), ($2, 0, $3, 0, $3)
         ON CONFLICT (name) DO NOTHING",
    )
    .bind(HEAD)
    .bind(FLOOR)
    .bind(none)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 2)
}

/// The head.
///
/// # Errors
/// When the store fails.
pub async fn head(tx: &mut Tx) -> Result<Option<Mark>, StoreError> {
    get(tx, HEAD).await
}

/// The floor.
///
/// # Errors
/// When the store fails.
pub async fn floor(tx: &mut Tx) -> Result<Option<Mark>, StoreError> {
    get(tx, FLOOR).await
}

/// Takes the next places, and gives the head as it stood before. Locks the head until the transaction ends.
///
/// # Errors
/// When the store fails, or there is no head any more.
pub async fn take_places(tx: &mut Tx, count: usize) -> Result<Mark, StoreError> {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let row = sqlx::query(
        "UPDATE audit_marks SET seq = seq + $1 WHERE name = $2 RETURNING seq - $1 AS seq, hash, at, seal",
    )
    .bind(count)
    .bind(HEAD)
    .fetch_optional(tx.connection())
    .await?;
    let row = row.ok_or_else(|| StoreError::Corrupt { what: String::from("the audit trail has no head") })?;
    read(&row)
}

/// Sets a mark.
///
/// # Errors
/// When the store fails.
pub async fn set_mark(tx: &mut Tx, which: Which, mark: &Mark) -> Result<(), StoreError> {
    let query = sqlx::query("UPDATE audit_marks SET seq = $2, hash = $3, at = $4, seal = $5 WHERE name = $1")
        .bind(which.name())
        .bind(mark.seq)
        .bind(mark.hash.as_slice())
        .bind(mark.at.0)
        .bind(mark.seal.as_slice());
    tx.later(query)
}

/// Sets the floor, if it still stands at `from`; else `false`: somebody else cuts, too.
///
/// # Errors
/// When the store fails.
pub async fn raise_floor(tx: &mut Tx, from: i64, mark: &Mark) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE audit_marks SET seq = $2, hash = $3, at = $4, seal = $5 WHERE name = $1 AND seq = $6",
    )
    .bind(FLOOR)
    .bind(mark.seq)
    .bind(mark.hash.as_slice())
    .bind(mark.at.0)
    .bind(mark.seal.as_slice())
    .bind(from)
    .execute(tx.connection())
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn get(tx: &mut Tx, name: &str) -> Result<Option<Mark>, StoreError> {
    let row = sqlx::query("SELECT seq, hash, at, seal FROM audit_marks WHERE name = $1")
        .bind(name)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<Mark, StoreError> {
    Ok(Mark {
        seq: int(row, "seq")?,
        hash: blob(row, "hash")?,
        at: millis(row, "at")?,
        seal: blob(row, "seal")?,
    })
}
