//! The operating systems of nodes.

/// An operating system, in AWS's spelling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Platform {
    /// Any Linux.
    Linux,
    /// macOS.
    MacOS,
    /// Windows.
    Windows,
}

impl Platform {
    pub(crate) const ALL: &'static [Self] = &[Self::Linux, Self::MacOS, Self::Windows];

    /// AWS's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linux => "Linux",
            Self::MacOS => "MacOS",
            Self::Windows => "Windows",
        }
    }
}
