//! The shell: what stays while rooms come and go. It owns the tabs, the layers and the mirror, and carries out what rooms ask for.
//!
//! ```text
//!   Event ──▶ handle ──▶ layer, else room, else the shell's own keys ──▶ effects ──▶ orders (to `remote` and the terminal)
//!                └────▶ mirror (news)            draw ◀── room, layers, bars ◀── prepare (once per frame)
//! ```
//!
//! In: events with the time at which they happened. Out: orders, frames. Nothing here waits, reads a clock or touches a file,
//! so a test says what happened and looks at what came out; [`run`] alone awaits the one channel.
//! Never here: what a room does, calls.

mod act;
mod arming;
pub mod attached;
mod attention;
mod effects;
mod errands;
mod follow;
mod input;
pub mod keymaps;
pub mod keys;
pub mod layers;
mod lists;
pub mod rooms;
pub mod run;
pub mod speech;
pub mod tabs;
pub mod toasts;
mod view;
mod world;

use std::collections::BTreeMap;

use pilothouse_api::protocol::Millis;
use pilothouse_kit::keymap::Pending;
use pilothouse_kit::theme::Theme;
use ratatui::layout::Size;

use crate::effect::Level;
use crate::mirror::Link;
use crate::route::Route;
use crate::screen::Times;
use crate::settings::environment::Environment;
use crate::settings::keys::Overrides;
use crate::settings::themes::Themes;

use crate::event::{CallId, Event, Order};
use arming::Unarmed;
use attached::Attached;
use attention::Attention;
use errands::{Asker, Errands};
use follow::Following;
use keymaps::Keymaps;
use layers::Layer;
use layers::bar::History;
use rooms::Room;
use tabs::{Place, RoomId, Tabs};
use toasts::Toasts;
use world::World;

/// How soon what happened must be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pace {
    /// It changed nothing.
    Never,
    /// With the next frame.
    Soon,
    /// At once: somebody pressed a key.
    Now,
}

/// How the cockpit is set up.
pub struct Options {
    /// Where it begins.
    pub route: Route,
    /// What the title bar says of where we are.
    pub environment: Environment,
    /// Themes to choose from.
    pub themes: Themes,
    /// The one to begin with.
    pub theme: Theme,
    /// The user's own chords.
    pub keys: Overrides,
    /// Whether the mouse is captured.
    pub mouse: bool,
    /// How instants are shown.
    pub times: Times,
    /// From this many nodes on, a mutation asks for the count to be typed.
    pub typed_from: usize,
    /// What was typed into the command bar before.
    pub history: Vec<String>,
}

/// The cockpit, but for the terminal and the server.
pub struct Shell {
    world: World,
    tabs: Tabs,
    layers: Vec<Layer>,
    toasts: Toasts,
    pending: Pending,
    keymaps: Keymaps,
    themes: Themes,
    environment: Environment,
    history: History,
    following: Following,
    attached: Attached,
    /// What waits for somebody's decision.
    attention: Attention,
    /// What the shell itself asks of the server.
    errands: Errands,
    /// What was refused, or waits, until an environment is armed.
    unarmed: Unarmed,
    calls: BTreeMap<CallId, Asker>,
    orders: Vec<Order>,
    named: u64,
    mouse: bool,
    /// What the mirror's generation was when the room that is seen was last told.
    told: Option<(RoomId, u64, Size)>,
    /// The room that was seen in the frame before.
    shown: RoomId,
    fleet: view::Fleet,
}

impl Shell {
    /// A cockpit that begins at a place. Nothing is known yet.
    #[must_use]
    pub fn new(options: Options, size: Size, now: Millis) -> Self {
        let (keymaps, complaints) = Keymaps::new(&options.keys);
        let world = World::of(&options, size, now);
        let first = Place { id: RoomId(0), room: Room::enter(options.route) };
        let mut shell = Self {
            world,
            tabs: Tabs::new(first),
            layers: Vec::new(),
            toasts: Toasts::default(),
            pending: Pending::new(),
            keymaps,
            themes: options.themes,
            environment: options.environment,
            history: History::new(options.history),
            following: Following::default(),
            attached: Attached::default(),
            attention: Attention::default(),
            errands: Errands::default(),
            unarmed: Unarmed::default(),
            calls: BTreeMap::new(),
            orders: Vec::new(),
            named: 0,
            mouse: options.mouse,
            told: None,
            shown: RoomId(0),
            fleet: view::Fleet::default(),
        };
        for complaint in complaints {
            tracing::warn!("{complaint}");
            shell.say(Level::Warn, complaint);
        }
        if shell.mouse {
            shell.orders.push(Order::Mouse(true));
        }
        shell.enter();
        shell
    }

