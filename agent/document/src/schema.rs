//! The versions of the language.

/// A schema version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SchemaVersion {
    /// Automation runbooks.
    V0_3,
    /// Sessions.
    V1_0,
    /// Commands: `runtimeConfig`, plugins without names.
    V1_2,
    /// Commands: `mainSteps`.
    V2_0,
    /// Commands: `mainSteps` with preconditions.
    V2_2,
}

impl SchemaVersion {
    pub(crate) const ALL: [Self; 5] = [Self::V0_3, Self::V1_0, Self::V1_2, Self::V2_0, Self::V2_2];

    /// AWS's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V0_3 => "0.3",
            Self::V1_0 => "1.0",
            Self::V1_2 => "1.2",
            Self::V2_0 => "2.0",
            Self::V2_2 => "2.2",
        }
    }
}

impl std::fmt::Display for SchemaVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
