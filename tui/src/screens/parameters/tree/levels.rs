//! What is known of the tree: levels by path, each in pages as the server gave them. A page is asked for again when something on
//! it changed; costs are per page, never per subtree.
//!
//! In: answers, names of what changed. Out: calls, entries by level, page and place. Never here: which levels are open.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::parameters::{
    BrowseParameters, BrowsedParameter, DescribeParameters, MOST_BROWSED, ParameterStringFilter,
};
use pilothouse_api::protocol::Millis;
use pilothouse_api::timestamp::Timestamp;

use super::super::dossier::{Calls, why};
use super::super::naming;
use super::pages::{Entry, Page, browsed, described};
use crate::effect::{CallError, Reply, Request};

/// The path that stands for what is searched for: no level has it.
pub(super) const FOUND: &str = "?";
/// The most that are found on a page.
const MOST_DESCRIBED: i64 = 50;
/// The most calls for the tree at a time.
const MOST_CALLS: usize = 4;

/// A level, as far as it was told.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Level {
    pages: Vec<Page>,
    /// Where it goes on.
    next: Option<String>,
    /// Why it is not told.
    pub(super) refused: Option<String>,
    /// Whether its first page was told.
    pub(super) known: bool,
    /// Pages that must be asked for again.
    stale: BTreeSet<usize>,
    /// Whether more of it is wanted.
    wanted: bool,
}

/// What a call is for.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    path: String,
    page: usize,
    /// What was told of it so far.
    so_far: Vec<Entry>,
}

/// What is known of the tree.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Levels {
    levels: BTreeMap<String, Level>,
    asked: BTreeMap<u32, Asked>,
    /// As it was then; as it is, if absent.
    at: Option<Millis>,
    /// What is searched for.
    pub(super) filters: Vec<ParameterStringFilter>,
    /// Levels that are told otherwise since they were last drawn.
    pub(super) changed: BTreeSet<String>,
}

impl Level {
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.pages.iter().flat_map(|page| &page.entries)
    }

    /// Whether there is more of it.
    pub(super) fn has_more(&self) -> bool {
        self.known && self.next.is_some()
    }

    /// Whether something of it must be asked for again.
    pub(super) fn is_doubted(&self) -> bool {
        !self.stale.is_empty()
    }

    /// What stands in that place.
    fn at(&self, place: &str) -> Option<&Entry> {
        let entries = &self.pages.get(self.page_of(place))?.entries;
        let at = entries.binary_search_by(|entry| entry.place().as_str().cmp(place)).ok()?;
        entries.get(at)
    }

    /// The page on which something of that place stands.
    fn page_of(&self, place: &str) -> usize {
        let begins = |page: &Page| page.entries.first().is_none_or(|entry| *entry.place() <= *place);
        self.pages.partition_point(begins).saturating_sub(1)
    }
}

impl Levels {
    /// The tree as it was then; as it is, if absent.
    pub(super) fn of(at: Option<Millis>) -> Self {
        Self { at, ..Self::default() }
    }

    pub(super) fn get(&self, path: &str) -> Option<&Level> {
        self.levels.get(path)
    }

    /// What is known of a parameter on a level that was told.
    pub(super) fn parameter(&self, name: &str, found: bool) -> Option<&BrowsedParameter> {
        let place = naming::slashed(name);
        let level = self.levels.get(if found { FOUND } else { naming::parent(&place) })?;
        match level.at(&place)? {
            Entry::Parameter(parameter) => Some(parameter),
            _ => None,
        }
    }

    /// Levels that were told, by path.
    pub(super) fn paths(&self) -> impl Iterator<Item = &str> {
        self.levels.keys().map(String::as_str)
    }

    /// Whether more of a level is on its way.
    pub(super) fn is_asked(&self, path: &str) -> bool {
        self.asked.values().any(|asked| asked.path == path)
    }

    /// From now on a level is kept, as soon as it is told.
    pub(super) fn keep(&mut self, path: &str) {
        self.levels.entry(path.to_owned()).or_insert_with(|| Level { wanted: true, ..Level::default() });
    }

    /// More of a level is wanted.
    pub(super) fn want_more(&mut self, path: &str) {
        if let Some(level) =
            self.levels.get_mut(path).filter(|level| level.has_more() || level.refused.is_some())
        {
            level.wanted = true;
        }
    }

    /// A level and all below it are forgotten.
    pub(super) fn forget(&mut self, path: &str) {
        let gone = |it: &str| it == path || (naming::is_below(it, path) && it != FOUND);
        self.levels.retain(|it, _| !gone(it));
        self.asked.retain(|_, asked| !gone(&asked.path));
    }

    /// Everything is asked for anew; what was told stays visible until then.
    pub(super) fn doubt_all(&mut self) {
        for level in self.levels.values_mut() {
            level.stale.extend(0..level.pages.len());
            level.wanted |= !level.known;
        }
    }

