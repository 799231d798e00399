//! What the room does when it is told something.

use pilothouse_api::access::{AddUserToGroup, CreateAccessKey, KeyStatus, RotateAccessKey, UpdateAccessKey};

use super::form::{Came, Form, Kind, What};
use super::keys::Msg;
use super::paper::{Paper, PaperMsg};
use super::simulation::SimulationMsg;
use super::state::Access;
use super::table::Thing;
use super::target::attach;
use crate::effect::{Effect, Effects, Level, Request, Ticket};
use crate::errand::Step;
use crate::route::AccessTab;
use crate::screen::{Cx, Input};
use crate::screens::rows::{ListMsg, Step as Move};

impl Access {
    /// Whether what is typed goes into a field: of the new key's overlay, a form, a text, the question, or the filter.
    pub(super) fn takes(&self, input: &Input) -> Option<Msg> {
        if let Some(new_key) = &self.new_key {
            return new_key.typed(input).map(Msg::Shown);
        }
        if self.form.is_some() {
            return Form::takes(input).then(|| Msg::Form(input.clone()));
        }
        if let Some(paper) = &self.paper {
            return paper.typed(input).map(Msg::Paper);
        }
        if self.tab == AccessTab::Simulate
            && let Some(msg) = self.simulation.typed(input)
        {
            return Some(Msg::Simulation(msg));
        }
        self.list().typed(input).map(Msg::List)
    }

    pub(super) fn hear(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(reason) = self.reason(&msg, cx) {
            return vec![Effect::Toast(Level::Info, reason)];
        }
        match msg {
            Msg::List(msg) => return self.hear_list(msg, cx),
            Msg::Turn(right) => self.turn(right, cx),
            Msg::Tab(tab) => self.show(tab, None, cx),
            Msg::Show(tab, name) => self.show(tab, Some(name), cx),
            Msg::Open => return self.look_closer(cx),
            Msg::OtherPane if self.tab == AccessTab::Simulate => self.simulation.step(true),
            Msg::OtherPane => self.detail.focused = !self.detail.focused,
            Msg::New => self.form = self.new_form(cx),
            Msg::Form(input) => return self.hear_form(&input, cx),
            Msg::Copy => return vec![self.copy_menu(cx)],
            Msg::CopyText(text) => return vec![Effect::Copy(text)],
            Msg::Actions => return vec![self.actions_menu(cx)],
            Msg::Members => return self.members_menu(cx).into_iter().collect(),
            Msg::Policies => return self.policies_menu(cx).into_iter().collect(),
            Msg::Ssh => self.form = self.user(cx).map(|user| Form::ssh(&user.user_name)),
            Msg::Edit => return self.edit(cx),
            Msg::CopyPolicy => self.form = self.copy_form(cx),
            Msg::Line(policy, line) => return self.open_text(&policy, Some(line)),
            Msg::Paper(msg) => return self.hear_paper(msg, cx),
            Msg::Shown(msg) => {
                return self.new_key.as_mut().map_or_else(Vec::new, |new_key| new_key.update(msg));
            }
            Msg::Why => self.ask_why(cx),
            Msg::Simulation(msg) => return self.hear_simulation(msg, cx),
            change => return self.change(change, cx),
        }
        Vec::new()
    }

    /// What changes something on the server.
    fn change(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        let step = match msg {
            Msg::Remove => {
                let Some(target) = self.target(cx) else { return Vec::new() };
                match self.ask_removal(target.clone(), cx) {
                    Some(question) => return vec![question],
                    None => target.removal(),
                }
            }
            Msg::Rotate => return self.ask_rotation(cx),
            Msg::Switch => match self.ask_switch(cx) {
                Ok(msg) => return self.change(msg, cx),
                Err(effects) => return effects,
            },
            Msg::NewKey => match self.user(cx) {
                Some(user) => new_key_of(&user.user_name),
                None => return Vec::new(),
            },
            Msg::Removed(target) | Msg::Give(target) => target.removal(),
            Msg::Attach(policy, principal) => attach(&policy, &principal),
            Msg::Join(user, group) => join(user, group),
            Msg::RotateFor(id, seconds) => rotation(id, seconds),
            Msg::Make(id, status) => switch(id, status),
            _ => return Vec::new(),
        };
        self.set_out(vec![step])
    }

    pub(super) fn set_out(&mut self, steps: Vec<Step>) -> Effects<Msg> {
        if self.errand.is_busy() {
            return vec![Effect::Toast(Level::Info, "a change is under way".to_owned())];
        }
        self.errand.begin(steps);
        self.go_on()
    }

    fn go_on(&mut self) -> Effects<Msg> {
        let ticket = self.ticket();
        self.errand.next(ticket).map(|request| Effect::Call(Ticket(ticket), request)).into_iter().collect()
    }

    fn turn(&mut self, right: bool, cx: &Cx<'_>) {
        let all = AccessTab::ALL;
        let here = all.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        let next = if right { (here + 1) % all.len() } else { (here + all.len() - 1) % all.len() };
        self.show(all[next], None, cx);
    }

