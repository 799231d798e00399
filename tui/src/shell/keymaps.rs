//! All tables of keys, with the user's own chords in them.

use std::collections::BTreeMap;

use pilothouse_kit::chord::Chord;
use pilothouse_kit::keymap::{Binding, Keymap};

use super::keys::{self, Say};
use super::rooms::Kind;
use crate::settings::keys::Overrides;

/// The shell's name in the keymap file.
const SHELL: &str = "shell";

/// Every table.
pub struct Keymaps {
    shell: Keymap<Say>,
    rooms: BTreeMap<Kind, Keymap<Say>>,
}

impl Keymaps {
    /// The tables with `overrides` in them, and in words what clashes or is not known.
    #[must_use]
    pub fn new(overrides: &Overrides) -> (Self, Vec<String>) {
        let mut complaints = Vec::new();
        let mut known: Vec<&str> = Vec::new();
        let mut of = |name: String, mut map: Keymap<Say>| {
            known.extend(map.bindings.iter().map(|binding| binding.name));
            let mut chords = overrides.everywhere.clone();
            if let Some(only) = overrides.only.get(&name) {
                let foreign = only.keys().filter(|key| map.named(key).is_none());
                complaints.extend(foreign.map(|key| format!("keys: {name} has no {key:?}")));
                chords.extend(only.clone());
            }
            let conflicts = map.remap(&chords);
            complaints.extend(conflicts.iter().map(|conflict| format!("keys: {name}: {conflict}")));
            map
        };
        let shell = of(SHELL.into(), keys::keys().map(Say::Shell));
        let rooms: BTreeMap<_, _> =
            Kind::ALL.iter().map(|kind| (*kind, of(kind.name(), kind.keys().map(Say::Room)))).collect();
        for name in overrides.everywhere.keys().filter(|name| !known.contains(&name.as_str())) {
            complaints.push(format!("keys: there is nothing that is called {name:?}"));
        }
        let tables: Vec<String> = Kind::ALL.iter().map(|kind| kind.name()).collect();
        for table in overrides.only.keys().filter(|table| *table != SHELL && !tables.contains(table)) {
            complaints.push(format!("keys: there is no [{table}]; there are {SHELL}, {}", tables.join(", ")));
        }
        for (kind, room) in &rooms {
            let hidden = room.hides(&shell);
            complaints.extend(hidden.iter().map(|conflict| format!("keys: in {}, {conflict}", kind.name())));
        }
        (Self { shell, rooms }, complaints)
    }

    /// The shell's table.
    #[must_use]
    pub fn shell(&self) -> &Keymap<Say> {
        &self.shell
    }

    /// The tables that count in a room, in the order in which they are asked.
    #[must_use]
    pub fn of(&self, kind: Kind) -> [&Keymap<Say>; 2] {
        // Every kind has one; the shell's twice would only repeat itself.
        [self.rooms.get(&kind).unwrap_or(&self.shell), &self.shell]
    }

    /// Every line that counts in a room.
    pub fn bindings(&self, kind: Kind) -> impl Iterator<Item = &Binding<Say>> {
        self.of(kind).into_iter().flat_map(|map| &map.bindings)
    }
}

/// The chords of a line, as people read them.
#[must_use]
pub fn chords(binding: &Binding<Say>) -> String {
    let chords: Vec<String> = binding.chords.iter().map(Chord::to_string).collect();
    chords.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(text: &str) -> Vec<Chord> {
        vec![text.parse().unwrap()]
    }

    #[test]
    fn no_room_takes_a_key_of_the_shell_and_no_table_clashes_with_itself() {
        let (maps, complaints) = Keymaps::new(&Overrides::default());
        assert_eq!(complaints, Vec::<String>::new());
        for kind in Kind::ALL {
            assert!(maps.of(*kind)[0].broken().is_empty(), "{:?}", maps.of(*kind)[0].broken());
        }
        assert!(maps.shell().broken().is_empty());
    }

    #[test]
    fn a_remapped_key_that_is_taken_is_reported_by_name() {
        let mut overrides = Overrides::default();
        overrides.everywhere.insert("palette".into(), chord("?"));
        let (_, complaints) = Keymaps::new(&overrides);
        assert!(
            complaints.iter().any(|said| said.contains("palette") && said.contains("help")),
            "{complaints:?}"
        );
    }

    #[test]
    fn a_name_that_does_not_exist_is_reported() {
        let mut overrides = Overrides::default();
        overrides.everywhere.insert("pallete".into(), chord("F2"));
        overrides.only.insert("nodez".into(), BTreeMap::new());
        let (_, complaints) = Keymaps::new(&overrides);
        assert!(complaints.iter().any(|said| said.contains("\"pallete\"")), "{complaints:?}");
        assert!(complaints.iter().any(|said| said.contains("[nodez]")), "{complaints:?}");
    }

    #[test]
    fn a_key_can_be_given_to_one_room_alone() {
        let mut overrides = Overrides::default();
        overrides.only.insert("shell".into(), [("help".to_owned(), chord("F1"))].into());
        let (maps, _) = Keymaps::new(&overrides);
        assert_eq!(chords(maps.shell().named("help").unwrap()), "F1");
    }
}
