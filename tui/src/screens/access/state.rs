//! What the room remembers.

use super::directory::Directory;
use super::form::Form;
use super::new_key::NewKey;
use super::paper::Paper;
use super::simulation::Simulation;
use super::table::{NAME, Thing, Things};
use crate::errand::Errand;
use crate::route::AccessTab;
use crate::screen::Cx;
use crate::screens::rows::List;

/// The cursor in what is known of one thing: it stands on lines that something can be done with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Detail {
    /// Whether it has the keys.
    pub focused: bool,
    /// Which of those lines.
    pub row: usize,
    /// Whose it is.
    pub(super) of: Option<String>,
}

/// Who there is and what they may do.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// What of it is shown.
    pub tab: AccessTab,
    /// Filter, sort and cursor of each tab's list.
    lists: [List<String>; 5],
    /// What the server said.
    pub directory: Directory,
    /// The pane beside the list.
    pub detail: Detail,
    /// A form that is being filled in.
    pub form: Option<Form>,
    /// A key that was just made.
    pub new_key: Option<NewKey>,
    /// The text of a policy that is open.
    pub paper: Option<Paper>,
    /// The question why (not).
    pub simulation: Simulation,
    pub(super) errand: Errand,
    /// Where the cursor goes as soon as it is listed.
    pub(super) wanted: Option<String>,
    /// What the server told of rights when the lists were last asked for.
    pub(super) rights: u64,
    next: u32,
}

impl Access {
    /// The room at a tab, at the user, group, role or policy of that name.
    #[must_use]
    pub fn new(tab: AccessTab, selected: Option<String>) -> Self {
        Self {
            tab,
            lists: AccessTab::ALL.map(|tab| {
                let mut list = List::new((NAME, false), "");
                list.hint = hint(tab);
                list
            }),
            directory: Directory::default(),
            detail: Detail::default(),
            form: None,
            new_key: None,
            paper: None,
            simulation: Simulation::default(),
            errand: Errand::default(),
            wanted: selected,
            rights: 0,
            next: 0,
        }
    }

    /// The list of the tab that is shown.
    #[must_use]
    pub fn list(&self) -> &List<String> {
        &self.lists[place(self.tab)]
    }

    pub(super) fn list_mut(&mut self) -> &mut List<String> {
        &mut self.lists[place(self.tab)]
    }

    /// List and rows at a time, which are different parts of the room.
    pub(super) fn list_and_rows<'a>(&'a mut self, cx: &Cx<'a>) -> (&'a mut List<String>, Things<'a>) {
        let list = &mut self.lists[place(self.tab)];
        (list, Things::of(self.tab, &self.directory, &self.simulation, cx))
    }

    pub(super) fn rows<'a>(&'a self, cx: &Cx<'a>) -> Things<'a> {
        Things::of(self.tab, &self.directory, &self.simulation, cx)
    }

    /// What the cursor is on.
    pub(super) fn thing<'a>(&'a self, cx: &Cx<'a>) -> Option<Thing<'a>> {
        self.rows(cx).at(self.list().at()?)
    }

    pub(super) fn ticket(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// Brings the list up to date, and puts the cursor on what is wanted once it is there.
    pub(super) fn refresh(&mut self, cx: &Cx<'_>) {
        let wanted = self.wanted.clone();
        let (list, rows) = self.list_and_rows(cx);
        list.refresh(&rows);
        if let Some(wanted) = wanted
            && let Some(row) = list.shown().iter().position(|&at| rows.name(at as usize) == wanted)
        {
            list.hand.put(row, |_| wanted.clone());
            list.held = true;
            self.wanted = None;
        }
        let on = self.list().on();
        if self.detail.of != on {
            self.detail = Detail { of: on, row: 0, focused: self.detail.focused };
        }
    }

    /// Shows a tab, with the cursor on a name if one is given.
    pub(super) fn show(&mut self, tab: AccessTab, name: Option<String>, cx: &Cx<'_>) {
        self.tab = tab;
        self.detail = Detail::default();
        if name.is_some() {
            // What a filter hides could not be shown.
            let list = self.list_mut();
            list.filter.clear();
            list.faults = false;
            self.wanted = name;
        }
        self.refresh(cx);
    }

    /// Closes what is open, one at a time; says whether there was something.
    pub(super) fn close_one(&mut self) -> bool {
        if let Some(new_key) = &mut self.new_key {
            if new_key.may_close() {
                self.new_key = None;
            }
            return true;
        }
        if self.form.take().is_some() {
            return true;
        }
        if let Some(paper) = &mut self.paper {
            return paper.step_back() || {
                // What was typed is kept: closing it asks.
                let unsaved = paper.is_unsaved();
                if !unsaved {
                    self.paper = None;
                }
                !unsaved
            };
        }
        if self.tab == AccessTab::Simulate && self.simulation.step_back() {
            return true;
        }
        if self.detail.focused {
            self.detail.focused = false;
            return true;
        }
        self.list_mut().step_back()
    }
}

/// What a filter may look like.
const fn hint(tab: AccessTab) -> &'static str {
    match tab {
        AccessTab::Users => "anna  group:on-call  policy:viewer  keys:none  !x",
        AccessTab::Groups | AccessTab::Roles => "on-call  member:anna  policy:viewer  !x",
        AccessTab::Policies => "viewer  kind:own  attached:anna  !x",
        AccessTab::Simulate => "web  decision:forbidden  decided:viewer  !x",
    }
}

fn place(tab: AccessTab) -> usize {
    AccessTab::ALL.iter().position(|it| *it == tab).unwrap_or(0)
}
