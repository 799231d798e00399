//! What the shell itself does when it is told to.

use super::Shell;
use super::keys::{Action, Say};
use super::layers::{CommandBar, Confirm, Layer};
use super::tabs::MAX_TABS;
use crate::effect::{Ladder, Level};
use crate::event::Order;
use crate::route::Route;
use crate::screen::Times;

impl Shell {
    /// Says something to the shell or to the room that is seen.
    pub(super) fn act(&mut self, say: Say) {
        match say {
            Say::Room(msg) => {
                let id = self.tabs.current().here().id;
                self.tell_room(id, msg);
            }
            Say::Shell(action) => {
                let denied = action.permission().and_then(|it| self.world.mirror.caller.why_denied(it));
                match denied.map(str::to_owned) {
                    Some(why) => self.say(Level::Warn, why),
                    None => self.do_action(action),
                }
            }
        }
    }

    fn do_action(&mut self, action: Action) {
        match action {
            Action::StepBack => self.step_back(),
            Action::CloseView => self.ask_close_view(),
            Action::CloseViewNow => self.close_view(),
            Action::Quit => self.quit(),
            Action::QuitNow => self.orders.push(Order::Quit),
            Action::Back => self.travel(-1, "nothing is before this place"),
            Action::Forward => self.travel(1, "nothing is after this place"),
            Action::Last => self.last(),
            Action::Open(route) => self.open(route),
            Action::OpenInTab(route) => self.open_in_tab(route),
            Action::NewTab => self.new_tab(),
            Action::CloseTab => self.close_tab(),
            Action::Tab(number) => self.show_tab(number),
            Action::NextTab => self.tabs.turn(true),
            Action::PreviousTab => self.tabs.turn(false),
            Action::Say(text) => self.layers.push(Layer::Bar(CommandBar::new(&text, &self.history))),
            Action::Palette => self.palette(),
            Action::Help => self.help(),
            Action::Themes => self.choose_theme(),
            Action::Theme(name) => self.take_theme(&name),
            Action::Times => self.turn_times(),
            Action::Mouse => self.turn_mouse(),
            Action::Refresh => self.refresh(),
            Action::CopyLocator => self.copy(self.tabs.current().here().room.route().to_string()),
            Action::Dismiss => drop(self.toasts.dismiss()),
            Action::Arm => self.arm(),
            Action::ArmFor { environment, seconds } => self.ask_arm(environment, seconds),
            Action::ArmNow(arm) => self.arm_now(arm),
            Action::Disarm(environment) => self.disarm(environment),
            Action::DisarmNow(environment) => self.disarm_now(environment),
            Action::Armings => self.show_armings(),
            Action::LeaveUnarmed => self.leave_unarmed(),
            Action::WhoAmI => self.say_who(),
            Action::Attached => self.show_attached(),
        }
    }

    /// One thing at a time: what was begun, the room's own, the messages, the place.
    fn step_back(&mut self) {
        if self.tabs.current_mut().here_mut().room.step_back() {
            // What it closed may have hidden rows.
            self.told = None;
            return;
        }
        if self.toasts.dismiss() {
            return;
        }
        self.tabs.current_mut().go(-1);
    }

    fn ask_close_view(&mut self) {
        match self.tabs.current().here().room.unsaved() {
            Some(lost) => {
                let title = String::from("Close it, and lose what was typed?");
                let card = vec![lost, String::from("Esc, or [, leaves this place and keeps it.")];
                let yes = Say::Shell(Action::CloseViewNow);
                self.layers.push(Layer::Confirm(Confirm::new(title, card, Ladder::Yes, yes)));
            }
            None => self.close_view(),
        }
    }

    fn close_view(&mut self) {
        if !self.tabs.current_mut().close() && !self.tabs.close() {
            self.quit();
        }
    }

    fn quit(&mut self) {
        let mut card: Vec<String> = self.tabs.unsaved().collect();
        let n = self.attached.len();
        if n == 0 && card.is_empty() {
            self.orders.push(Order::Quit);
            return;
        }
        let title = match n {
            0 => String::from("Leave, and lose what was typed?"),
            1 => String::from("A run is under way. Leave?"),
            n => format!("{n} runs are under way. Leave?"),
        };
        if n > 0 {
            card.extend(self.attached.lines(&self.world.mirror));
            card.push(String::new());
            card.push(self.environment.what_quitting_leaves().to_owned());
        }
        self.layers.push(Layer::Confirm(Confirm::new(title, card, Ladder::Yes, Say::Shell(Action::QuitNow))));
    }

    fn travel(&mut self, by: isize, otherwise: &str) {
        if !self.tabs.current_mut().go(by) {
            self.say(Level::Info, otherwise);
        }
    }

    pub(super) fn open(&mut self, route: Route) {
        let place = self.place(route);
        self.tabs.current_mut().open(place);
        self.enter();
    }

    pub(super) fn replace(&mut self, route: Route) {
        let place = self.place(route);
        self.tabs.current_mut().replace(place);
        self.enter();
    }

    fn open_in_tab(&mut self, route: Route) {
        let place = self.place(route);
        if self.tabs.add(place) {
            self.enter();
        } else {
            self.say(Level::Warn, format!("{MAX_TABS} tabs are enough; g x closes one"));
        }
    }

    fn last(&mut self) {
        if !self.tabs.current_mut().last() {
            self.say(Level::Info, "you were nowhere before");
        }
    }

    fn new_tab(&mut self) {
        let route = self.tabs.current().here().room.route();
        self.open_in_tab(route);
    }

    fn close_tab(&mut self) {
        if !self.tabs.close() {
            self.say(Level::Info, "this is the last tab; q quits from its first place");
        }
    }

    fn show_tab(&mut self, number: usize) {
        if number == 0 || !self.tabs.show(number - 1) {
            self.say(Level::Info, format!("there is no tab {number}; Ctrl-t opens one"));
        }
    }

    fn take_theme(&mut self, name: &str) {
        match self.themes.load(name) {
            Ok(theme) => self.world.theme = theme,
            Err(why) => self.say(Level::Error, why),
        }
    }

    fn turn_mouse(&mut self) {
        self.mouse = !self.mouse;
        self.orders.push(Order::Mouse(self.mouse));
        let said =
            if self.mouse { "the mouse is ours: Shift selects text" } else { "the mouse is the terminal's" };
        self.say(Level::Info, said);
    }

    fn turn_times(&mut self) {
        let (times, said) = match self.world.times {
            Times::Relative => (Times::Local, "times in this machine's zone"),
            Times::Local => (Times::Utc, "times in UTC"),
            Times::Utc => (Times::Relative, "times as distance from now"),
        };
        self.world.times = times;
        self.say(Level::Info, said);
    }

    /// Asks for everything that is followed anew, and draws over whatever another program left on the screen.
    fn refresh(&mut self) {
        let cx = self.world.cx();
        let place = self.tabs.current_mut().here_mut();
        let (id, effects) = (place.id, place.room.refreshed(&cx));
        self.carry_out(id, effects);
        self.unfollow_all();
        self.orders.push(Order::Repaint);
    }
}
