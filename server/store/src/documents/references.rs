//! What versions refer to, so that it is known what refers to a thing.

use sqlx::AssertSqlSafe;

use super::VersionRecord;
use crate::rows::{MAX_BINDS, flag, int, text, values};
use crate::{StoreError, Tx};

/// Something that a version refers to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reference {
    /// A parameter, by its path, which begins with a slash.
    Parameter(String),
    /// Another document, by its name.
    Document(String),
}

impl Reference {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Parameter(path) => ("Parameter", path),
            Self::Document(name) => ("Document", name),
        }
    }
}

/// A version that refers to something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referrer {
    /// The document's name.
    pub name: String,
    /// The version's number.
    pub version: i64,
    /// Whether it is the default one.
    pub is_default: bool,
}

pub(super) async fn write(tx: &mut Tx, of: &VersionRecord, to: &[Reference]) -> Result<(), StoreError> {
    for group in to.chunks(MAX_BINDS / 5) {
        let sql = format!(
            "INSERT INTO document_references (region, kind, target, name, version) VALUES {}
             ON CONFLICT (region, kind, target, name, version) DO NOTHING",
            values(group.len(), 5)
        );
        let mut query = sqlx::query(AssertSqlSafe(sql));
        for (kind, target) in group.iter().map(Reference::columns) {
            query = query
                .bind(of.region.as_str())
                .bind(kind)
                .bind(target)
                .bind(of.name.as_str())
                .bind(of.version);
        }
        query.execute(tx.connection()).await?;
    }
    Ok(())
}

/// The versions that refer to something, in order of name, newest version first.
///
/// # Errors
/// When the store fails.
pub async fn referrers(tx: &mut Tx, region: &str, to: &Reference) -> Result<Vec<Referrer>, StoreError> {
    let (kind, target) = to.columns();
    let rows = sqlx::query(
        "SELECT r.name, r.version, CASE WHEN d.default_version = r.version THEN 1 ELSE 0 END AS is_default
         FROM document_references r JOIN documents d ON d.region = r.region AND d.name = r.name
         WHERE r.region = $1 AND r.kind = $2 AND r.target = $3 ORDER BY r.name, r.version DESC",
    )
    .bind(region)
    .bind(kind)
    .bind(target)
    .fetch_all(tx.connection())
    .await?;
    let each = |row| {
        Ok(Referrer {
            name: text(row, "name")?,
            version: int(row, "version")?,
            is_default: flag(row, "is_default")?,
        })
    };
    rows.iter().map(each).collect()
}
