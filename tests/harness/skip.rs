//! Tests that need something that a machine may lack.

/// Says that a test is skipped, and why. With `PILOTHOUSE_TESTS_MUST_RUN=1`, as in CI, that is a failure.
///
/// # Panics
/// When every test must run.
pub fn skip(what: &str, why: &str) {
    assert!(
        std::env::var_os("PILOTHOUSE_TESTS_MUST_RUN").is_none_or(|it| it != "1"),
        "{what} must run here and cannot: {why}"
    );
    #[expect(clippy::print_stderr, reason = "who reads the test's output must learn what was not tested")]
    {
        eprintln!("skipped: {what}: {why}");
    }
}
