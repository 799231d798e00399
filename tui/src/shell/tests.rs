//! Stories of the shell: keys in, orders and frames out.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use pilothouse_api::commands::{CommandState, SendCommandResult};
use pilothouse_api::protocol::{InvocationState, Millis};
use pilothouse_api::topics::{News, Topic};
use pilothouse_kit::theme::Depth;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Size;

use super::{Options, Pace, Shell};
use crate::effect::{Effect, Ladder, Question, Reply, Request, Ticket};
use crate::event::{CallId, Event, Feed, FollowId, Order};
use crate::mirror::Link;
use crate::route::{Route, RunSpec};
use crate::screen::Times;
use crate::screens::fixtures::{NOW, command, command_id, id, node};
use crate::settings::environment::Environment;
use crate::settings::keys::Overrides;
use crate::settings::themes::Themes;

mod access;
mod rights;

/// A cockpit and everything it ordered.
struct Pilot {
    shell: Shell,
    orders: Vec<Order>,
    now: Millis,
}

impl Pilot {
    fn new() -> Self {
        Self::at(Route::Nodes { filter: None }, Size::new(80, 24))
    }

    fn at(route: Route, size: Size) -> Self {
        Self::with(route, size, Overrides::default())
    }

    fn with(route: Route, size: Size, keys: Overrides) -> Self {
        let themes = Themes::builtin(Depth::Ansi16, false);
        let theme = themes.load("terminal").unwrap();
        let options = Options {
            route,
            environment: Environment::named("prod", "ops-eu"),
            themes,
            theme,
            keys,
            mouse: false,
            times: Times::Relative,
            typed_from: 10,
            history: Vec::new(),
        };
        let mut pilot = Self { shell: Shell::new(options, size, NOW), orders: Vec::new(), now: NOW };
        pilot.frame();
        pilot
    }

    fn happens(&mut self, event: Event) -> Pace {
        let pace = self.shell.handle(event, self.now);
        self.frame();
        pace
    }

    fn frame(&mut self) {
        self.shell.prepare();
        self.orders.extend(self.shell.take_orders());
    }

    /// Presses keys: characters, or names in angle brackets.
    fn press(&mut self, keys: &str) -> &mut Self {
        let mut rest = keys;
        while !rest.is_empty() {
            let named = rest.strip_prefix('<').and_then(|it| it.split_once('>'));
            let (name, after) = match named {
                Some((name, after)) => (name, after),
                None => rest.split_at(rest.chars().next().unwrap().len_utf8()),
            };
            rest = after;
            let code = match name {
                "Esc" => KeyCode::Esc,
                "Enter" => KeyCode::Enter,
                "Tab" => KeyCode::Tab,
                "Down" => KeyCode::Down,
                other => KeyCode::Char(other.chars().last().unwrap()),
            };
            let control = if name.starts_with("C-") { KeyModifiers::CONTROL } else { KeyModifiers::NONE };
            self.happens(Event::Key(KeyEvent::new(code, control)));
        }
        self
    }

    fn here(&self) -> Route {
        self.shell.tabs.current().here().room.route()
    }

    fn has_left(&self) -> bool {
        self.orders.contains(&Order::Quit)
    }

    fn follow(&self, wanted: &Topic) -> FollowId {
        let followed = self.orders.iter().rev().find_map(|order| match order {
            Order::Follow(id, topic) if crate::mirror::bare(topic) == *wanted => Some(*id),
            _ => None,
        });
        followed.unwrap_or_else(|| panic!("{wanted:?} is not followed"))
    }

    /// The link is up and the fleet has `n` nodes.
    fn linked(mut self, n: usize) -> Self {
        self.happens(Event::Feed(Feed::Live { rtt: Some(std::time::Duration::from_millis(12)) }));
        let follow = self.follow(&Topic::nodes());
        let news = News::Nodes { nodes: (0..n).map(node).collect(), gone: Vec::new(), reset: false };
        self.happens(Event::Feed(Feed::News {
            follow,
            news,
            next: Topic::Nodes { after: 1, under: 0 },
            more: false,
        }));
        self.history(&[]);
        self
    }

    fn history(&mut self, commands: &[(usize, CommandState, InvocationState)]) {
        let follow = self.follow(&Topic::commands());
        let commands = commands.iter().map(|(n, state, runs)| command(*n, *state, &[(*runs, 12)])).collect();
        let next = Topic::Commands { after: 2, under: 0 };
        self.happens(Event::Feed(Feed::News {
            follow,
            news: News::Commands { commands, reset: false },
            next,
            more: false,
        }));
    }

