//! All names, fast: for whoever looks through every one of them.

use sqlx::{AssertSqlSafe, Row as _};

use crate::{StoreError, Tx};

/// Rows that become one text.
const TOGETHER: usize = 20_000;

/// The next paths of a region after this one, in one text with spaces between them, and the last of them; nothing at the end.
///
/// # Errors
/// When the store fails.
pub async fn names(tx: &mut Tx, region: &str, after: &str) -> Result<Option<(String, String)>, StoreError> {
    // Thousands of rows cost more to hand over than to read: so it is one.
    let sql = format!(
        "SELECT STRING_AGG(n.path, ' ') AS paths, MAX(n.path) AS last FROM
             (SELECT p.path FROM parameters p WHERE p.region = $1 AND p.path > $2 ORDER BY p.path LIMIT {TOGETHER}) AS n"
    );
    let row = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(after).fetch_one(tx.connection()).await?;
    let (paths, last): (Option<String>, Option<String>) = (row.try_get("paths")?, row.try_get("last")?);
    Ok(paths.zip(last))
}
