//! The content of a Package document: which file fits which machine, and what each file must be.
//!
//! Source: User Guide, "Create a package manifest" (Distributor), schema version 2.0; the rules of choice are those of AWS's
//! agent (`birdwatcherservice`). Members that are not known (`publisher`, ..) are taken and ignored, as AWS does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What stands for every platform, release or architecture.
pub const ANY: &str = "_any";
/// The only version of the schema.
const SCHEMA: &str = "2.0";

/// A manifest that can be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    schema_version: String,
    version: String,
    /// By platform, release and architecture.
    packages: BTreeMap<String, BTreeMap<String, BTreeMap<String, Target>>>,
    files: BTreeMap<String, ManifestFile>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Target {
    file: String,
}

/// What a file must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestFile {
    checksums: BTreeMap<String, String>,
    /// Its bytes, if the manifest says how many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
}

impl ManifestFile {
    /// Its SHA-256, in lower-case hexadecimal digits.
    #[must_use]
    pub fn sha256(&self) -> String {
        self.checksums.get("sha256").map(|digits| digits.to_ascii_lowercase()).unwrap_or_default()
    }
}

/// A machine, in the words of manifests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Selector<'a> {
    /// Such as `debian`.
    pub platform: &'a str,
    /// Such as `12`.
    pub release: &'a str,
    /// Such as `x86_64`.
    pub architecture: &'a str,
}

/// A manifest that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is no JSON, or not of a manifest's shape; what it says names line and column.
    #[error("the manifest cannot be read: {message}")]
    Shape {
        /// From 1.
        line: usize,
        /// From 1.
        column: usize,
        /// What, and where once more.
        message: String,
    },
    /// It follows another schema.
    #[error("the manifest's schemaVersion is {0:?}, and must be \"{SCHEMA}\"")]
    Schema(String),
    /// It says something that cannot be.
    #[error("the manifest cannot be used: {0}")]
    Rule(String),
}

/// No file of a package fits a machine.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no file of it is for {what} {which}: its manifest has {has}")]
pub struct NoFit {
    /// Platform, release or architecture.
    what: &'static str,
    /// That of the machine.
    which: String,
    /// What there is instead.
    has: String,
}

impl Manifest {
    /// Reads a manifest.
    ///
    /// # Errors
    /// When it has not a manifest's shape, names a file that it does not describe, or describes one without a SHA-256.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_str(text).map_err(|error| {
            let (line, column, message) = (error.line(), error.column(), error.to_string());
            ManifestError::Shape { line, column, message }
        })?;
        if manifest.schema_version != SCHEMA {
            return Err(ManifestError::Schema(manifest.schema_version));
        }
        match manifest.fault() {
            None => Ok(manifest),
            Some(fault) => Err(ManifestError::Rule(fault)),
        }
    }

    fn fault(&self) -> Option<String> {
        if !is_word(&self.version, 1) {
            return Some(format!(
                "version is {:?}, and must be 1 to 128 letters, digits, dots, hyphens and underscores",
                self.version
            ));
        }
        if self.targets().next().is_none() {
            return Some(String::from("packages names no file for any platform"));
        }
        for (place, target) in self.targets() {
            if !self.files.contains_key(&target.file) {
                return Some(format!(
                    "packages.{place} names the file {:?}, which files does not describe",
                    target.file
                ));
            }
        }
        self.files.iter().find_map(|(name, file)| {
            let digits = file.sha256();
            let is_digest = digits.len() == 64 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !is_word(name, 3) {
                let must = "3 to 128 letters, digits, dots, hyphens and underscores";
                Some(format!("files names {name:?}: a file's name is {must}"))
            } else if !is_digest {
                Some(format!("files.{name}.checksums has no sha256 of 64 hexadecimal digits"))
            } else {
                None
            }
        })
    }

    fn targets(&self) -> impl Iterator<Item = (String, &Target)> {
        self.packages.iter().flat_map(|(platform, releases)| {
            releases.iter().flat_map(move |(release, architectures)| {
                let place = move |architecture| format!("{platform}.{release}.{architecture}");
                architectures.iter().map(move |(architecture, target)| (place(architecture), target))
            })
        })
    }

    /// The version that the package gives itself.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Its files, by name.
    pub fn files(&self) -> impl Iterator<Item = (&str, &ManifestFile)> {
        self.files.iter().map(|(name, file)| (name.as_str(), file))
    }

    /// Names of the platforms that it has files for, [`ANY`] among them.
    pub fn platforms(&self) -> impl Iterator<Item = &str> {
        self.packages.keys().map(String::as_str)
    }

    /// The file that fits a machine. At each of platform, release and architecture the closest name is taken: its own, then (for
    /// a release) the longest of those like `7.*`, then [`ANY`]. A choice is not taken back when it leads nowhere.
    ///
    /// # Errors
    /// When none fits; what is missing is named.
    pub fn file_for(&self, machine: Selector<'_>) -> Result<(&str, &ManifestFile), NoFit> {
        let Selector { platform, release, architecture } = machine;
        let releases = exact(&self.packages, platform)
            .ok_or_else(|| no_fit("the platform", platform, &self.packages))?;
        let architectures =
            of_release(releases, release).ok_or_else(|| no_fit("the release", release, releases))?;
        let target = exact(architectures, architecture)
            .ok_or_else(|| no_fit("the architecture", architecture, architectures))?;
        let file = self.files.get_key_value(&target.file);
        file.map(|(name, file)| (name.as_str(), file))
            .ok_or_else(|| no_fit("the file", &target.file, &self.files))
    }
}