    /// A room asks for something.
    fn room_asks(&mut self, effect: Effect<super::rooms::RoomMsg>) {
        let id = self.shell.tabs.current().here().id;
        self.shell.carry_out(id, vec![effect]);
        self.frame();
    }

    /// A command was sent from the room that is seen.
    fn sends(&mut self, n: usize) {
        self.room_asks(Effect::Call(Ticket(99), Request::SendCommand(Default::default())));
        let Some(Order::Call(call, _)) =
            self.orders.iter().rev().find(|order| matches!(order, Order::Call(..)))
        else {
            panic!("nothing was called")
        };
        let call = *call;
        let mut sent = SendCommandResult::default();
        sent.command.command_id = command_id(n).to_string();
        self.happens(Event::Landed(call, Box::new(Ok(Reply::SendCommand(sent)))));
        self.history(&[(n, CommandState::InProgress, InvocationState::InProgress)]);
    }

    fn screen(&self) -> String {
        let size = self.shell.size();
        let mut terminal = Terminal::new(TestBackend::new(size.width, size.height)).unwrap();
        terminal.draw(|frame| self.shell.view(frame)).unwrap();
        let lines: Vec<String> = (0..size.height)
            .map(|y| {
                (0..size.width).map(|x| terminal.backend().buffer()[(x, y)].symbol()).collect::<String>()
            })
            .collect();
        lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
    }
}

const NODES: Route = Route::Nodes { filter: None };

#[test]
fn escape_never_quits() {
    let mut pilot = Pilot::new().linked(12);
    pilot.press("<Esc><Esc><Esc>");
    assert!(!pilot.has_left());
    assert_eq!(pilot.here(), NODES);
}

#[test]
fn q_closes_views_and_quits_from_the_first() {
    let mut pilot = Pilot::new().linked(12);
    pilot.press("gc").press("q");
    assert!(!pilot.has_left());
    assert_eq!(pilot.here(), NODES);
    pilot.press("q");
    assert!(pilot.has_left());
}

#[test]
fn leaving_asks_while_a_run_from_here_is_under_way() {
    let mut pilot = Pilot::new().linked(12);
    pilot.sends(1);
    pilot.press("q");
    assert!(!pilot.has_left());
    assert!(pilot.screen().contains("A run is under way. Leave?"), "{}", pilot.screen());
    pilot.press("<Esc>");
    assert!(!pilot.has_left() && pilot.shell.layers.is_empty());
    pilot.press("qy");
    assert!(pilot.has_left());
}

#[test]
fn leaving_does_not_ask_once_the_run_is_over_and_it_rang_if_it_was_long() {
    let mut pilot = Pilot::new().linked(12);
    pilot.sends(1);
    pilot.now = pilot.now.plus_seconds(60);
    pilot.history(&[(1, CommandState::Success, InvocationState::Success)]);
    let rang = |order: &&Order| matches!(order, Order::Notice(said) if said.contains("success"));
    assert_eq!(pilot.orders.iter().filter(rang).count(), 1);
    pilot.press("q");
    assert!(pilot.has_left());
}

#[test]
fn q_with_an_exclamation_mark_leaves_at_once() {
    let mut pilot = Pilot::new().linked(12);
    pilot.sends(1);
    pilot.press(":q!<Enter>");
    assert!(pilot.has_left());
}

#[test]
fn back_forward_and_last_go_through_the_places() {
    let mut pilot = Pilot::new().linked(12);
    pilot.press("gc").press(":node web-08<Enter>");
    assert_eq!(pilot.here(), Route::Node(id(8)));
    pilot.press("[");
    assert_eq!(pilot.here(), Route::Commands);
    pilot.press("[");
    assert_eq!(pilot.here(), NODES);
    pilot.press("]");
    assert_eq!(pilot.here(), Route::Commands);
    pilot.press("-");
    assert_eq!(pilot.here(), NODES);
    pilot.press("-");
    assert_eq!(pilot.here(), Route::Commands);
    pilot.press("<Esc>");
    assert_eq!(pilot.here(), NODES);
}

#[test]
fn tabs_have_places_of_their_own() {
    let mut pilot = Pilot::new().linked(12);
    pilot.press("<C-t>gc");
    assert_eq!((pilot.shell.tabs.at(), pilot.here()), (1, Route::Commands));
    pilot.press("1");
    assert_eq!(pilot.here(), NODES);
    pilot.press("gt");
    assert_eq!(pilot.here(), Route::Commands);
    pilot.press("7");
    assert_eq!(pilot.shell.tabs.at(), 1, "there is no seventh");
    pilot.press("qq");
    assert_eq!((pilot.shell.tabs.list().len(), pilot.here()), (1, NODES));
    assert!(!pilot.has_left());
}

