//! The database behind a server or a store, touched by somebody who comes past it.

/// Runs a statement on the database at a URL such as the server's setting.
///
/// # Panics
/// When it fails.
pub async fn sql(url: &str, statement: &'static str) {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&url.replace("sqlite:", "sqlite://")).await.unwrap();
    sqlx::query(statement).execute(&pool).await.unwrap();
    pool.close().await;
}

/// How SQLite would look up what a statement asks for, in its own words.
///
/// # Panics
/// When it does not say.
pub async fn plan(url: &str, statement: &str) -> String {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(&url.replace("sqlite:", "sqlite://")).await.unwrap();
    let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let rows = sqlx::query(explained).fetch_all(&pool).await.unwrap();
    pool.close().await;
    rows.iter().map(|row| sqlx::Row::get::<String, _>(row, "detail")).collect::<Vec<_>>().join("\n")
}