fn no_fit<T>(what: &'static str, which: &str, names: &BTreeMap<String, T>) -> NoFit {
    let has = names.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    NoFit { what, which: which.to_owned(), has }
}

fn exact<'a, T>(names: &'a BTreeMap<String, T>, key: &str) -> Option<&'a T> {
    names.get(key).or_else(|| names.get(ANY))
}

fn of_release<'a, T>(names: &'a BTreeMap<String, T>, release: &str) -> Option<&'a T> {
    let begins_alike = |pattern: &str| {
        let parts = pattern.strip_suffix(".*")?;
        let is_alike = release == parts || release.strip_prefix(parts)?.starts_with('.');
        is_alike.then(|| parts.split('.').count())
    };
    let closest = || {
        let alike = names.iter().filter_map(|(name, it)| Some((begins_alike(name)?, it)));
        alike.max_by_key(|(parts, _)| *parts).map(|(_, it)| it)
    };
    names.get(release).or_else(closest).or_else(|| names.get(ANY)).or_else(|| names.get("*"))
}

fn is_word(text: &str, shortest: usize) -> bool {
    let spelled = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    (shortest..=128).contains(&text.len()) && spelled && !text.bytes().all(|byte| byte == b'.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SUM: &str = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";

    fn manifest() -> serde_json::Value {
        json!({
            "schemaVersion": "2.0", "version": "1.0.1", "publisher": "Us",
            "packages": {
                "debian": { "12": { "x86_64": { "file": "deb12.zip" } }, "_any": { "x86_64": { "file": "deb.zip" } } },
                "centos": { "7.*": { "_any": { "file": "c7.zip" } }, "7.9.*": { "_any": { "file": "c79.zip" } } },
                "_any": { "_any": { "arm64": { "file": "any.zip" } } }
            },
            "files": {
                "deb12.zip": { "checksums": { "sha256": SUM.to_uppercase() }, "size": 5 },
                "deb.zip": { "checksums": { "sha256": SUM } }, "any.zip": { "checksums": { "sha256": SUM } },
                "c7.zip": { "checksums": { "sha256": SUM } }, "c79.zip": { "checksums": { "sha256": SUM } }
            }
        })
    }

    fn chosen(platform: &str, release: &str, architecture: &str) -> Result<String, String> {
        let manifest = Manifest::parse(&manifest().to_string()).unwrap();
        let file = manifest.file_for(Selector { platform, release, architecture });
        file.map(|(name, _)| name.to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_closest_platform_release_and_architecture_is_chosen() {
        assert_eq!(chosen("debian", "12", "x86_64").unwrap(), "deb12.zip");
        assert_eq!(chosen("debian", "11", "x86_64").unwrap(), "deb.zip");
        assert_eq!(chosen("centos", "7", "x86_64").unwrap(), "c7.zip");
        assert_eq!(chosen("centos", "7.9.1", "x86_64").unwrap(), "c79.zip");
        assert_eq!(chosen("alpine", "3.20", "arm64").unwrap(), "any.zip");
    }

    #[test]
    fn what_fits_no_machine_says_what_there_is() {
        assert_eq!(
            chosen("centos", "72", "x86_64").unwrap_err(),
            "no file of it is for the release 72: its manifest has 7.*, 7.9.*"
        );
        let error = chosen("debian", "12", "arm64").unwrap_err();
        assert!(error.contains("architecture arm64") && error.contains("x86_64"), "{error}");
    }

    #[test]
    fn a_manifest_says_version_platforms_and_files() {
        let manifest = Manifest::parse(&manifest().to_string()).unwrap();
        assert_eq!(manifest.version(), "1.0.1");
        assert_eq!(manifest.platforms().collect::<Vec<_>>(), ["_any", "centos", "debian"]);
        let (_, file) = manifest.files().find(|(name, _)| *name == "deb12.zip").unwrap();
        assert_eq!((file.sha256().as_str(), file.size), (SUM, Some(5)));
    }

    #[test]
    fn a_broken_manifest_says_what_and_where() {
        let broken = |path: &str, value: serde_json::Value| {
            let mut it = manifest();
            *it.pointer_mut(path).unwrap() = value;
            Manifest::parse(&it.to_string()).unwrap_err().to_string()
        };
        assert!(broken("/schemaVersion", json!("1.0")).contains("must be \"2.0\""));
        assert!(broken("/version", json!("1 0")).contains("\"1 0\""));
        assert!(broken("/packages", json!({})).contains("no file for any platform"));
        let unknown = broken("/packages/debian/12/x86_64/file", json!("gone.zip"));
        assert!(unknown.contains("packages.debian.12.x86_64") && unknown.contains("gone.zip"), "{unknown}");
        assert!(
            broken("/files/deb.zip/checksums", json!({ "md5": "x" })).contains("files.deb.zip.checksums")
        );
        assert!(broken("/files", json!({ "../x": { "checksums": { "sha256": SUM } } })).contains("files"));
        let error = Manifest::parse("{\n  \"schemaVersion\": 2\n}").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
    }
}