#[test]
fn what_a_room_wants_is_followed_while_it_is_seen_and_no_longer() {
    let mut pilot = Pilot::new().linked(12);
    let route = Route::command(command_id(1));
    pilot.press(&format!(":{route}<Enter>"));
    let follow = pilot.follow(&Topic::Command { command_id: command_id(1), after: 0 });
    pilot.press("[");
    assert!(pilot.orders.contains(&Order::Unfollow(follow)), "{:?}", pilot.orders);
}

#[test]
fn news_of_a_following_that_was_given_up_is_not_taken() {
    let mut pilot = Pilot::new().linked(3);
    let old = pilot.follow(&Topic::nodes());
    pilot.press("R");
    assert_ne!(pilot.follow(&Topic::nodes()), old);
    let news = News::Nodes { nodes: vec![node(7)], gone: Vec::new(), reset: false };
    pilot.happens(Event::Feed(Feed::News {
        follow: old,
        news,
        next: Topic::Nodes { after: 9, under: 0 },
        more: false,
    }));
    assert_eq!(pilot.shell.world.mirror.nodes.list().len(), 3);
}

#[test]
fn a_typed_question_is_answered_by_the_very_words() {
    let mut pilot = Pilot::at(Route::Run(RunSpec::default()), Size::new(80, 24)).linked(12);
    let calls = |pilot: &Pilot| pilot.orders.iter().filter(|order| matches!(order, Order::Call(..))).count();
    let before = calls(&pilot);
    let yes =
        Pilot::new().shell.keymaps.bindings(super::rooms::Kind::Commands).find_map(|binding| match &binding
            .msg
        {
            super::keys::Say::Room(msg) => Some(msg.clone()),
            super::keys::Say::Shell(_) => None,
        });
    let question = Question {
        title: "Reboot?".into(),
        card: vec![],
        ladder: Ladder::Typed("prod".into()),
        yes: yes.unwrap(),
    };
    pilot.room_asks(Effect::Ask(question));
    pilot.press("pro<Enter>");
    assert_eq!(pilot.shell.layers.len(), 1, "it still waits");
    pilot.press("d<Enter>");
    assert!(pilot.shell.layers.is_empty());
    assert_eq!(calls(&pilot), before, "the message of another room is not heard");
}

#[test]
fn help_runs_the_chosen_line_and_the_palette_finds_nodes() {
    let mut pilot = Pilot::new().linked(12);
    pilot.press("?").press("times").press("<Enter>");
    assert_eq!(pilot.shell.world.times, Times::Local);
    pilot.press("<C-p>").press("web-04").press("<Enter>");
    assert_eq!(pilot.here(), Route::Node(id(4)));
}

#[test]
fn escape_and_a_key_that_arrive_as_one_are_two() {
    let mut pilot = Pilot::new().linked(12);
    pilot.press("<C-p>");
    pilot.happens(Event::Key(KeyEvent::new(KeyCode::Char(':'), KeyModifiers::ALT)));
    assert!(
        matches!(pilot.shell.layers[..], [super::layers::Layer::Bar(_)]),
        "the palette is closed, the bar open"
    );
}

#[test]
fn the_command_bar_completes_and_complains() {
    let mut pilot = Pilot::new().linked(12);
    pilot.press(":theme li<Tab><Enter>");
    assert_eq!(pilot.shell.world.theme.name(), "light");
    pilot.press(":frobnicate<Enter>");
    assert!(pilot.screen().contains("there is no command \"frobnicate\""), "{}", pilot.screen());
}

#[test]
fn a_chord_that_was_begun_shows_how_it_may_go_on() {
    let mut pilot = Pilot::new().linked(12);
    pilot.press("g");
    let screen = pilot.screen();
    let bar = screen.lines().last().unwrap();
    assert!(bar.contains("g c") && bar.contains("g t"), "{bar}");
}

#[test]
fn conflicts_of_the_users_keys_are_said_at_the_start() {
    let mut everywhere = BTreeMap::new();
    everywhere.insert("help".to_owned(), vec![":".parse().unwrap()]);
    let keys = Overrides { everywhere, ..Overrides::default() };
    let pilot = Pilot::with(NODES, Size::new(120, 40), keys);
    assert!(pilot.screen().contains("hides help"), "{}", pilot.screen());
}

#[test]
fn a_lost_link_is_said_with_its_age() {
    let mut pilot = Pilot::new().linked(12);
    let retry_in = std::time::Duration::from_secs(3);
    pilot.happens(Event::Feed(Feed::Lost { why: "connection refused".into(), retry_in }));
    pilot.now = pilot.now.plus_seconds(12);
    pilot.happens(Event::Tick);
    let screen = pilot.screen();
    assert!(screen.contains("no link for 12") && screen.contains("as of 12"), "{screen}");
    assert!(matches!(pilot.shell.world.mirror.link, Link::Lost { .. }));
}