    /// Something happened at `now`.
    pub fn handle(&mut self, event: Event, now: Millis) -> Pace {
        self.world.now = now;
        let pace = match &event {
            Event::Key(_) | Event::Paste(_) | Event::Mouse(_) => Pace::Now,
            Event::Resize(size) if *size == self.world.size => Pace::Never,
            Event::Terminated => Pace::Never,
            _ => Pace::Soon,
        };
        match event {
            Event::Key(key) => self.key(key),
            Event::Paste(text) => self.paste(text),
            Event::Mouse(mouse) => self.mouse(mouse),
            Event::Resize(size) => self.world.size = size,
            Event::Tick => {
                self.toasts.expire(now);
                self.told = None;
            }
            Event::Feed(feed) => self.feed(feed),
            Event::Landed(call, result) => self.landed(call, *result),
            Event::Saved(path, result) => self.saved(&path, result),
            Event::Loaded(path, held) => self.loaded(&path, held),
            Event::Terminated => self.orders.push(Order::Quit),
        }
        pace
    }

    /// What is to be done outside, in order.
    pub fn take_orders(&mut self) -> Vec<Order> {
        std::mem::take(&mut self.orders)
    }

    /// Brings everything that is drawn up to date; once per frame.
    pub fn prepare(&mut self) {
        for over in self.attached.settle(&self.world.mirror, self.world.now) {
            // Who looks at it sees how it ended.
            let here = self.tabs.current().here().room.route();
            if !matches!(here, Route::Command(spot) if spot.id == over.id) {
                let level = if over.well { Level::Good } else { Level::Warn };
                self.say(level, format!("over: {} (g r: there)", over.said));
            }
            if over.rings {
                self.orders.push(Order::Notice(format!("over: {}", over.said)));
            }
        }
        self.attend();
        self.watch_armings();
        self.fleet.count(&self.world.mirror);
        self.watch_leaving();
        let place = self.tabs.current_mut().here_mut();
        let seen = (place.id, self.world.mirror.generation(), self.world.size);
        if self.told != Some(seen) {
            let cx = self.world.cx();
            place.room.told(&cx);
            let effects = place.room.follow_up(&cx);
            self.told = Some(seen);
            self.carry_out(seen.0, effects);
        }
        self.follow();
    }

    /// Tells a room that it is not seen any more.
    fn watch_leaving(&mut self) {
        let here = self.tabs.current().here().id;
        let before = std::mem::replace(&mut self.shown, here);
        if before != here
            && let Some(place) = self.tabs.find(before)
        {
            place.room.left();
        }
    }

    /// Whether something on the screen ages by itself.
    #[must_use]
    pub fn shows_ages(&self) -> bool {
        self.world.times == Times::Relative
            || matches!(self.world.mirror.link, Link::Lost { .. })
            || self.armings().next().is_some()
    }

    /// When something goes away by itself.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Millis> {
        let armed = self.armings().map(|arming| self.world.mirror.local_time(arming.until)).min();
        let room = self.tabs.current().here().room.wakes_at();
        [self.toasts.next_expiry(), armed, room].into_iter().flatten().min()
    }

    /// The size that frames are drawn for.
    #[must_use]
    pub fn size(&self) -> Size {
        self.world.size
    }

    /// What was typed into the command bar, the oldest first.
    #[must_use]
    pub fn history(&self) -> &[String] {
        self.history.lines()
    }

    fn say(&mut self, level: Level, text: impl AsRef<str>) {
        self.toasts.say(level, text, self.world.now);
    }

    /// A name that nothing else in this cockpit has.
    fn name(&mut self) -> u64 {
        self.named += 1;
        self.named
    }

    fn place(&mut self, route: Route) -> Place {
        Place { id: RoomId(self.name()), room: Room::enter(route) }
    }

    /// The room that is seen was just made: it is told what is known, and may ask for things.
    fn enter(&mut self) {
        let place = self.tabs.current_mut().here_mut();
        let (id, cx) = (place.id, self.world.cx());
        place.room.told(&cx);
        let effects = place.room.open(&cx);
        self.carry_out(id, effects);
    }
}

#[cfg(test)]
mod tests;
