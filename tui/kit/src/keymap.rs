//! What keys mean: one table, from which help, key bar, palette and command bar are derived.
//!
//! In: tables of chords, names, words and messages; the user's own chords by name; key events. Out: messages of the
//! caller's kind, and conflicts as data. Never here: what a message does.

use std::collections::BTreeMap;
use std::fmt;

use crossterm::event::{KeyEvent, KeyEventKind};

use crate::chord::{Chord, Press};

/// One line of a keymap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Binding<M> {
    /// Any of these.
    pub chords: Vec<Chord>,
    /// In kebab case; the keymap file and the command bar know it by this.
    pub name: &'static str,
    /// What it does, for people.
    pub doc: &'static str,
    /// What it stands with in the help.
    pub group: &'static str,
    /// Whether the key bar shows it.
    pub bar: bool,
    /// Whether it means to take its keys from tables that are asked after this one.
    pub over: bool,
    /// What it means.
    pub msg: M,
}

/// A table of keys. The first of two equal chords wins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keymap<M> {
    /// Its lines, in the order in which help shows them.
    pub bindings: Vec<Binding<M>>,
    broken: Vec<String>,
}

/// Two bindings that want the same keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The keys that both want; of a chord that is the beginning of another, the shorter.
    pub chord: Chord,
    /// Who gets them.
    pub kept: &'static str,
    /// Who cannot be reached by them.
    pub hidden: &'static str,
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} means {} and hides {}", self.chord, self.kept, self.hidden)
    }
}

impl<M> Default for Keymap<M> {
    fn default() -> Self {
        Self { bindings: Vec::new(), broken: Vec::new() }
    }
}

impl<M> Keymap<M> {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a line. `chords` are alternatives with commas between, each one press or several with blanks between:
    /// `"j, Down"`, `"g g"`; the comma key is `Comma`. An empty text binds no key, so that only the command bar and the
    /// palette reach it. What names no key is kept in [`broken`](Self::broken).
    #[must_use]
    pub fn bind(
        mut self,
        chords: &str,
        name: &'static str,
        doc: &'static str,
        group: &'static str,
        msg: M,
    ) -> Self {
        let chords = match Chord::alternatives(chords) {
            _ if chords.trim().is_empty() => Vec::new(),
            Ok(chords) => chords,
            Err(error) => {
                self.broken.push(format!("{name}: {error}"));
                Vec::new()
            }
        };
        self.bindings.push(Binding { chords, name, doc, group, bar: false, over: false, msg });
        self
    }

    /// Shows the line added last in the key bar.
    #[must_use]
    pub fn bar(mut self) -> Self {
        if let Some(last) = self.bindings.last_mut() {
            last.bar = true;
        }
        self
    }

    /// The line added last takes its keys from tables that are asked after this one: that is meant so.
    #[must_use]
    pub fn over(mut self) -> Self {
        if let Some(last) = self.bindings.last_mut() {
            last.over = true;
        }
        self
    }