#[test]
fn copies_go_out_and_too_much_goes_to_a_file() {
    let mut pilot = Pilot::new().linked(1);
    pilot.press("gy");
    assert!(pilot.orders.contains(&Order::Copy("pilothouse:nodes".into())));
    pilot.room_asks(Effect::Copy("x".repeat(200_000)));
    assert!(pilot.orders.iter().any(|order| matches!(order, Order::Save(..))));
}

#[test]
fn an_answer_for_a_room_that_is_gone_is_of_no_use_to_anybody() {
    let mut pilot = Pilot::new().linked(1);
    pilot.happens(Event::Landed(
        CallId(12345),
        Box::new(Ok(Reply::SendCommand(SendCommandResult::default()))),
    ));
    assert!(pilot.shell.attached.is_empty());
}

#[test]
fn no_size_and_no_key_makes_it_panic() {
    for (width, height) in [(20, 5), (1, 1), (0, 0), (40, 8), (41, 9), (300, 4), (10, 100)] {
        let mut pilot = Pilot::at(NODES, Size::new(width, height)).linked(50);
        pilot.sends(1);
        for keys in ["", "?", "<Esc>", ":no", "<Esc>", "<C-p>", "<Esc>", "q", "<Esc>", "gc", "<Enter>"] {
            pilot.press(keys);
            pilot.screen();
        }
    }
    let small = Pilot::at(NODES, Size::new(20, 5)).screen();
    assert!(small.contains("terminal too small"), "{small}");
}

#[test]
fn what_was_typed_is_asked_about_before_it_is_lost_and_kept_where_one_goes_on() {
    let mut pilot = Pilot::new().linked(3);
    pilot.press("ruptime<Esc>");
    let run = pilot.here();
    pilot.press("q");
    assert_eq!(pilot.here(), run, "it asks first");
    pilot.press("<Esc>[<Enter>");
    assert!(matches!(pilot.here(), Route::Node(_)));
    pilot.press("]");
    assert_eq!(pilot.here(), run, "going elsewhere did not forget it");
    pilot.press("qy");
    assert!(matches!(pilot.here(), Route::Node(_)));
}

#[test]
fn while_one_types_the_key_bar_names_no_key_that_would_only_be_typed() {
    let mut pilot = Pilot::new().linked(3);
    let bar = |pilot: &Pilot| pilot.screen().lines().last().unwrap_or_default().to_owned();
    pilot.press("r");
    let typing = bar(&pilot);
    assert!(typing.contains("Tab next field") && typing.contains("Esc leave the field"), "{typing}");
    assert!(!typing.contains("Enter") && !typing.contains("Ctrl-p"), "{typing}");
    pilot.press("<Esc>");
    assert!(bar(&pilot).contains("Ctrl-p palette") && !bar(&pilot).contains("leave the field"));
}

#[test]
fn a_filter_that_was_taken_away_shows_its_rows_at_once() {
    let mut pilot = Pilot::new().linked(8);
    pilot.press("/web<Enter><Esc>");
    assert!(pilot.screen().contains("worker-03"));
}

#[test]
fn a_key_is_drawn_at_once_and_news_with_the_next_frame() {
    let mut pilot = Pilot::new();
    assert_eq!(pilot.happens(Event::Key(KeyEvent::from(KeyCode::Char('j')))), Pace::Now);
    assert_eq!(pilot.happens(Event::Feed(Feed::Waiting("x".into()))), Pace::Soon);
    assert_eq!(pilot.happens(Event::Resize(Size::new(90, 30))), Pace::Soon);
}

#[test]
fn the_shell_at_every_size() {
    for (width, height) in [(80, 24), (120, 40), (200, 60)] {
        let name = |what: &str| format!("{what}_{width}x{height}");
        let mut pilot = Pilot::at(NODES, Size::new(width, height));
        insta::assert_snapshot!(name("before_any_data"), pilot.screen());
        pilot = pilot.linked(24);
        pilot.sends(1);
        pilot.press("<C-t>gc");
        insta::assert_snapshot!(name("two_tabs"), pilot.screen());
        pilot.press("?");
        insta::assert_snapshot!(name("help"), pilot.screen());
        pilot.press("<Esc>:no");
        insta::assert_snapshot!(name("command_bar"), pilot.screen());
        pilot.press("<Esc>").press("qqq");
        insta::assert_snapshot!(name("quitting"), pilot.screen());
    }
}
