//! The loop: awaits its one channel and nothing else, hands on what comes, draws when something is to be seen.
//!
//! A key is drawn at once. News, which comes in bursts, is drawn at most 30 times a second. Time passing is an event only while
//! something on the screen ages, and ever more seldom while that changes nothing. When nothing changes, nothing is written.

use std::io::{self, Write};
use std::time::Duration;

use crossterm::Command;
use crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use pilothouse_kit::painter::Painter;
use pilothouse_kit::terminal::{notice, osc52};
use ratatui::Terminal;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use crate::event::{Event, Order};

use super::{Pace, Shell};
use crate::remote::Remote;
use crate::remote::clock::now;

/// Between two frames that nobody's key asked for.
const FRAME: Duration = Duration::from_millis(33);
/// Time passes in steps of this length, at first.
const TICK: Duration = Duration::from_secs(1);
/// And ever longer ones, up to this, once so many steps changed nothing: then what is shown ages in minutes.
const LONGEST_TICK: Duration = Duration::from_secs(8);
const QUIET_TICKS: u32 = 4;
/// Events are taken for at most this long before a frame.
const GULP: Duration = Duration::from_millis(8);

/// The loop, with the terminal that it draws on.
pub struct Loop<W: Write> {
    terminal: Terminal<Painter<W>>,
    pace: Pace,
    drawn: Instant,
    tick: Duration,
    quiet: u32,
    outer: Outer,
}

/// What is known of the terminal beyond what is drawn on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outer {
    /// It is tmux: what is meant for the terminal outside must be wrapped.
    pub tmux: bool,
    /// It shows notices (OSC 9). Some that do not would show the sequence itself.
    pub notices: bool,
}

impl Outer {
    /// Finds out from the environment, which is asked by name.
    #[must_use]
    pub fn of(variable: impl Fn(&str) -> Option<String>) -> Self {
        const PROGRAMS: [&str; 3] = ["iTerm.app", "WezTerm", "ghostty"];
        const KINDS: [&str; 2] = ["xterm-ghostty", "xterm-kitty"];
        let tmux = variable("TMUX").is_some();
        let is = |name: &str, known: &[&str]| variable(name).is_some_and(|it| known.contains(&it.as_str()));
        let shows = is("TERM_PROGRAM", &PROGRAMS) || is("TERM", &KINDS) || variable("ConEmuPID").is_some();
        Self { tmux, notices: shows && !tmux }
    }
}

impl<W: Write> Loop<W> {
    /// A loop on an empty terminal.
    ///
    /// # Errors
    /// When the terminal does not take what is drawn.
    pub fn new(painter: Painter<W>, outer: Outer) -> io::Result<Self> {
        let mut terminal = Terminal::new(painter)?;
        terminal.clear()?;
        Ok(Self { terminal, pace: Pace::Never, drawn: Instant::now(), tick: TICK, quiet: 0, outer })
    }

    /// Runs the cockpit until it is left. `events` is the one channel; orders that need a server go to `remote`.
    ///
    /// # Errors
    /// When the terminal does not take what is drawn.
    pub async fn run(
        &mut self,
        shell: &mut Shell,
        events: &mut mpsc::Receiver<Event>,
        remote: &Remote,
    ) -> io::Result<()> {
        loop {
            if self.due() {
                self.draw(shell)?;
            }
            // Drawing may have found something to follow.
            if self.carry_out(shell.take_orders(), remote)? {
                return Ok(());
            }
            if self.pace == Pace::Now {
                continue;
            }
            let Some(event) = self.next(shell, events).await else { return Ok(()) };
            self.take(shell, event);
            let gulp = Instant::now() + GULP;
            while let Ok(event) = events.try_recv() {
                self.take(shell, event);
                if Instant::now() >= gulp {
                    break;
                }
            }
        }
    }

    fn due(&self) -> bool {
        match self.pace {
            Pace::Never => false,
            Pace::Soon => self.drawn.elapsed() >= FRAME,
            Pace::Now => true,
        }
    }

    /// The next event, or the next moment at which something is to be done.
    async fn next(&self, shell: &Shell, events: &mut mpsc::Receiver<Event>) -> Option<Event> {
        let frame = (self.pace == Pace::Soon).then(|| self.drawn + FRAME);
        let expiry = shell.next_expiry().map(|at| {
            let ms = u64::try_from(at.since(now())).unwrap_or(0);
            Instant::now() + Duration::from_millis(ms)
        });
        let tick = shell.shows_ages().then(|| self.drawn + self.tick);
        let Some(until) = [frame, expiry, tick].into_iter().flatten().min() else {
            return events.recv().await;
        };
        match timeout_at(until, events.recv()).await {
            Ok(event) => event,
            Err(_) => Some(Event::Tick),
        }
    }

    fn take(&mut self, shell: &mut Shell, event: Event) {
        if let Event::Resize(size) = event
            && size != shell.size()
        {
            self.terminal.backend_mut().resize(size);
        }
        self.pace = self.pace.max(shell.handle(event, now()));
    }