    /// Adds another table's lines below these.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.bindings.extend(other.bindings);
        self.broken.extend(other.broken);
        self
    }

    /// Lines whose chords could not be read; a table that a program ships has none.
    #[must_use]
    pub fn broken(&self) -> &[String] {
        &self.broken
    }

    /// The line of that name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Binding<M>> {
        self.bindings.iter().find(|binding| binding.name == name)
    }

    /// Gives the named lines the user's chords in place of their own; an empty list takes their keys away. Names that are
    /// not here are for another table. Returns the conflicts in what came out.
    pub fn remap(&mut self, overrides: &BTreeMap<String, Vec<Chord>>) -> Vec<Conflict> {
        for binding in &mut self.bindings {
            if let Some(chords) = overrides.get(binding.name) {
                binding.chords.clone_from(chords);
            }
        }
        self.conflicts()
    }

    /// Chords of this table that are, or begin, one another.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        let mut found = Vec::new();
        for (at, first) in self.bindings.iter().enumerate() {
            for second in &self.bindings[at + 1..] {
                for (mine, theirs) in clashes(&first.chords, &second.chords) {
                    // The shorter is complete at once, so the longer is never reached.
                    let (chord, kept, hidden) = if theirs.presses().len() < mine.presses().len() {
                        (theirs, second, first)
                    } else {
                        (mine, first, second)
                    };
                    found.push(Conflict { chord: chord.clone(), kept: kept.name, hidden: hidden.name });
                }
            }
        }
        found
    }

    /// Chords of this table that hide those of one that is asked after it, without those that are meant to.
    #[must_use]
    pub fn hides<N>(&self, below: &Keymap<N>) -> Vec<Conflict> {
        let mut found = Vec::new();
        for above in self.bindings.iter().filter(|binding| !binding.over) {
            for below in &below.bindings {
                for (chord, _) in clashes(&above.chords, &below.chords) {
                    found.push(Conflict { chord: chord.clone(), kept: above.name, hidden: below.name });
                }
            }
        }
        found
    }

    /// The same table with messages of another kind.
    #[must_use]
    pub fn map<N>(self, f: impl Fn(M) -> N) -> Keymap<N> {
        let line = |line: Binding<M>| Binding {
            chords: line.chords,
            name: line.name,
            doc: line.doc,
            group: line.group,
            bar: line.bar,
            over: line.over,
            msg: f(line.msg),
        };
        Keymap { bindings: self.bindings.into_iter().map(line).collect(), broken: self.broken }
    }
}

/// Pairs of which one is, or begins, the other.
fn clashes<'a>(mine: &'a [Chord], theirs: &'a [Chord]) -> Vec<(&'a Chord, &'a Chord)> {
    let pairs = mine.iter().flat_map(|mine| theirs.iter().map(move |theirs| (mine, theirs)));
    let clash = |(mine, theirs): &(&Chord, &Chord)| {
        mine.presses().starts_with(theirs.presses()) || theirs.presses().starts_with(mine.presses())
    };
    pairs.filter(clash).collect()
}

/// What a key press led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup<M> {
    /// A chord is complete, and means this.
    Hit(M),
    /// A chord has begun.
    Pending,
    /// It means nothing.
    Miss,
}

/// The presses of a chord that has begun.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    presses: Vec<Press>,
}

impl Pending {
    /// Nothing pressed yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a key. The first table that knows the presses so far decides; what leads nowhere is forgotten, with
    /// everything before it.
    pub fn press<M: Clone>(&mut self, key: KeyEvent, maps: &[&Keymap<M>]) -> Lookup<M> {
        if key.kind == KeyEventKind::Release {
            return if self.presses.is_empty() { Lookup::Miss } else { Lookup::Pending };
        }
        self.presses.push(Press::of(key));
        for map in maps {
            match self.look(map) {
                Lookup::Miss => {}
                Lookup::Pending => return Lookup::Pending,
                hit @ Lookup::Hit(_) => {
                    self.presses.clear();
                    return hit;
                }
            }
        }
        self.presses.clear();
        Lookup::Miss
    }

    fn look<M: Clone>(&self, map: &Keymap<M>) -> Lookup<M> {
        let mut begun = false;
        for binding in &map.bindings {
            for chord in &binding.chords {
                if chord.presses() == self.presses {
                    return Lookup::Hit(binding.msg.clone());
                }
                begun |= chord.presses().starts_with(&self.presses);
            }
        }
        if begun { Lookup::Pending } else { Lookup::Miss }
    }

    /// Whether a chord has begun.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.presses.is_empty()
    }

    /// Forgets what was begun, and says whether there was something.
    pub fn clear(&mut self) -> bool {
        let begun = !self.presses.is_empty();
        self.presses.clear();
        begun
    }
}

