//! The way to where the cursor is to go: what it is in is opened, and read on until it is there.

use pilothouse_kit::tree::TreeMsg;

use super::super::naming;
use super::FAR;
use super::state::{Key, Parameters};

impl Parameters {
    /// Goes on to what is wanted: opens what it is in, reads on until it is there.
    pub(super) fn reach(&mut self) {
        let Some((wanted, pages)) = self.wanted.clone() else { return };
        for level in naming::above(&wanted).into_iter().skip(1) {
            let key = Key::Folder(level);
            if self.tree.contains(&key) && !self.tree.is_open(&key) {
                self.tree.select(&key);
                self.tree.hear(TreeMsg::Open);
            }
        }
        let bare = wanted.trim_start_matches('/').to_owned();
        let names = [Key::Parameter(wanted.clone()), Key::Parameter(bare), Key::Folder(wanted.clone())];
        if names.iter().any(|key| self.tree.select(key)) {
            self.wanted = None;
            return;
        }
        self.read_on(wanted, pages);
    }

    /// What is wanted is not there: more is read of the level where its way ends, and in the end that level once more, as it may
    /// have been made since.
    fn read_on(&mut self, wanted: String, pages: u32) {
        let mut way = naming::above(&wanted).into_iter().skip(1);
        let missing = way.find(|folder| !self.tree.contains(&Key::Folder(folder.clone())));
        let level = naming::parent(missing.as_ref().unwrap_or(&wanted)).to_owned();
        match self.levels.get(&level) {
            _ if self.levels.is_asked(&level) => {}
            Some(it) if it.is_doubted() => {}
            Some(it) if it.known && it.has_more() && pages < FAR => {
                self.levels.want_more(&level);
                self.wanted = Some((wanted, pages + 1));
            }
            Some(it) if it.known && self.at.is_none() && pages <= FAR => {
                self.levels.doubt(&wanted, true);
                self.wanted = Some((wanted, FAR + 1));
            }
            Some(it) if it.known => self.wanted = None,
            _ => {}
        }
    }
}