    /// Draws a frame now.
    ///
    /// # Errors
    /// When the terminal does not take it.
    pub fn draw(&mut self, shell: &mut Shell) -> io::Result<()> {
        let before = self.terminal.backend().written();
        shell.prepare();
        self.terminal.draw(|frame| shell.view(frame))?;
        let changed = self.terminal.backend().written() != before;
        self.quiet = if changed { 0 } else { self.quiet + 1 };
        self.tick = if self.quiet <= QUIET_TICKS { TICK } else { (self.tick * 2).min(LONGEST_TICK) };
        (self.pace, self.drawn) = (Pace::Never, Instant::now());
        Ok(())
    }

    /// Does what is to be done outside; `true` when the cockpit is to be left.
    fn carry_out(&mut self, orders: Vec<Order>, remote: &Remote) -> io::Result<bool> {
        for order in orders {
            match order {
                Order::Quit => return Ok(true),
                Order::Copy(text) => self.send(&osc52(&text, self.outer.tmux).unwrap_or_default())?,
                Order::CopySecret(secret) => {
                    let sequence =
                        Zeroizing::new(osc52(secret.reveal(), self.outer.tmux).unwrap_or_default());
                    self.send(&sequence)?;
                }
                Order::Mouse(true) => self.command(EnableMouseCapture)?,
                Order::Mouse(false) => self.command(DisableMouseCapture)?,
                Order::Notice(text) if self.outer.notices => self.send(&notice(&text))?,
                Order::Bell | Order::Notice(_) => self.send("\x07")?,
                Order::Repaint => {
                    self.terminal.clear()?;
                    self.pace = Pace::Now;
                }
                other => remote.order(other),
            }
        }
        Ok(false)
    }

    fn send(&mut self, sequence: &str) -> io::Result<()> {
        self.terminal.backend_mut().send(sequence)
    }

    fn command(&mut self, command: impl Command) -> io::Result<()> {
        let mut sequence = String::new();
        // Writing to a String cannot fail.
        let _ = command.write_ansi(&mut sequence);
        self.send(&sequence)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::route::Route;
    use crate::screen::Times;
    use crate::settings::environment::Environment;
    use crate::settings::keys::Overrides;
    use crate::settings::themes::Themes;
    use crate::shell::Options;
    use crossterm::event::{KeyCode, KeyEvent};
    use pilothouse_kit::theme::Depth;
    use ratatui::layout::Size;

    const SIZE: Size = Size::new(80, 24);

    fn shell() -> Shell {
        let themes = Themes::builtin(Depth::Ansi16, false);
        let options = Options {
            route: Route::Nodes { filter: None },
            environment: Environment::local(),
            theme: themes.load("terminal").unwrap(),
            themes,
            keys: Overrides::default(),
            mouse: false,
            times: Times::Utc,
            typed_from: 10,
            history: Vec::new(),
        };
        Shell::new(options, SIZE, now())
    }

    /// Runs the loop on these events, with a server that never answers; gives the bytes written at the start and in all.
    async fn run(happened: Vec<Event>) -> (u64, u64) {
        let mut shell = shell();
        let mut screen = Loop::new(Painter::new(io::sink(), SIZE), Outer::default()).unwrap();
        screen.draw(&mut shell).unwrap();
        let first = screen.terminal.backend().written();
        let (sender, mut events) = mpsc::channel(16);
        let (ended, _none) = mpsc::channel(16);
        let remote = Remote::start(ended, |_| std::future::pending());
        for event in happened {
            sender.send(event).await.unwrap();
        }
        drop(sender);
        screen.run(&mut shell, &mut events, &remote).await.unwrap();
        (first, screen.terminal.backend().written())
    }

    #[test]
    fn a_notice_goes_only_to_terminals_that_are_known_to_show_it() {
        let of = |known: &[(&str, &str)]| {
            let known: std::collections::BTreeMap<_, _> = known.iter().copied().collect();
            Outer::of(|name| known.get(name).map(|value| (*value).to_owned()))
        };
        assert!(of(&[("TERM_PROGRAM", "WezTerm")]).notices && of(&[("TERM", "xterm-kitty")]).notices);
        assert_eq!(of(&[("TERM", "xterm-256color")]), Outer::default());
        assert_eq!(of(&[("TERM", "xterm-kitty"), ("TMUX", "x")]), Outer { tmux: true, notices: false });
    }

    #[tokio::test]
    async fn the_first_frame_waits_for_nobody() {
        assert!(run(Vec::new()).await.0 > 100);
    }

    #[tokio::test]
    async fn what_changes_nothing_writes_nothing() {
        let (first, all) =
            run(vec![Event::Tick, Event::Key(KeyEvent::from(KeyCode::F(9))), Event::Resize(SIZE)]).await;
        assert_eq!(first, all);
    }

    #[tokio::test]
    async fn leaving_ends_the_loop_while_events_still_come() {
        let (first, all) = run(vec![Event::Key(KeyEvent::from(KeyCode::Char('q'))), Event::Terminated]).await;
        assert!(all >= first);
    }
}
