//! How versions were reviewed, step by step.

use pilothouse_protocol::Millis;
use sqlx::any::AnyRow;

use crate::rows::{int, limit, maybe_int, maybe_text, millis, text};
use crate::{StoreError, Tx};

/// A step of a version's reviews.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRecord {
    /// From 1.
    pub step: i64,
    /// What the version's state became.
    pub status: String,
    /// Who took it.
    pub reviewer: String,
    /// What was said.
    pub comment: Option<String>,
    /// When it was taken.
    pub created_at: Millis,
    /// When its comment was changed last.
    pub updated_at: Millis,
}

fn review(row: &AnyRow) -> Result<ReviewRecord, StoreError> {
    Ok(ReviewRecord {
        step: int(row, "step")?,
        status: text(row, "status")?,
        reviewer: text(row, "reviewer")?,
        comment: maybe_text(row, "comment")?,
        created_at: millis(row, "created_at")?,
        updated_at: millis(row, "updated_at")?,
    })
}

/// A version: region, name, number.
pub type Version<'a> = (&'a str, &'a str, i64);

/// Steps of a version's reviews before this one, newest first.
///
/// # Errors
/// When the store fails.
pub async fn reviews(
    tx: &mut Tx,
    (region, name, version): Version<'_>,
    before: i64,
    count: usize,
) -> Result<Vec<ReviewRecord>, StoreError> {
    let rows = sqlx::query(
        "SELECT step, status, reviewer, comment, created_at, updated_at FROM document_reviews
         WHERE region = $1 AND name = $2 AND version = $3 AND step < $4 ORDER BY step DESC LIMIT $5",
    )
    .bind(region)
    .bind(name)
    .bind(version)
    .bind(before)
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    rows.iter().map(review).collect()
}

/// The newest step of a version's reviews.
///
/// # Errors
/// When the store fails.
pub async fn newest_review(tx: &mut Tx, of: Version<'_>) -> Result<Option<ReviewRecord>, StoreError> {
    Ok(reviews(tx, of, i64::MAX, 1).await?.pop())
}

/// Takes a version's reviews a step on; its number is the next one, whatever it says.
///
/// # Errors
/// When the store fails.
pub async fn add_review(tx: &mut Tx, of: Version<'_>, it: &ReviewRecord) -> Result<(), StoreError> {
    let (region, name, version) = of;
    let step = newest_review(tx, of).await?.map_or(1, |newest| newest.step + 1);
    sqlx::query(
        "INSERT INTO document_reviews (region, name, version, step, status, reviewer, comment, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(region)
    .bind(name)
    .bind(version)
    .bind(step)
    .bind(it.status.as_str())
    .bind(it.reviewer.as_str())
    .bind(it.comment.as_deref())
    .bind(it.created_at.0)
    .bind(it.updated_at.0)
    .execute(tx.connection())
    .await?;
    let sql =
        "UPDATE document_versions SET review_status = $4 WHERE region = $1 AND name = $2 AND version = $3";
    sqlx::query(sql)
        .bind(region)
        .bind(name)
        .bind(version)
        .bind(it.status.as_str())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Changes what was said in a step.
///
/// # Errors
/// When the store fails.
pub async fn set_comment(
    tx: &mut Tx,
    (region, name, version): Version<'_>,
    step: i64,
    comment: Option<&str>,
    at: Millis,
) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE document_reviews SET comment = $5, updated_at = $6
         WHERE region = $1 AND name = $2 AND version = $3 AND step = $4",
    )
    .bind(region)
    .bind(name)
    .bind(version)
    .bind(step)
    .bind(comment)
    .bind(at.0)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The newest version of a document that is in a state of review.
///
/// # Errors
/// When the store fails.
pub async fn reviewed(
    tx: &mut Tx,
    region: &str,
    name: &str,
    status: &str,
) -> Result<Option<i64>, StoreError> {
    let sql = "SELECT MAX(version) AS version FROM document_versions WHERE region = $1 AND name = $2 AND review_status = $3";
    let row = sqlx::query(sql).bind(region).bind(name).bind(status).fetch_one(tx.connection()).await?;
    maybe_int(&row, "version")
}
