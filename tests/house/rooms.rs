//! The house as it stands on disk: its crates, their manifests, and their files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::rust::{self, Code, Named};

/// A crate of the workspace.
pub struct Crate {
    /// Folder, from the root: `server/store`.
    pub folder: String,
    /// Its name as a package.
    pub name: String,
    /// Names of what it depends on, in any way.
    pub dependencies: BTreeSet<String>,
    /// Names of what its users get along: no tests, no build scripts.
    pub shipped: BTreeSet<String>,
    /// Its Rust files.
    pub files: Vec<File>,
}

/// A file of Rust.
pub struct File {
    /// From the root: `server/src/door.rs`.
    pub path: String,
    /// The module it holds: `["door"]`; empty for a crate's root.
    pub module: Vec<String>,
    /// All of it.
    pub text: String,
    /// What of it is code.
    pub code: Code,
    /// It is compiled for tests alone.
    pub is_test: bool,
}

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn toml(path: &Path) -> toml::Table {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.parse().unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The members that the root manifest lists.
pub fn members() -> Vec<String> {
    let manifest = toml(&root().join("Cargo.toml"));
    let members = manifest["workspace"]["members"].as_array().unwrap();
    members.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
}

/// Every crate with its files.
pub fn crates() -> Vec<Crate> {
    members().into_iter().map(Crate::read).collect()
}

impl Crate {
    fn read(folder: String) -> Self {
        let manifest = toml(&root().join(&folder).join("Cargo.toml"));
        let names = |section: &str| -> BTreeSet<String> {
            manifest
                .get(section)
                .and_then(|it| it.as_table())
                .into_iter()
                .flat_map(|it| it.keys().cloned())
                .collect()
        };
        let shipped = names("dependencies");
        let dependencies = &(&shipped | &names("dev-dependencies")) | &names("build-dependencies");
        let mut files = files(&folder);
        mark_test_modules(&mut files);
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        Self { folder, name, dependencies, shipped, files }
    }

    /// The name by which other crates' code knows it.
    pub fn code_name(&self) -> String {
        self.name.replace('-', "_")
    }

    /// The paths that a file names, with `crate`, `self`, `super` and the names of its own modules resolved.
    pub fn named_in(&self, file: &File, code: &str) -> Vec<Named> {
        let modules: BTreeSet<&[String]> = self.files.iter().map(|it| it.module.as_slice()).collect();
        rust::named(code)
            .into_iter()
            .map(|it| Named { path: self.resolve(&modules, &file.module, it.path), line: it.line })
            .collect()
    }

    fn resolve(&self, modules: &BTreeSet<&[String]>, here: &[String], mut path: Vec<String>) -> Vec<String> {
        let mut from = here.to_vec();
        match path[0].as_str() {
            "crate" => from.clear(),
            "self" => {}
            "super" => {
                while path.first().is_some_and(|first| first == "super") {
                    from.pop();
                    path.remove(0);
                }
                path.insert(0, "super".to_owned());
            }
            first if first == self.code_name() => from.clear(),
            first => {
                from.push(first.to_owned());
                if !modules.contains(from.as_slice()) {
                    return path;
                }
                from.pop();
                path.insert(0, "self".to_owned());
            }
        }
        let mut resolved = vec!["crate".to_owned()];
        resolved.extend(from);
        resolved.extend(path.into_iter().skip(1));
        resolved
    }
}

/// Rust files below a folder that belong to its crate, in order of path.
fn files(folder: &str) -> Vec<File> {
    let top = root().join(folder);
    let mut found = Vec::new();
    let mut folders = vec![top.clone()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            // A folder with a manifest is another crate.
            if path.is_dir() && !path.join("Cargo.toml").exists() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                found.push(File::read(folder, &path));
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

impl File {
    fn read(folder: &str, path: &Path) -> Self {
        let relative = path.strip_prefix(root()).unwrap();
        let inside = relative.strip_prefix(folder).unwrap();
        let text = fs::read_to_string(path).unwrap();
        let mut module: Vec<String> =
            inside.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
        let is_source = module[0] == "src";
        if is_source {
            module.remove(0);
        }
        if module.last().is_some_and(|last| ["mod", "lib", "main"].contains(&last.as_str())) {
            module.pop();
        }
        let path = relative.to_string_lossy().into_owned();
        let is_test = !is_source;
        Self { code: Code::read(&text), path, module, text, is_test }
    }
}

/// Finds the files that are modules for tests alone, and all below them.
fn mark_test_modules(files: &mut [File]) {
    let mut tests = Vec::new();
    for file in &*files {
        for name in rust::modules(&file.code.all).1 {
            let mut module = file.module.clone();
            module.push(name);
            tests.push(module);
        }
    }
    for file in files {
        file.is_test |= tests.iter().any(|module| file.module.starts_with(module));
    }
}
