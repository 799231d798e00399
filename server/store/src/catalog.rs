//! What the database itself says of its tables: their columns, and which version of the schema they are.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;

use crate::rows::{int, maybe_int, text};
use crate::store::Backend;
use crate::{StoreError, Tx};

/// The table that is about the schema, not of it.
pub(crate) const VERSIONS: &str = "schema_version";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// 64 bits.
    Integer,
    /// UTF-8.
    Text,
    /// Bytes.
    Blob,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<(String, Kind)>,
}

impl Kind {
    fn of(declared: &str, column: &str) -> Result<Self, StoreError> {
        match declared.to_ascii_lowercase().as_str() {
            "bigint" | "integer" => Ok(Self::Integer),
            "text" => Ok(Self::Text),
            "blob" | "bytea" => Ok(Self::Blob),
            _ => Err(StoreError::Corrupt { what: format!("the column {column} is {declared}") }),
        }
    }
}

/// Every table of the schema, in order of name.
///
/// # Errors
/// When the store fails, or a table is none of ours.
pub async fn tables(tx: &mut Tx) -> Result<Vec<Table>, StoreError> {
    let sql = match tx.backend() {
        Backend::Sqlite => {
            "SELECT m.name AS table_name, c.name AS column_name, c.type AS data_type
             FROM sqlite_master AS m, pragma_table_info(m.name) AS c
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite!_%' ESCAPE '!' ORDER BY m.name, c.cid"
        }
        Backend::Postgres => {
            "SELECT CAST(table_name AS TEXT) AS table_name, CAST(column_name AS TEXT) AS column_name,
             CAST(data_type AS TEXT) AS data_type FROM information_schema.columns
             WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position"
        }
    };
    let mut tables: BTreeMap<String, Vec<(String, Kind)>> = BTreeMap::new();
    for row in sqlx::query(sql).fetch_all(tx.connection()).await? {
        let (table, column) = (text(&row, "table_name")?, text(&row, "column_name")?);
        let kind = Kind::of(&text(&row, "data_type")?, &format!("{table}.{column}"))?;
        tables.entry(table).or_default().push((column, kind));
    }
    tables.remove(VERSIONS);
    Ok(tables.into_iter().map(|(name, columns)| Table { name, columns }).collect())
}

/// The schema's version; 0 when there is no schema.
///
/// # Errors
/// When the store fails.
pub async fn version(tx: &mut Tx) -> Result<i64, StoreError> {
    let sql = match tx.backend() {
        Backend::Sqlite => "SELECT COUNT(*) AS count FROM sqlite_master WHERE type = 'table' AND name = $1",
        Backend::Postgres => {
            "SELECT COUNT(*) AS count FROM information_schema.tables
             WHERE table_schema = current_schema() AND table_name = $1"
        }
    };
    let row = sqlx::query(sql).bind(VERSIONS).fetch_one(tx.connection()).await?;
    if int(&row, "count")? == 0 {
        return Ok(0);
    }
    let newest = AssertSqlSafe(format!("SELECT MAX(version) AS version FROM {VERSIONS}"));
    let row = sqlx::query(newest).fetch_one(tx.connection()).await?;
    Ok(maybe_int(&row, "version")?.unwrap_or(0))
}

/// A name as it stands in a statement. Names come from the catalog, or are compared with it before they are used.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
