//! Whether the process lives, and whether it can work. Unsigned: for supervisors and load balancers.

use axum::extract::State;
use http::StatusCode;

use super::App;

/// The process lives.
pub(super) async fn lives() -> &'static str {
    "ok\n"
}

/// The store answers.
pub(super) async fn ready(State(app): State<App>) -> (StatusCode, &'static str) {
    match app.door.check().await {
        Ok(()) => (StatusCode::OK, "ok\n"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer: see the server's log\n"),
    }
}
