//! Bounds that the settings give to operations.

/// The bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// The longest arming, in seconds.
    pub arming_max_seconds: i64,
    /// Seconds in which a request for approval is decided, and run, or is of no use any more.
    pub approval_expires_seconds: i64,
    /// Seconds for which the past of deleted parameters is kept.
    pub keep_deleted_parameters_seconds: i64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            arming_max_seconds: 3600,
            approval_expires_seconds: 86_400,
            keep_deleted_parameters_seconds: 30 * 86_400,
        }
    }
}
