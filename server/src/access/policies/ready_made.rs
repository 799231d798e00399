//! The policies that came with the server. They apply to nobody until they are attached.

use std::sync::LazyLock;

/// A policy that came with the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReadyMade {
    /// Its name.
    pub name: &'static str,
    /// For people: the first line of the comment at its head.
    pub comment: &'static str,
    /// Cedar statements.
    pub text: &'static str,
}

macro_rules! texts {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../../../assets/policies/", $name, ".cedar")))),*]
    };
}

static ALL: LazyLock<Vec<ReadyMade>> = LazyLock::new(|| {
    let texts = texts![
        "administrator",
        "operator",
        "operator-of-one-environment",
        "parameter-reader-by-path",
        "prod-needs-approval",
        "prod-needs-arming",
        "shell-only-on-tagged-nodes",
        "viewer",
        "viewer-of-one-environment",
    ];
    texts.into_iter().map(|(name, text)| ReadyMade { name, comment: head(text), text }).collect()
});

/// All of them, in order of name.
#[must_use]
pub fn ready_made() -> &'static [ReadyMade] {
    &ALL
}

fn head(text: &'static str) -> &'static str {
    text.lines().next().and_then(|line| line.strip_prefix("//")).map(str::trim).unwrap_or_default()
}
