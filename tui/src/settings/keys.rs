//! The keymap file: the user's own keys by the name of what they do.
//!
//! ```toml
//! palette = "Ctrl-k"              # wherever that name is
//! down = ["j", "n", "Down"]       # several alternatives
//! [nodes]                         # in one room alone; [shell] is what counts everywhere
//! run = "Ctrl-r"
//! deregister = []                 # no key: `:deregister` does it
//! ```

use std::collections::BTreeMap;
use std::path::Path;

use pilothouse_kit::chord::Chord;
use serde::Deserialize;

use super::SettingsError;

/// Chords by name of what they do.
pub type Chords = BTreeMap<String, Vec<Chord>>;

/// The user's own chords.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// Wherever that name is.
    pub everywhere: Chords,
    /// In one room, or in the shell.
    pub only: BTreeMap<String, Chords>,
}

/// One value in the file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    One(String),
    Several(Vec<String>),
    Room(BTreeMap<String, Value>),
}

/// Reads the keymap file; without one, nothing is changed.
///
/// # Errors
/// When it is not TOML, or names what is no key.
pub fn read(path: &Path) -> Result<Overrides, SettingsError> {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(&text).map_err(|why| SettingsError::Malformed { path: path.to_owned(), why }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Overrides::default()),
        Err(why) => Err(SettingsError::Unreadable { path: path.to_owned(), why }),
    }
}

fn parse(text: &str) -> Result<Overrides, String> {
    let file: BTreeMap<String, Value> = toml::from_str(text).map_err(|error| error.to_string())?;
    let mut overrides = Overrides::default();
    for (name, value) in file {
        match value {
            Value::Room(lines) => {
                let chords = lines.into_iter().map(|(line, value)| Ok((line.clone(), chords(&line, value)?)));
                overrides.only.insert(name, chords.collect::<Result<_, String>>()?);
            }
            value => {
                let chords = chords(&name, value)?;
                overrides.everywhere.insert(name, chords);
            }
        }
    }
    Ok(overrides)
}

fn chords(name: &str, value: Value) -> Result<Vec<Chord>, String> {
    let texts = match value {
        Value::One(text) => vec![text],
        Value::Several(texts) => texts,
        Value::Room(_) => return Err(format!("{name} holds a table where keys are expected")),
    };
    texts.iter().map(|text| text.parse().map_err(|error| format!("{name}: {error}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_given_everywhere_or_in_one_room() {
        let read = parse(
            "palette = \"Ctrl-k\"\ndown = [\"n\", \"Down\"]\n[nodes]\nrun = \"g r\"\nderegister = []\n",
        )
        .unwrap();
        assert_eq!(read.everywhere["palette"][0].to_string(), "Ctrl-k");
        assert_eq!(read.everywhere["down"].len(), 2);
        assert_eq!(read.only["nodes"]["run"][0].to_string(), "g r");
        assert!(read.only["nodes"]["deregister"].is_empty());
    }

    #[test]
    fn what_is_no_key_is_named_with_its_line() {
        let error = parse("palette = \"Strg-k\"").unwrap_err();
        assert!(error.contains("palette") && error.contains("Strg-k"), "{error}");
    }

    #[test]
    fn without_a_file_nothing_is_changed() {
        assert_eq!(read(Path::new("/no/such/keys.toml")).unwrap(), Overrides::default());
    }
}
