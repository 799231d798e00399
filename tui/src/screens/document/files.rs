//! What comes with a package: its manifest's files with the machines they are for, and what the server keeps of them.

use std::collections::BTreeMap;

use pilothouse_api::documents::GetDocumentResult;
use serde_json::Value;

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRow {
    /// Its name.
    pub name: String,
    /// Bytes, if the server keeps it.
    pub size: Option<u64>,
    /// SHA-256, hexadecimal: of what the server keeps, else what the manifest says.
    pub sha256: String,
    /// Whether what the server keeps is not what the manifest says.
    pub differs: bool,
    /// Platform, release and architecture that it is for, such as `debian 12 x86_64`; `_any` is any.
    pub machines: Vec<String>,
}

/// The files of a document, by name.
pub(super) fn of(content: &GetDocumentResult) -> Vec<FileRow> {
    let manifest: Value = serde_json::from_str(&content.content).unwrap_or_default();
    let mut files: BTreeMap<String, FileRow> = BTreeMap::new();
    for (name, file) in members(&manifest["files"]) {
        let sha256 = file["checksums"]["sha256"].as_str().unwrap_or_default().to_lowercase();
        files.insert(name.clone(), FileRow { name: name.clone(), sha256, ..FileRow::default() });
    }
    for (platform, releases) in members(&manifest["packages"]) {
        for (release, architectures) in members(releases) {
            for (architecture, package) in members(architectures) {
                let machine = format!("{platform} {release} {architecture}").replace("_any", "any");
                let file = package["file"].as_str().and_then(|file| files.get_mut(file));
                file.into_iter().for_each(|file| file.machines.push(machine.clone()));
            }
        }
    }
    for kept in &content.attachments_content {
        let file = files.entry(kept.name.clone()).or_default();
        file.name.clone_from(&kept.name);
        let hash = kept.hash.to_lowercase();
        file.differs = !file.sha256.is_empty() && file.sha256 != hash;
        (file.size, file.sha256) = (u64::try_from(kept.size).ok(), hash);
    }
    files.into_values().collect()
}

fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use pilothouse_api::documents::AttachmentContent;

    use super::*;

    #[test]
    fn a_file_that_is_not_what_the_manifest_says_is_told_apart() {
        let content = r#"{"schemaVersion":"2.0","version":"1.0.0",
            "packages":{"debian":{"_any":{"x86_64":{"file":"a.zip"},"arm64":{"file":"b.zip"}}}},
            "files":{"a.zip":{"checksums":{"sha256":"AA"}},"b.zip":{"checksums":{"sha256":"bb"}}}}"#;
        let kept = |name: &str, hash: &str| AttachmentContent {
            name: name.to_owned(),
            size: 10,
            hash: hash.to_owned(),
            ..AttachmentContent::default()
        };
        let files = of(&GetDocumentResult {
            content: content.to_owned(),
            attachments_content: vec![kept("a.zip", "aa"), kept("b.zip", "cc")],
            ..GetDocumentResult::default()
        });
        let told: Vec<_> = files.iter().map(|file| (file.name.as_str(), file.differs)).collect();
        assert_eq!(told, [("a.zip", false), ("b.zip", true)]);
        assert_eq!(files[1].machines, ["debian any arm64"]);
    }
}
