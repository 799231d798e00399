//! The cockpit in a pseudo-terminal: a true terminal's model shows what a person would see, and takes what a person would type.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use alacritty_terminal::event::{Event, EventListener};
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::{Config, Term, TermMode};
use alacritty_terminal::vte::ansi::{Color, Processor};
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::program::{binary, command};
use crate::wait;

/// Answers of the terminal, on their way to the program.
#[derive(Clone, Default)]
struct Answers(Arc<Mutex<Vec<u8>>>);

impl EventListener for Answers {
    fn send_event(&self, event: Event) {
        if let Event::PtyWrite(text) = event {
            lock(&self.0).extend_from_slice(text.as_bytes());
        }
    }
}

struct Size {
    columns: usize,
    rows: usize,
}

impl Dimensions for Size {
    fn total_lines(&self) -> usize {
        self.rows
    }
    fn screen_lines(&self) -> usize {
        self.rows
    }
    fn columns(&self) -> usize {
        self.columns
    }
}

/// What the terminal shows, and every byte that made it so.
struct Screen {
    term: Term<Answers>,
    parser: Processor,
    bytes: Vec<u8>,
    first_byte: Option<Instant>,
    is_closed: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The modes of a terminal that a program must give back as it found them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manners {
    modes: TermMode,
    line: String,
}

/// A cockpit in a terminal.
pub struct Cockpit {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    screen: Arc<Mutex<Screen>>,
    before: Manners,
    started: Instant,
}

/// What a terminal's model needs to know of the program's end.
pub struct Ended {
    /// It ended as it should.
    pub success: bool,
    /// The terminal is as it was before.
    pub restored: bool,
    /// The terminal's state before and after, for a failing test's message.
    pub manners: (Manners, Manners),
    /// What stands on the screen.
    pub text: String,
}

impl Cockpit {
    /// Starts `pilothouse` with these arguments and variables in a terminal of this size. `home` stands for the user's home.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(
        home: &Path,
        arguments: &[&str],
        environment: &[(&str, &str)],
        columns: u16,
        rows: u16,
    ) -> Self {
        let pty = native_pty_system().openpt_sized(columns, rows);
        let clean = command(&binary("pilothouse"));
        let mut command = CommandBuilder::new(clean.get_program());
        command.args(arguments);
        for (name, value) in clean.get_envs() {
            if value.is_none() {
                command.env_remove(name);
            }
        }
        command.env("HOME", home);
        command.env("TERM", "xterm-256color");
        command.env("COLORTERM", "truecolor");
        for (name, value) in environment {
            command.env(name, value);
        }
        let size = Size { columns: columns.into(), rows: rows.into() };
        let answers = Answers::default();
        let screen = Arc::new(Mutex::new(Screen {
            term: Term::new(Config::default(), &size, answers.clone()),
            parser: Processor::new(),
            bytes: Vec::new(),
            first_byte: None,
            is_closed: false,
        }));
        let before = Manners { modes: *lock(&screen).term.mode(), line: line_discipline(&*pty.master) };
        let started = Instant::now();
        let child = pty.slave.spawn_command(command).unwrap();
        // Or the end of the program would never be seen.
        drop(pty.slave);
        let writer = Arc::new(Mutex::new(pty.master.take_writer().unwrap()));
        let reader = pty.master.try_clone_reader().unwrap();
        let (shown, reply) = (screen.clone(), writer.clone());
        std::thread::spawn(move || read(reader, &shown, &answers, &reply));
        Self { child, master: pty.master, writer, screen, before, started }
    }

    /// Types. Keys that have no letter stand in angle brackets: `<Enter> <Esc> <Tab> <Up> <Down> <C-p> <lt>`. `<Esc>` stands
    /// last, and its effect is waited for: with a key right behind it, it is Alt to every terminal.
    ///
    /// # Panics
    /// When the terminal is gone, or a key is not known.
    pub fn press(&self, keys: &str) {
        let mut writer = lock(&self.writer);
        writer.write_all(&bytes_of(keys)).unwrap();
        writer.flush().unwrap();
    }

    /// Pastes as terminals do, in brackets when the program asked for them.
    pub fn paste(&self, text: &str) {
        let bracketed = lock(&self.screen).term.mode().contains(TermMode::BRACKETED_PASTE);
        let mut writer = lock(&self.writer);
        let _ = if bracketed { write!(writer, "\x1b[200~{text}\x1b[201~") } else { write!(writer, "{text}") };
        let _ = writer.flush();
    }