impl fmt::Display for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, press) in self.presses.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            press.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::{KeyCode, KeyModifiers};

    use super::*;

    fn room() -> Keymap<&'static str> {
        Keymap::new()
            .bind("j, Down", "down", "one row down", "move", "down")
            .bind("g g, Home", "first", "first row", "move", "first")
            .bind("Ctrl-d", "half-down", "half a screen down", "move", "half-down")
            .bar()
            .bind("", "prune", "only by name", "act", "prune")
    }

    fn shell() -> Keymap<&'static str> {
        Keymap::new()
            .bind("g t", "next-tab", "next tab", "tabs", "next-tab")
            .bind("j", "journal", "", "", "journal")
    }

    fn press(pending: &mut Pending, char: char) -> Lookup<&'static str> {
        let key = KeyEvent::new(KeyCode::Char(char), KeyModifiers::NONE);
        pending.press(key, &[&room(), &shell()])
    }

    #[test]
    fn a_sequence_is_waited_for_and_the_first_table_wins() {
        let mut pending = Pending::new();
        assert_eq!(press(&mut pending, 'j'), Lookup::Hit("down"));
        assert_eq!(press(&mut pending, 'g'), Lookup::Pending);
        assert_eq!(pending.to_string(), "g");
        assert_eq!(press(&mut pending, 'g'), Lookup::Hit("first"));
        assert_eq!(press(&mut pending, 'g'), Lookup::Pending);
        assert_eq!(
            press(&mut pending, 't'),
            Lookup::Hit("next-tab"),
            "begun in one table, ended in the other"
        );
    }

    #[test]
    fn a_sequence_that_leads_nowhere_is_forgotten() {
        let mut pending = Pending::new();
        press(&mut pending, 'g');
        assert_eq!(press(&mut pending, 'x'), Lookup::Miss);
        assert!(pending.is_empty());
        assert_eq!(press(&mut pending, 'j'), Lookup::Hit("down"));
        press(&mut pending, 'g');
        assert!(pending.clear() && !pending.clear());
    }

    #[test]
    fn letting_go_of_a_key_decides_nothing() {
        let mut pending = Pending::new();
        press(&mut pending, 'g');
        let mut up = KeyEvent::new(KeyCode::Char('g'), KeyModifiers::NONE);
        up.kind = KeyEventKind::Release;
        assert_eq!(pending.press(up, &[&room()]), Lookup::Pending);
        assert_eq!(press(&mut pending, 'g'), Lookup::Hit("first"));
    }

    #[test]
    fn the_users_keys_replace_ours_by_name() {
        let mut keys = room();
        let overrides = BTreeMap::from([
            ("down".to_owned(), vec!["n".parse().unwrap()]),
            ("first".to_owned(), vec![]),
            ("of-another-table".to_owned(), vec!["j".parse().unwrap()]),
        ]);
        assert_eq!(keys.remap(&overrides), []);
        assert_eq!(keys.named("down").unwrap().chords, ["n".parse().unwrap()]);
        assert!(keys.named("first").unwrap().chords.is_empty(), "no key at all");
        assert!(keys.named("half-down").unwrap().bar);
    }

    #[test]
    fn two_that_want_the_same_key_are_told() {
        let mut keys = room();
        let overrides =
            BTreeMap::from([("half-down".to_owned(), vec!["j".parse().unwrap(), "g".parse().unwrap()])]);
        let said: Vec<String> = keys.remap(&overrides).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["j means down and hides half-down", "g means half-down and hides first"]);
    }

    #[test]
    fn a_table_above_hides_what_it_begins() {
        let said: Vec<String> = room().hides(&shell()).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["j means down and hides journal"]);
        let above = Keymap::new().bind("g g", "first", "", "", ());
        let below = Keymap::new().bind("g", "go", "", "", ());
        assert_eq!(above.hides(&below).len(), 1, "the longer one above is waited for");
        assert!(room().conflicts().is_empty() && room().broken().is_empty());
    }

    #[test]
    fn a_line_that_cannot_be_read_is_kept_for_a_test_to_find() {
        let keys = Keymap::new().bind("gg", "first", "", "", ());
        assert!(keys.broken()[0].starts_with("first: \"gg\" is no key"));
        assert_eq!(keys.map(|()| 1).broken().len(), 1);
    }
}