    /// What moves goes to the pane that has the keys.
    fn hear_list(&mut self, msg: ListMsg, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(paper) = &mut self.paper {
            paper.step(&msg);
            return Vec::new();
        }
        match msg {
            ListMsg::Step(step) if self.tab == AccessTab::Simulate && !self.simulation.is_in_answers() => {
                if let Move::By(by) = step {
                    self.simulation.step(by > 0);
                }
            }
            ListMsg::Step(step) if self.detail.focused => {
                let last = self.items(cx).len().saturating_sub(1);
                self.detail.row = match step {
                    Move::By(by) => self.detail.row.min(last).saturating_add_signed(by).min(last),
                    Move::First => 0,
                    Move::Last => last,
                };
            }
            msg => {
                self.refresh(cx);
                let (list, rows) = self.list_and_rows(cx);
                let effects = list.update(msg, &rows, Msg::List);
                self.refresh(cx);
                return effects;
            }
        }
        Vec::new()
    }

    fn new_form(&self, cx: &Cx<'_>) -> Option<Form> {
        Some(match self.tab {
            AccessTab::Users => Form::user(&self.directory, cx),
            AccessTab::Groups => Form::group(&self.directory),
            AccessTab::Roles => Form::role(&self.directory),
            AccessTab::Policies => Form::new_policy(&self.directory),
            AccessTab::Simulate => return None,
        })
    }

    fn copy_form(&self, cx: &Cx<'_>) -> Option<Form> {
        let policy = match (&self.paper, self.thing(cx)) {
            (Some(paper), _) => self.directory.policy(&paper.name)?,
            (None, Some(Thing::Policy(policy))) => policy,
            _ => return None,
        };
        Some(Form::copy(policy, &self.directory, cx))
    }

    fn hear_form(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(form) = self.form.as_mut().filter(|_| !self.errand.is_busy()) else { return Vec::new() };
        if form.take(input) == Came::Nothing {
            return Vec::new();
        }
        if let Kind::Policy | Kind::Copy(_) = form.kind {
            let (text, comment) = form.policy(&self.directory);
            let paper = Paper::write(form.text(What::Name).to_owned(), comment, &text);
            (self.form, self.paper) = (None, Some(paper));
            return self.look_again(cx);
        }
        let steps = form.steps(&self.directory);
        self.set_out(steps)
    }

    fn ask_why(&mut self, cx: &Cx<'_>) {
        if self.tab != AccessTab::Simulate
            && let Some(principal) = self.thing(cx).and_then(Thing::reference)
        {
            self.simulation.about(&principal);
        }
        self.show(AccessTab::Simulate, None, cx);
    }

    fn hear_simulation(&mut self, msg: SimulationMsg, cx: &Cx<'_>) -> Effects<Msg> {
        let ticket = self.ticket();
        match msg {
            SimulationMsg::Step(forward) => self.simulation.step(forward),
            SimulationMsg::Typed(input) => self.simulation.take(&input),
            SimulationMsg::Pick => return vec![self.simulation.pick(cx, &self.directory)],
            SimulationMsg::Fill(spot, text) => self.simulation.fill(spot, &text),
            SimulationMsg::Ask => return self.simulation.ask(ticket),
        }
        Vec::new()
    }

    fn hear_paper(&mut self, msg: PaperMsg, cx: &Cx<'_>) -> Effects<Msg> {
        let ticket = self.ticket();
        let Some(paper) = &mut self.paper else { return Vec::new() };
        match msg {
            PaperMsg::Typed(input) => {
                let refused = paper.take(&input, cx.now);
                return refused.map(|why| Effect::Toast(Level::Warn, why)).into_iter().collect();
            }
            PaperMsg::Save if paper.elsewhere().is_some() => {
                return paper.ask_overwrite().into_iter().collect();
            }
            PaperMsg::Save | PaperMsg::Overwrite => {
                return vec![Effect::Call(Ticket(ticket), paper.save(ticket))];
            }
            PaperMsg::Finding(forward) => drop(paper.go_to_finding(forward)),
        }
        Vec::new()
    }
}

fn new_key_of(user_name: &str) -> Step {
    let request = CreateAccessKey { user_name: user_name.to_owned() };
    Step::new(Request::CreateAccessKey(request), format!("an access key of {user_name} is made"))
}

fn rotation(access_key_id: String, seconds: i64) -> Step {
    let done = format!("access key {access_key_id} is rotated");
    let request = RotateAccessKey { access_key_id, grace_seconds: Some(seconds) };
    Step::new(Request::RotateAccessKey(request), done)
}

fn switch(access_key_id: String, status: KeyStatus) -> Step {
    let done = match status {
        KeyStatus::Active => format!("access key {access_key_id} is active"),
        KeyStatus::Inactive => format!("access key {access_key_id} is off; t switches it on again"),
    };
    Step::new(Request::UpdateAccessKey(UpdateAccessKey { access_key_id, status }), done)
}

fn join(user_name: String, group_name: String) -> Step {
    let done = format!("{user_name} is in group {group_name}");
    Step::new(Request::AddUserToGroup(AddUserToGroup { group_name, user_name }), done)
}