    /// Changes the size of the terminal.
    pub fn resize(&self, columns: u16, rows: u16) {
        lock(&self.screen).term.resize(Size { columns: columns.into(), rows: rows.into() });
        let _ = self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 });
    }

    /// What stands on the screen, rows without the blanks at their ends.
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&lock(&self.screen).term)
    }

    /// Waits until this stands on the screen.
    ///
    /// # Panics
    /// When it does not come; with what stands there instead.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(&format!("{text:?}"), |screen| screen.contains(text));
    }

    /// Waits until this stands on the screen no more.
    ///
    /// # Panics
    /// When it stays.
    pub fn wait_until_gone(&mut self, text: &str) {
        self.wait_until(&format!("{text:?} to go"), |screen| !screen.contains(text));
    }

    /// Waits until the screen is as asked for.
    ///
    /// # Panics
    /// When it does not become so.
    pub fn wait_until(&mut self, what: &str, is_so: impl Fn(&str) -> bool) {
        let start = Instant::now();
        let mut is_met = false;
        wait::blocking(&format!("{what} on the screen"), || {
            is_met = is_so(&self.text());
            is_met || lock(&self.screen).is_closed || start.elapsed() > wait::PATIENCE / 2
        });
        if !is_met {
            panic!("waited in vain for {what} on the screen:\n{}", self.text());
        }
    }

    /// The foreground of the first cell of this text on the screen.
    #[must_use]
    pub fn colour_of(&self, text: &str) -> Option<Color> {
        let screen = lock(&self.screen);
        let rows = text_of(&screen.term);
        let (row, line) = rows.lines().enumerate().find(|(_, line)| line.contains(text))?;
        let column = line[..line.find(text)?].chars().count();
        Some(screen.term.grid()[Line(i32::try_from(row).ok()?)][Column(column)].fg)
    }

    /// Time from start to the first byte on the terminal.
    #[must_use]
    pub fn first_byte_after(&self) -> Option<Duration> {
        lock(&self.screen).first_byte.map(|at| at.duration_since(self.started))
    }

    /// Every byte that it wrote to the terminal.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        lock(&self.screen).bytes.clone()
    }

    /// Its process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.process_id().unwrap_or_default()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        if let Some(pid) = i32::try_from(self.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process(pid, signal);
        }
    }

    /// Waits until it ended, and tells how it left the terminal.
    ///
    /// # Panics
    /// When it does not end.
    pub fn ended(&mut self) -> Ended {
        let mut status = None;
        wait::blocking("the cockpit to end", || {
            status = self.child.try_wait().ok().flatten();
            status.is_some()
        });
        let after_line = line_discipline(&*self.master);
        wait::blocking("the terminal's last bytes", || lock(&self.screen).is_closed);
        let after = Manners { modes: *lock(&self.screen).term.mode(), line: after_line };
        Ended {
            success: status.is_some_and(|it| it.success()),
            restored: self.before == after,
            manners: (self.before.clone(), after),
            text: self.text(),
        }
    }
}

impl Drop for Cockpit {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[expect(
                clippy::print_stderr,
                reason = "who reads why a test failed wants to know what stood on the screen"
            )]
            {
                eprintln!("---- the cockpit shows:\n{}", self.text());
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens a terminal of a size.
trait OpenSized {
    fn openpt_sized(&self, columns: u16, rows: u16) -> portable_pty::PtyPair;
}

impl OpenSized for Box<dyn portable_pty::PtySystem + Send> {
    fn openpt_sized(&self, columns: u16, rows: u16) -> portable_pty::PtyPair {
        self.openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap()
    }
}

/// Reads what the program draws into the model, until the terminal is closed.
fn read(
    mut from: Box<dyn Read + Send>,
    screen: &Mutex<Screen>,
    answers: &Answers,
    reply: &Mutex<Box<dyn Write + Send>>,
) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        if read == 0 {
            break;
        }
        {
            let screen = &mut *lock(screen);
            screen.first_byte.get_or_insert_with(Instant::now);
            screen.bytes.extend_from_slice(&buffer[..read]);
            screen.parser.advance(&mut screen.term, &buffer[..read]);
        }
        let answer = std::mem::take(&mut *lock(&answers.0));
        if !answer.is_empty() {
            let _ = lock(reply).write_all(&answer);
        }
    }
    let screen = &mut *lock(screen);
    screen.parser.stop_sync(&mut screen.term);
    screen.is_closed = true;
}

/// How the kernel treats the terminal's lines: echo, signals, raw mode.
fn line_discipline(master: &dyn MasterPty) -> String {
    master.get_termios().map(|it| format!("{it:?}")).unwrap_or_default()
}

fn text_of(term: &Term<Answers>) -> String {
    let grid = term.grid();
    let rows = (0..term.screen_lines()).map(|row| {
        let line = &grid[Line(i32::try_from(row).unwrap_or_default())];
        let text: String = (0..term.columns()).map(|column| line[Column(column)].c).collect();
        text.trim_end().to_owned()
    });
    rows.collect::<Vec<_>>().join("\n")
}

/// The bytes that a terminal sends for these keys.
fn bytes_of(keys: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), keys);
    while let Some(open) = rest.find('<') {
        bytes.extend_from_slice(&rest.as_bytes()[..open]);
        let close = rest.find('>').unwrap_or_else(|| panic!("{keys:?} has no end of a key's name"));
        let name = &rest[open + 1..close];
        match name {
            "Enter" => bytes.push(b'\r'),
            "Esc" if rest.ends_with("<Esc>") && rest[open..].len() == 5 => bytes.push(0x1b),
            "Tab" => bytes.push(b'\t'),
            "Space" => bytes.push(b' '),
            "Backspace" => bytes.push(0x7f),
            "Up" => bytes.extend_from_slice(b"\x1b[A"),
            "Down" => bytes.extend_from_slice(b"\x1b[B"),
            "Right" => bytes.extend_from_slice(b"\x1b[C"),
            "Left" => bytes.extend_from_slice(b"\x1b[D"),
            "lt" => bytes.push(b'<'),
            _ => match name.strip_prefix("C-").and_then(|it| it.bytes().next()) {
                Some(letter) => bytes.push(letter & 0x1f),
                None => panic!("there is no key {name:?}"),
            },
        }
        rest = &rest[close + 1..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}
