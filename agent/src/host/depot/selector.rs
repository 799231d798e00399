//! A machine in the words of package manifests: `debian`, `12`, `x86_64`.

use pilothouse_protocol::{Facts, Platform};

/// What distributions call themselves (`NAME` of os-release, its beginning, in lower case), and what manifests call them.
/// Source: User Guide, "Create a package manifest", table of platforms.
const PLATFORMS: &[(&str, &str)] = &[
    ("amazon linux", "amazon"),
    ("opensuse leap", "opensuseleap"),
    ("opensuse", "opensuse"),
    ("oracle linux", "oracle"),
    ("red hat", "redhat"),
    ("sles", "suse"),
    ("suse", "suse"),
];

/// A machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selector {
    /// Its system.
    pub platform: String,
    /// Which release of it.
    pub release: String,
    /// Its processor.
    pub architecture: String,
}

impl Selector {
    /// The machine of these facts.
    #[must_use]
    pub fn of(facts: &Facts) -> Self {
        Self {
            platform: platform(facts),
            release: facts.platform_version.clone(),
            architecture: architecture(&facts.architecture),
        }
    }
}

fn platform(facts: &Facts) -> String {
    match facts.platform {
        Some(Platform::MacOS) => return String::from("macos"),
        Some(Platform::Windows) => return String::from("windows"),
        _ => {}
    }
    let name = facts.platform_name.to_lowercase();
    match PLATFORMS.iter().find(|(begins, _)| name.starts_with(begins)) {
        Some((_, platform)) => (*platform).to_owned(),
        // `Debian GNU/Linux`, `Ubuntu`, `Rocky Linux`, `CentOS Stream`, ..
        None => name.split(' ').next().unwrap_or_default().to_owned(),
    }
}

fn architecture(name: &str) -> String {
    match name {
        "aarch64" => "arm64",
        "x86" | "i386" | "i686" => "386",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_called_what_manifests_call_them() {
        let called = |name: &str, version: &str, architecture: &str| {
            let facts = Facts {
                platform: Some(Platform::Linux),
                platform_name: name.into(),
                platform_version: version.into(),
                architecture: architecture.into(),
                ..Facts::default()
            };
            let Selector { platform, release, architecture } = Selector::of(&facts);
            format!("{platform} {release} {architecture}")
        };
        assert_eq!(called("Debian GNU/Linux", "12", "x86_64"), "debian 12 x86_64");
        assert_eq!(called("Ubuntu", "24.04", "aarch64"), "ubuntu 24.04 arm64");
        assert_eq!(called("Red Hat Enterprise Linux", "9.4", "x86_64"), "redhat 9.4 x86_64");
        assert_eq!(called("Rocky Linux", "9.4", "x86"), "rocky 9.4 386");
        assert_eq!(called("openSUSE Leap", "15.6", "x86_64"), "opensuseleap 15.6 x86_64");
        let mac = Facts { platform: Some(Platform::MacOS), ..Facts::default() };
        assert_eq!(Selector::of(&mac).platform, "macos");
    }
}