    /// Something changed: the pages on which it stands are asked for again. With `comes_or_goes` a folder above it may have
    /// come, or gone.
    pub(super) fn doubt(&mut self, name: &str, comes_or_goes: bool) {
        let name = naming::slashed(name).into_owned();
        let above = naming::above(&name);
        let direct = above.len().saturating_sub(1);
        for (n, path) in above.iter().enumerate() {
            let Some(level) = self.levels.get_mut(path).filter(|level| level.known) else { continue };
            if n == direct {
                let page = level.page_of(&name);
                level.stale.insert(page);
            } else if comes_or_goes {
                let page = level.page_of(&format!("{}/", above[n + 1]));
                level.stale.insert(page);
            }
        }
        if let Some(found) = self.levels.get_mut(FOUND).filter(|level| level.known) {
            let page = found.page_of(&name);
            found.stale.insert(page);
        }
    }

    /// The calls that must be made now, as many as may be under way.
    pub(super) fn calls(&mut self, ticket: &mut impl FnMut() -> u32) -> Calls {
        let mut calls = Vec::new();
        let paths: Vec<String> = self.levels.keys().cloned().collect();
        for path in paths {
            if self.asked.len() >= MOST_CALLS {
                break;
            }
            if self.is_asked(&path) {
                continue;
            }
            let Some(level) = self.levels.get_mut(&path) else { continue };
            let (page, token) = match level.stale.pop_first() {
                Some(page) => (page, level.pages.get(page).and_then(|page| page.token.clone())),
                // What was wanted while its first page was on the way may be all there by now.
                None if std::mem::take(&mut level.wanted) && (!level.known || level.next.is_some()) => {
                    (level.pages.len(), level.next.clone())
                }
                None => continue,
            };
            let ticket = ticket();
            calls.push((ticket, self.request(&path, token)));
            self.asked.insert(ticket, Asked { path, page, so_far: Vec::new() });
        }
        calls
    }

    fn request(&self, path: &str, next_token: Option<String>) -> Request {
        if path == FOUND {
            let parameter_filters = self.filters.clone();
            let max_results = Some(MOST_DESCRIBED);
            return Request::DescribeParameters(DescribeParameters {
                parameter_filters,
                max_results,
                next_token,
                ..DescribeParameters::default()
            });
        }
        let (path, at) = (path.to_owned(), self.at.map(Timestamp));
        Request::BrowseParameters(BrowseParameters { path, at, max_results: Some(MOST_BROWSED), next_token })
    }

    /// Whether this is the ticket of a call made here.
    pub(super) fn awaits(&self, ticket: u32) -> bool {
        self.asked.contains_key(&ticket)
    }

    /// Takes an answer to a call made here; a page that grew may need another call.
    pub(super) fn take(
        &mut self,
        ticket: u32,
        result: Result<Reply, CallError>,
        next: &mut impl FnMut() -> u32,
    ) -> Calls {
        let Some(mut asked) = self.asked.remove(&ticket) else { return Vec::new() };
        self.changed.insert(asked.path.clone());
        let Some(level) = self.levels.get_mut(&asked.path) else { return Vec::new() };
        let (entries, token) = match result {
            Ok(Reply::BrowseParameters(page)) => browsed(page),
            Ok(Reply::DescribeParameters(page)) => described(page),
            Err(error) if asked.page > 0 && error.code.contains("Token") => {
                // The place is not known to the server any more: the level is read from its beginning.
                *level = Level { wanted: true, ..Level::default() };
                return Vec::new();
            }
            other => {
                level.refused = Some(why(other));
                return Vec::new();
            }
        };
        (level.refused, level.known) = (None, true);
        asked.so_far.extend(entries);
        // A page that was told before ends where it ended, so that nothing falls between it and the next.
        let is_last = asked.page + 1 >= level.pages.len();
        let end = level.pages.get(asked.page).filter(|_| !is_last).and_then(|page| page.entries.last());
        if let (Some(end), Some(token)) = (end.map(Entry::place), &token)
            && asked.so_far.last().is_none_or(|last| last.place() < end)
        {
            let (ticket, request) = (next(), self.request(&asked.path, Some(token.clone())));
            self.asked.insert(ticket, asked);
            return vec![(ticket, request)];
        }
        level.settle(asked, token);
        Vec::new()
    }
}

impl Level {
    fn settle(&mut self, asked: Asked, token: Option<String>) {
        let Asked { page, mut so_far, .. } = asked;
        if page >= self.pages.len() {
            self.pages.push(Page { token: self.next.take(), entries: so_far });
            self.next = token;
        } else if page + 1 == self.pages.len() {
            self.pages[page].entries = so_far;
            self.next = token;
        } else {
            if let Some(end) = self.pages[page].entries.last().map(Entry::place) {
                so_far.retain(|entry| entry.place() <= end);
            }
            self.pages[page].entries = so_far;
        }
        // A page may be empty although there is more: what the caller may not see was left out.
        self.wanted |= self.next.is_some() && self.pages.last().is_some_and(|page| page.entries.is_empty());
    }
}
