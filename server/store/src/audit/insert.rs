//! Many records in few statements: every call that is served ends here.

use std::sync::{Arc, LazyLock};

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AssertSqlSafe};

use super::{AuditRow, COLUMNS};
use crate::rows::{to_json, values};
use crate::{Backend, StoreError, Tx};

const WIDTH: usize = 21;
const TOUCHED_WIDTH: usize = 6;

/// Rows of one statement: few sizes, so that the database has read each statement before.
const SIZES: [usize; 4] = [128, 32, 8, 1];

/// A statement for each of [`SIZES`], in their order.
struct Statements {
    sqlite: [Arc<str>; SIZES.len()],
    postgres: [Arc<str>; SIZES.len()],
}

impl Statements {
    fn new(head: &str, width: usize, tail: &str) -> Self {
        // SQLite looks for the name of each value among all names of the statement, if they have names.
        let row = format!("({})", vec!["?"; width].join(", "));
        Self {
            sqlite: SIZES
                .map(|size| format!("{head} VALUES {}{tail}", vec![row.as_str(); size].join(", ")).into()),
            postgres: SIZES.map(|size| format!("{head} VALUES {}{tail}", values(size, width)).into()),
        }
    }

    /// Cuts rows into groups, each with its statement.
    fn groups<'a, T>(
        &'a self,
        backend: Backend,
        rows: &'a [T],
    ) -> impl Iterator<Item = (AssertSqlSafe<Arc<str>>, &'a [T])> {
        let statements = match backend {
            Backend::Sqlite => &self.sqlite,
            Backend::Postgres => &self.postgres,
        };
        let mut rest = rows;
        std::iter::from_fn(move || {
            let (size, statement) = SIZES.iter().zip(statements).find(|(size, _)| **size <= rest.len())?;
            let (group, after) = rest.split_at(*size);
            rest = after;
            Some((AssertSqlSafe(statement.clone()), group))
        })
    }
}

static RECORDS: LazyLock<Statements> =
    LazyLock::new(|| Statements::new(&format!("INSERT INTO audit_records ({COLUMNS})"), WIDTH, ""));
static TOUCHED: LazyLock<Statements> = LazyLock::new(|| {
    let head = "INSERT INTO audit_resources (seq, resource, region, at, type, name)";
    Statements::new(head, TOUCHED_WIDTH, " ON CONFLICT DO NOTHING")
});

/// Adds records, whose places were taken in this transaction.
///
/// # Errors
/// When the store fails.
pub async fn insert_many(tx: &mut Tx, rows: &[AuditRow]) -> Result<(), StoreError> {
    let backend = tx.backend();
    for (sql, group) in RECORDS.groups(backend, rows) {
        let mut query = sqlx::query(sql);
        for row in group {
            query = query
                .bind(row.seq)
                .bind(row.at.0)
                .bind(row.region.as_str())
                .bind(row.event_id.as_str())
                .bind(row.who.as_str())
                .bind(row.username.as_str())
                .bind(row.access_key_id.as_str())
                .bind(row.operation.as_str())
                .bind(row.permission.as_str())
                .bind(row.event_source.as_str())
                .bind(i64::from(row.read_only))
                .bind(row.outcome.as_str())
                .bind(row.note.as_str())
                .bind(row.source.as_str())
                .bind(to_json(&row.resources)?)
                .bind(row.resource_count)
                .bind(row.sought_who.as_str())
                .bind(row.sought_where.as_str())
                .bind(row.record.as_str())
                .bind(row.previous.as_slice())
                .bind(row.hash.as_slice());
        }
        carry_out(tx, query, rows).await?;
    }
    insert_touched(tx, rows).await
}

/// The index of what they touched.
async fn insert_touched(tx: &mut Tx, rows: &[AuditRow]) -> Result<(), StoreError> {
    let touched: Vec<_> = rows.iter().flat_map(|row| row.resources.iter().map(move |it| (row, it))).collect();
    let backend = tx.backend();
    for (sql, group) in TOUCHED.groups(backend, &touched) {
        let mut query = sqlx::query(sql);
        for (row, it) in group {
            query = query
                .bind(row.seq)
                .bind(it.resource.as_str())
                .bind(row.region.as_str())
                .bind(row.at.0)
                .bind(it.r#type.as_str())
                .bind(it.name.as_str());
        }
        carry_out(tx, query, rows).await?;
    }
    Ok(())
}

/// The one record of a call that changed something goes with what it changed; of many, each statement is one that the database knows.
async fn carry_out(
    tx: &mut Tx,
    query: Query<'_, Any, AnyArguments>,
    rows: &[AuditRow],
) -> Result<(), StoreError> {
    if rows.len() == 1 {
        return tx.later(query);
    }
    query.execute(tx.connection()).await?;
    Ok(())
}
