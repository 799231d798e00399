//! Reading columns, and composite members as JSON text.

use pilothouse_protocol::Millis;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::any::AnyRow;

use crate::StoreError;
use crate::store::Backend;

/// The most parameters of one statement: both backends take many more, but SQLite looks through all of a statement's names for
/// each value that is bound.
pub(crate) const MAX_BINDS: usize = 360;

pub(crate) fn int(row: &AnyRow, column: &str) -> Result<i64, StoreError> {
    Ok(row.try_get::<i64, _>(column)?)
}

pub(crate) fn maybe_int(row: &AnyRow, column: &str) -> Result<Option<i64>, StoreError> {
    Ok(row.try_get::<Option<i64>, _>(column)?)
}

pub(crate) fn flag(row: &AnyRow, column: &str) -> Result<bool, StoreError> {
    Ok(int(row, column)? != 0)
}

pub(crate) fn millis(row: &AnyRow, column: &str) -> Result<Millis, StoreError> {
    Ok(Millis(int(row, column)?))
}

pub(crate) fn text(row: &AnyRow, column: &str) -> Result<String, StoreError> {
    Ok(row.try_get::<String, _>(column)?)
}

pub(crate) fn maybe_text(row: &AnyRow, column: &str) -> Result<Option<String>, StoreError> {
    Ok(row.try_get::<Option<String>, _>(column)?)
}

pub(crate) fn blob(row: &AnyRow, column: &str) -> Result<Vec<u8>, StoreError> {
    Ok(row.try_get::<Vec<u8>, _>(column)?)
}

/// A value that stands as text.
pub(crate) fn parsed<T>(row: &AnyRow, column: &str) -> Result<T, StoreError>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let value = text(row, column)?;
    value.parse().map_err(|error| StoreError::Corrupt { what: format!("{column}: {error}") })
}

/// A composite member that stands as JSON text.
pub(crate) fn json<T: DeserializeOwned>(row: &AnyRow, column: &str) -> Result<T, StoreError> {
    let value = text(row, column)?;
    serde_json::from_str(&value).map_err(|error| StoreError::Corrupt { what: format!("{column}: {error}") })
}

/// JSON text of a composite member.
pub(crate) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value)
        .map_err(|error| StoreError::Other(format!("a record cannot be written: {error}")))
}

/// `usize` as a LIMIT.
pub(crate) fn limit(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// `$from, $from+1, …`: `count` placeholders.
pub(crate) fn placeholders(from: usize, count: usize) -> String {
    (from..from + count).map(|i| format!("${i}")).collect::<Vec<_>>().join(", ")
}

/// The most rows of a multi-row VALUES.
const PORTION: usize = 128;

/// Parts of a list for multi-row statements, of 128 rows, then of powers of two: so there are only a few different statements, and each
/// is prepared once.
pub(crate) fn portions<T>(mut list: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let count = 1usize.checked_shl(list.len().min(PORTION).checked_ilog2()?)?;
        let (portion, rest) = list.split_at(count);
        list = rest;
        Some(portion)
    })
}

/// `count` rows of `width` placeholders each, in order, for a long multi-row VALUES. SQLite looks through all of a statement's names for
/// each value that is bound: there they have none.
pub(crate) fn rows(backend: Backend, count: usize, width: usize) -> String {
    match backend {
        Backend::Postgres => values(count, width),
        Backend::Sqlite => {
            let row = format!("({})", vec!["?"; width].join(", "));
            vec![row.as_str(); count].join(", ")
        }
    }
}

/// `count` rows of `width` placeholders each, for a multi-row VALUES.
pub(crate) fn values(count: usize, width: usize) -> String {
    (0..count).map(|row| format!("({})", placeholders(row * width + 1, width))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_falls_into_portions_of_few_lengths() {
        let list: Vec<usize> = (0..300).collect();
        let lengths: Vec<usize> = portions(&list).map(<[usize]>::len).collect();
        assert_eq!(lengths, [128, 128, 32, 8, 4]);
        assert_eq!(portions(&list).flatten().copied().collect::<Vec<_>>(), list);
        assert_eq!(portions::<u8>(&[]).count(), 0);
    }
}
