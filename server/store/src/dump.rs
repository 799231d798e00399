//! Everything that the database holds, table by table, in a form that either backend takes back.
//!
//! A dump is read in one transaction, so it is one state; it is loaded in one, so it is there whole or not at all.

use std::fmt;

use futures_util::{Stream, TryStreamExt as _};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Row as _};

use crate::catalog::{self, Kind, Table, quoted};
use crate::rows::{MAX_BINDS, values};
use crate::store::Store;
use crate::{StoreError, Tx, migrate};

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A number.
    Integer(i64),
    /// A text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => to.serialize_unit(),
            Self::Integer(number) => to.serialize_i64(*number),
            Self::Text(text) => to.serialize_str(text),
            Self::Blob(bytes) => to.serialize_bytes(bytes),
        }
    }
}

struct AnyValue;

impl Visitor<'_> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("nothing, a number, a text or bytes")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<Value, E> {
        i64::try_from(number).map(Value::Integer).map_err(E::custom)
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Value, E> {
        Ok(Value::Blob(bytes.to_vec()))
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(AnyValue)
    }
}

impl Value {
    /// About how many bytes it is.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Null => 1,
            Self::Integer(_) => 8,
            Self::Text(text) => text.len(),
            Self::Blob(bytes) => bytes.len(),
        }
    }
}

fn values_of(row: &AnyRow, table: &Table) -> Result<Vec<Value>, StoreError> {
    let value = |(i, (_, kind)): (usize, &(String, Kind))| {
        let value = match kind {
            Kind::Integer => row.try_get::<Option<i64>, _>(i)?.map(Value::Integer),
            Kind::Text => row.try_get::<Option<String>, _>(i)?.map(Value::Text),
            Kind::Blob => row.try_get::<Option<Vec<u8>>, _>(i)?.map(Value::Blob),
        };
        Ok(value.unwrap_or(Value::Null))
    };
    table.columns.iter().enumerate().map(value).collect()
}

/// The columns of a table, as they stand in a statement.
fn columns(table: &Table) -> String {
    table.columns.iter().map(|(name, _)| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// All rows of a table, as the database hands them out; only few are in memory at a time.
pub fn rows<'a>(tx: &'a mut Tx, table: &'a Table) -> impl Stream<Item = Result<Vec<Value>, StoreError>> + 'a {
    let sql = format!("SELECT {} FROM {}", columns(table), quoted(&table.name));
    let rows = sqlx::query(AssertSqlSafe(sql)).fetch(tx.connection());
    rows.map_err(StoreError::from).and_then(|row| std::future::ready(values_of(&row, table)))
}

/// Takes a dump into an empty database. Dropped without [`Loader::finish`] it leaves the database empty.
pub struct Loader {
    tx: Tx,
    tables: Vec<Table>,
    schema: i64,
}

impl Loader {
    /// Makes the schema of `version` in an empty database.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] when something is there, [`StoreError::NewerSchema`] when the dump was made by a newer version of
    /// this program.
    pub async fn begin(store: &Store, version: i64) -> Result<Self, StoreError> {
        let mut tx = store.write().await?;
        if catalog::version(&mut tx).await? > 0 || !catalog::tables(&mut tx).await?.is_empty() {
            return Err(StoreError::NotEmpty);
        }
        migrate::make(&mut tx, version).await?;
        let tables = catalog::tables(&mut tx).await?;
        for table in &tables {
            // What a migration puts into its tables is in the dump, too, as it became.
            let sql = format!("DELETE FROM {}", quoted(&table.name));
            sqlx::query(AssertSqlSafe(sql)).execute(tx.connection()).await?;
        }
        Ok(Self { tx, tables, schema: version })
    }

    /// Takes rows of a table.
    ///
    /// # Errors
    /// When the schema has no such table, or the rows do not fit it.
    pub async fn rows(&mut self, table: &Table, rows: &[Vec<Value>]) -> Result<(), StoreError> {
        let unfit = |what: String| StoreError::Corrupt { what };
        let known = self.tables.iter().find(|it| it.name == table.name);
        let known = known
            .ok_or_else(|| unfit(format!("schema version {} has no table {}", self.schema, table.name)))?;
        let width = table.columns.len();
        let is_known = |column: &(String, Kind)| known.columns.contains(column);
        if !table.columns.iter().all(is_known) || rows.iter().any(|row| row.len() != width) || width == 0 {
            return Err(unfit(format!("rows do not fit the table {}", table.name)));
        }
        for group in rows.chunks((MAX_BINDS / width).max(1)) {
            insert(&mut self.tx, table, group).await?;
        }
        Ok(())
    }

    /// Makes it so.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn finish(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }
}

async fn insert(tx: &mut Tx, table: &Table, rows: &[Vec<Value>]) -> Result<(), StoreError> {
    let places = values(rows.len(), table.columns.len());
    let sql = format!("INSERT INTO {} ({}) VALUES {places}", quoted(&table.name), columns(table));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for ((_, kind), value) in rows.iter().flat_map(|row| table.columns.iter().zip(row)) {
        query = match (kind, value) {
            (Kind::Integer, Value::Integer(number)) => query.bind(*number),
            (Kind::Text, Value::Text(text)) => query.bind(text.as_str()),
            (Kind::Blob, Value::Blob(bytes)) => query.bind(bytes.as_slice()),
            (Kind::Integer, Value::Null) => query.bind(None::<i64>),
            (Kind::Text, Value::Null) => query.bind(None::<String>),
            (Kind::Blob, Value::Null) => query.bind(None::<Vec<u8>>),
            _ => {
                return Err(StoreError::Corrupt { what: format!("a row does not fit {}", table.name) });
            }
        };
    }
    query.execute(tx.connection()).await?;
    Ok(())
}
