//! What the room remembers.

use std::collections::BTreeSet;

use pilothouse_api::parameters::BrowsedParameter;
use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Revision;
use pilothouse_kit::tree::{Entry as Branch, Tree};

use super::super::dossier::Dossier;
use super::super::naming;
use super::super::sheet::Sheet;
use super::comparison::Comparison;
use super::levels::{FOUND, Levels};
use super::pages::Entry;
use super::plans::Plan;
use super::prompt::Prompt;
use super::search::Search;
use crate::errand::Errand;
use crate::screen::Cx;

/// What a row stands for; the cursor and marks stay with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A folder, by its path.
    Folder(String),
    /// A parameter, by its name.
    Parameter(String),
}

impl Key {
    /// The path or name.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Folder(path) | Self::Parameter(path) => path,
        }
    }
}

/// The tree of parameters.
#[derive(Clone, Debug)]
pub struct Parameters {
    /// As it was then; as it is, if absent.
    pub at: Option<Millis>,
    pub(super) levels: Levels,
    pub(super) tree: Tree<Key>,
    /// What was found, one below the other.
    found: Tree<Key>,
    /// What is marked.
    pub marks: BTreeSet<Key>,
    pub(super) search: Search,
    pub(super) prompt: Option<Prompt>,
    /// What is known of the parameter under the cursor.
    pub(super) preview: Dossier,
    /// When the cursor has rested for long enough to ask for it.
    pub(super) rests_at: Option<Millis>,
    /// Where the cursor goes as soon as it is there, and how many pages were read on the way.
    pub(super) wanted: Option<(String, u32)>,
    pub(super) sheet: Option<Sheet>,
    pub(super) comparison: Option<Comparison>,
    pub(super) plan: Option<Plan>,
    pub(super) errand: Errand,
    /// The reading of a value that goes to the clipboard.
    pub(super) copying: Option<u32>,
    /// What was seen of what happened.
    pub(super) seen: Seen,
    /// When pages that something changed on are asked for.
    pub(super) settles_at: Option<Millis>,
    /// Until when what changed stands out.
    pub(super) flashes_until: Option<Millis>,
    /// Whether there was a link when it last listened.
    pub(super) linked: bool,
    next: u32,
}

/// What was seen of what happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    pub revision: Revision,
    pub resets: u64,
    pub breaks: u64,
}

impl Parameters {
    /// The tree, with the cursor on a folder or a parameter; as it was at an instant, if one is given.
    #[must_use]
    pub fn new(path: Option<String>, at: Option<Millis>) -> Self {
        let mut levels = Levels::of(at);
        levels.keep("/");
        Self {
            at,
            levels,
            tree: Tree::new(),
            found: Tree::new(),
            marks: BTreeSet::new(),
            search: Search::default(),
            prompt: None,
            preview: Dossier::default(),
            rests_at: None,
            wanted: path.map(|path| (naming::slashed(path.trim_end_matches('/')).into_owned(), 0)),
            sheet: None,
            comparison: None,
            plan: None,
            errand: Errand::default(),
            copying: None,
            seen: Seen::default(),
            settles_at: None,
            flashes_until: None,
            linked: true,
            next: 0,
        }
    }

    pub(super) fn ticket(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Tickets up to this one are taken.
    pub(super) fn skip_to(&mut self, next: u32) {
        self.next = self.next.max(next);
    }

    /// A source of tickets that leaves the rest of the room free.
    pub(super) fn tickets(next: &mut u32) -> impl FnMut() -> u32 + '_ {
        || {
            *next += 1;
            *next
        }
    }

    /// The room's parts that answers go to, at a time.
    pub(super) fn parts(&mut self) -> (&mut Levels, &mut Dossier, &mut u32) {
        (&mut self.levels, &mut self.preview, &mut self.next)
    }

    /// The tree, or what was found.
    pub(super) fn tree(&self) -> &Tree<Key> {
        if self.search.is_on() { &self.found } else { &self.tree }
    }

    pub(super) fn tree_mut(&mut self) -> &mut Tree<Key> {
        if self.search.is_on() { &mut self.found } else { &mut self.tree }
    }

    /// What the cursor is on.
    #[must_use]
    pub fn on(&self) -> Option<&Key> {
        self.tree().on()
    }

