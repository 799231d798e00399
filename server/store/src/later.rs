//! Statements of which nobody waits for an answer: they are kept until the next one that is waited for, or the commit. SQLite takes
//! all of them at once, which spares a way to its thread and back for each.

use std::mem;

use sqlx::any::AnyArguments;
use sqlx::query::Query;
use sqlx::{Any, AnyConnection, AssertSqlSafe, Execute as _, Executor as _};

use crate::Backend;

/// Statements that are to be carried out, with what is bound into them.
#[derive(Default)]
pub(crate) struct Later(Vec<(String, AnyArguments)>);

impl Later {
    /// Keeps a statement, in which `$1`, `$2`, … or `?` stand for what is bound.
    pub(crate) fn add(&mut self, mut query: Query<'_, Any, AnyArguments>) -> Result<(), sqlx::Error> {
        let arguments = query.take_arguments().map_err(sqlx::Error::Encode)?.unwrap_or_default();
        self.0.push((query.sql().as_str().to_owned(), arguments));
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Carries all of them out, in order.
    pub(crate) async fn run(
        &mut self,
        backend: Backend,
        connection: &mut AnyConnection,
    ) -> Result<(), sqlx::Error> {
        let statements = mem::take(&mut self.0);
        match backend {
            Backend::Postgres => {
                for (sql, arguments) in statements {
                    connection.execute(sqlx::query_with(AssertSqlSafe(sql), arguments)).await?;
                }
            }
            Backend::Sqlite => {
                let (sql, arguments) = together(statements);
                connection.execute(sqlx::query_with(AssertSqlSafe(sql), arguments)).await?;
            }
        }
        Ok(())
    }
}

/// Several statements as one text, in which each finds its own of what is bound.
fn together(statements: Vec<(String, AnyArguments)>) -> (String, AnyArguments) {
    let (mut text, mut all) = (String::with_capacity(1024), AnyArguments::default());
    for (sql, arguments) in statements {
        if !text.is_empty() {
            text.push_str("; ");
        }
        renumber(&sql, all.values.0.len(), &mut text);
        all.values.0.extend(arguments.values.0);
    }
    (text, all)
}

/// Writes a statement whose parameters count from after `before`.
fn renumber(sql: &str, before: usize, text: &mut String) {
    let (mut rest, mut nameless) = (sql, 0);
    while let Some(at) = rest.find(['$', '?']) {
        let (plain, from) = rest.split_at(at);
        let after = &from[1..];
        text.push_str(plain);
        text.push('$');
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let number = match after[..digits].parse::<usize>() {
            Ok(number) => number,
            Err(_) => {
                nameless += 1;
                nameless
            }
        };
        text.push_str(&(before + number).to_string());
        rest = &after[digits..];
    }
    text.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_statement_finds_its_own_of_what_is_bound() {
        let numbered = |sql, before| {
            let mut text = String::new();
            renumber(sql, before, &mut text);
            text
        };
        assert_eq!(numbered("SET a = $2 WHERE b = $1 OR c = $2", 3), "SET a = $5 WHERE b = $4 OR c = $5");
        assert_eq!(numbered("VALUES (?, ?), (?, '#')", 10), "VALUES ($11, $12), ($13, '#')");
        assert_eq!(numbered("DELETE FROM t", 1), "DELETE FROM t");
    }
}
