//! Waiting until something is so: the only place where a test may let time pass.

use std::time::{Duration, Instant};

/// How long anything that is waited for may take before a test gives up. Long, as machines may be slow; what a test wants to
/// know about speed it measures.
pub const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(20);

/// Looks again and again until `look` finds something; `what` completes "waited for …".
///
/// # Panics
/// When it does not come.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        tokio::time::sleep(GLANCE).await;
    }
}

/// The same where nothing is awaited.
///
/// # Panics
/// When it does not become so.
pub fn blocking(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain for {what}");
        #[expect(clippy::disallowed_methods, reason = "this is what waiting for a condition is made of")]
        std::thread::sleep(GLANCE);
    }
}