    /// What is known of the parameter under the cursor by the tree itself.
    pub(super) fn row(&self) -> Option<&BrowsedParameter> {
        let Key::Parameter(name) = self.on()? else { return None };
        self.levels.parameter(name, self.search.is_on())
    }

    /// The folder that the cursor is in or on: where something new would stand.
    pub(super) fn folder(&self) -> String {
        match self.on() {
            Some(Key::Folder(path)) => path.clone(),
            Some(Key::Parameter(name)) => naming::parent(name).to_owned(),
            None => match self.tree().inside() {
                Some(key) => key.path().to_owned(),
                None => "/".to_owned(),
            },
        }
    }

    /// What is meant: the marks, or what the cursor is on.
    pub(super) fn meant(&self) -> Vec<Key> {
        if self.marks.is_empty() {
            self.on().cloned().into_iter().collect()
        } else {
            self.marks.iter().cloned().collect()
        }
    }

    /// The one parameter that is meant.
    pub(super) fn one(&self) -> Option<&str> {
        match self.on()? {
            Key::Parameter(name) => Some(name),
            Key::Folder(_) => None,
        }
    }

    /// Begins anew at another instant.
    pub(super) fn travel(&mut self, at: Option<Millis>) {
        let path = self.on().map(|key| key.path().to_owned());
        let (next, seen) = (self.next, self.seen);
        *self = Self { next, seen, ..Self::new(path, at) };
    }

    /// Brings the rows up to date with what was told, and what is open with what is kept.
    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        for path in std::mem::take(&mut self.levels.changed) {
            self.grow(&path);
        }
        self.reach();
        for path in self.wants() {
            self.levels.keep(&path);
            self.levels.want_more(&path);
        }
        self.let_go();
        let on = self.on().cloned();
        if on.as_ref().map_or("", Key::path) != self.preview.name {
            let (name, kind) = match &on {
                Some(key) => (key.path(), self.row().map_or("", |row| &row.r#type).to_owned()),
                None => ("", String::new()),
            };
            self.preview = Dossier::of(name, &kind);
            self.rests_at = matches!(on, Some(Key::Parameter(_))).then(|| Millis(cx.now.0 + super::REST));
        }
    }

    fn wants(&mut self) -> Vec<String> {
        let found = self.search.is_on();
        let root = if found { FOUND } else { "/" };
        let wants = self.tree_mut().wants();
        wants
            .into_iter()
            .map(|want| want.parent.map_or(root.to_owned(), |key| key.path().to_owned()))
            .collect()
    }

    /// Hands a level to the tree.
    fn grow(&mut self, path: &str) {
        let Some(level) = self.levels.get(path) else { return };
        let tree = if path == FOUND { &mut self.found } else { &mut self.tree };
        let parent = (path != "/" && path != FOUND).then(|| Key::Folder(path.to_owned()));
        if let Some(why) = &level.refused {
            return tree.fail(parent.as_ref(), why.clone());
        }
        let branch = |entry: &Entry| match entry {
            Entry::Folder(folder) => Branch { key: Key::Folder(folder.path.clone()), branch: true },
            Entry::Parameter(it) => Branch { key: Key::Parameter(it.name.clone()), branch: false },
            Entry::Lost(name) => Branch { key: Key::Parameter(name.clone()), branch: false },
        };
        tree.put(parent.as_ref(), level.entries().map(branch).collect(), level.has_more());
    }

    /// Forgets what was closed: it is read anew when it is opened again.
    fn let_go(&mut self) {
        let closed: Vec<String> = self
            .levels
            .paths()
            .filter(|path| !matches!(*path, "/" | FOUND))
            .filter(|path| !self.tree.is_open(&Key::Folder((*path).to_owned())))
            .map(str::to_owned)
            .collect();
        for path in closed {
            self.levels.forget(&path);
            self.tree.renew(Some(&Key::Folder(path)));
        }
        let tree = &self.tree;
        let found = &self.found;
        self.marks.retain(|key| tree.contains(key) || found.contains(key));
    }

    /// Looks for something else from now on; nothing is the tree again.
    pub(super) fn look_for(&mut self, text: &str) {
        self.search.take(text);
        self.levels.forget(FOUND);
        self.found = Tree::new();
        if let Some(filters) = self.search.filters() {
            self.levels.filters = filters;
            self.levels.keep(FOUND);
        }
    }
}
