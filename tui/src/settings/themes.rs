//! Themes: the built-in ones and the user's own (`themes/*.toml` in the config directory), for what this terminal can show.

use std::collections::BTreeMap;
use std::path::Path;

use pilothouse_kit::theme::{Depth, Theme};

/// A theme file that is longer is none.
const MAX_BYTES: u64 = 256 * 1024;

/// Themes to choose from.
#[derive(Clone, Debug)]
pub struct Themes {
    own: BTreeMap<String, String>,
    depth: Depth,
    ascii: bool,
}

impl Themes {
    /// The built-in ones, and those that can be read in `dir`.
    #[must_use]
    pub fn read(dir: &Path, depth: Depth, ascii: bool) -> Self {
        let files = std::fs::read_dir(dir).into_iter().flatten().flatten();
        let own = files.filter_map(|file| {
            let path = file.path();
            let name = path.file_stem()?.to_str()?.to_owned();
            let is_theme =
                path.extension().is_some_and(|it| it == "toml") && file.metadata().ok()?.len() <= MAX_BYTES;
            is_theme.then(|| std::fs::read_to_string(&path).ok()).flatten().map(|text| (name, text))
        });
        Self { own: own.collect(), depth, ascii }
    }

    /// The built-in ones alone.
    #[must_use]
    pub fn builtin(depth: Depth, ascii: bool) -> Self {
        Self { own: BTreeMap::new(), depth, ascii }
    }

    /// Their names; the user's own come first, and hide a built-in one of the same name.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let builtin = Theme::names().iter().filter(|name| !self.own.contains_key(**name));
        self.own.keys().cloned().chain(builtin.map(|name| (*name).to_owned())).collect()
    }

    /// The theme of that name.
    ///
    /// # Errors
    /// Why there is none, for people.
    pub fn load(&self, name: &str) -> Result<Theme, String> {
        let theme = match self.own.get(name) {
            Some(text) => {
                let find = |wanted: &str| self.own.get(wanted).cloned();
                Theme::parse(name, text, self.depth, &find).map_err(|error| error.to_string())?
            }
            None => Theme::builtin(name, self.depth).ok_or_else(|| {
                format!("there is no theme {name:?}; there are {}", self.names().join(", "))
            })?,
        };
        Ok(theme.with_ascii(self.ascii))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_themes_stand_beside_the_built_in_ones() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(
            dir.path().join("night.toml"),
            "inherits = \"dark\"\n[roles]\n\"state.ok\" = \"blue\"\n",
        )
        .unwrap();
        std::fs::write(dir.path().join("broken.toml"), "[roles]\n\"state.ok\" = \"no such colour\"\n")
            .unwrap();
        std::fs::write(dir.path().join("notes.txt"), "x").unwrap();
        let themes = Themes::read(dir.path(), Depth::True, false);
        assert!(
            themes.names().contains(&"night".to_owned()) && !themes.names().contains(&"notes".to_owned())
        );
        assert_eq!(themes.load("night").unwrap().name(), "night");
        assert!(themes.load("broken").is_err());
        assert!(themes.load("pink").unwrap_err().contains("high-contrast"));
    }
}
