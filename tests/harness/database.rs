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
