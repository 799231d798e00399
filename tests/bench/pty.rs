//! A program in a terminal: what it writes, when, and how many cells that changes.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use alacritty_terminal::event::VoidListener;
use alacritty_terminal::grid::Dimensions;
use alacritty_terminal::index::{Column, Line};
use alacritty_terminal::term::cell::Cell;
use alacritty_terminal::term::{Config, Term};
use alacritty_terminal::vte::ansi::{Processor, StdSyncHandler};
use anyhow::Context;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

pub const ROWS: u16 = 50;
pub const COLUMNS: u16 = 200;

/// What a burst of output was.
#[derive(Clone, Copy, Default)]
pub struct Burst {
    /// From the key until the first byte; none if nothing came.
    pub first: Option<Duration>,
    /// From the key until the last byte.
    pub last: Duration,
    pub bytes: usize,
    /// Cells that look different now.
    pub changed: usize,
}

/// A program in a pty of [`COLUMNS`] by [`ROWS`].
pub struct Pty {
    writer: Box<dyn Write + Send>,
    output: Receiver<(Instant, Vec<u8>)>,
    child: Box<dyn Child + Send + Sync>,
    _master: Box<dyn MasterPty + Send>,
    term: Term<VoidListener>,
    parser: Processor<StdSyncHandler>,
    shown: Vec<Cell>,
    started: Instant,
}

struct Full;

impl Dimensions for Full {
    fn total_lines(&self) -> usize {
        usize::from(ROWS)
    }
    fn screen_lines(&self) -> usize {
        usize::from(ROWS)
    }
    fn columns(&self) -> usize {
        usize::from(COLUMNS)
    }
}

impl Pty {
    /// Starts a program.
    pub fn start(program: &Path, arguments: &[&str], env: &[(&str, &str)]) -> anyhow::Result<Self> {
        let size = PtySize { rows: ROWS, cols: COLUMNS, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size)?;
        let mut command = CommandBuilder::new(program);
        command.args(arguments);
        command.env("TERM", "xterm-256color");
        for (name, value) in env {
            command.env(name, value);
        }
        let started = Instant::now();
        let child = pair.slave.spawn_command(command)?;
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader()?;
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(n) = reader.read(&mut buffer) {
                if n == 0 || sender.send((Instant::now(), buffer[..n].to_vec())).is_err() {
                    return;
                }
            }
        });
        let writer = pair.master.take_writer()?;
        let term = Term::new(Config::default(), &Full, VoidListener);
        let mut pty = Self {
            writer,
            output,
            child,
            _master: pair.master,
            term,
            parser: Processor::new(),
            shown: Vec::new(),
            started,
        };
        pty.shown = pty.cells();
        Ok(pty)
    }

    /// The program's process id.
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.child.process_id().context("the program has no process id")
    }

    /// Types.
    pub fn press(&mut self, keys: &str) -> anyhow::Result<()> {
        self.writer.write_all(keys.as_bytes())?;
        Ok(self.writer.flush()?)
    }

    /// Types, and reads what comes of it until nothing came for `quiet`, or `patience` is over.
    pub fn type_and_watch(
        &mut self,
        keys: &str,
        quiet: Duration,
        patience: Duration,
    ) -> anyhow::Result<Burst> {
        self.drain();
        let began = Instant::now();
        self.press(keys)?;
        let mut burst = Burst::default();
        let mut all = Vec::new();
        loop {
            let wait = if burst.first.is_some() { quiet } else { patience };
            match self.output.recv_timeout(wait) {
                Ok((at, bytes)) => {
                    burst.first.get_or_insert(at - began);
                    burst.last = at - began;
                    burst.bytes += bytes.len();
                    all.extend(bytes);
                }
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => anyhow::bail!("the program ended"),
            }
        }
        self.feed(&all);
        let now = self.cells();
        burst.changed = now.iter().zip(&self.shown).filter(|(a, b)| a != b).count();
        self.shown = now;
        Ok(burst)
    }

    /// Types, and reads until the screen shows `text`; how long after the last key that was.
    pub fn type_until(&mut self, keys: &str, text: &str, patience: Duration) -> anyhow::Result<Duration> {
        self.drain();
        let began = Instant::now();
        self.writer.write_all(keys.as_bytes())?;
        self.writer.flush()?;
        let shown = self.wait_for(text, patience)?;
        Ok(shown.saturating_sub(began - self.started))
    }

    /// Reads until the screen shows `text`; how long after the program's start that was.
    pub fn wait_for(&mut self, text: &str, patience: Duration) -> anyhow::Result<Duration> {
        let began = Instant::now();
        while began.elapsed() < patience {
            if let Ok((at, bytes)) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.feed(&bytes);
                if self.text().contains(text) {
                    return Ok(at - self.started);
                }
            }
        }
        anyhow::bail!("{text:?} did not appear within {patience:?}; the screen shows:\n{}", self.text())
    }

    /// Bytes that come within `period` when nobody types.
    pub fn listen(&mut self, period: Duration) -> usize {
        let until = Instant::now() + period;
        let mut bytes = 0;
        while let Ok((_, some)) = self.output.recv_timeout(until.saturating_duration_since(Instant::now())) {
            bytes += some.len();
            self.feed(&some);
        }
        self.shown = self.cells();
        bytes
    }

    fn drain(&mut self) {
        while let Ok((_, bytes)) = self.output.try_recv() {
            self.feed(&bytes);
        }
        self.shown = self.cells();
    }

    fn feed(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.term, bytes);
    }

    fn cells(&self) -> Vec<Cell> {
        let grid = self.term.grid();
        let rows =
            (0..i32::from(ROWS)).flat_map(|row| (0..usize::from(COLUMNS)).map(move |column| (row, column)));
        rows.map(|(row, column)| grid[Line(row)][Column(column)].clone()).collect()
    }

    /// What the screen shows.
    pub fn text(&self) -> String {
        let rows: Vec<String> = self
            .cells()
            .chunks(usize::from(COLUMNS))
            .map(|row| row.iter().map(|cell| cell.c).collect::<String>().trim_end().to_owned())
            .collect();
        rows.join("\n")
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The baseline: answers each byte with a cursor move and a text of one row, as a screen with a moved cursor bar would.
pub fn parrot() -> anyhow::Result<()> {
    use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
    let (mut input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    let mut raw = tcgetattr(&input)?;
    raw.make_raw();
    tcsetattr(&input, OptionalActions::Now, &raw)?;
    let (mut key, mut row) = ([0; 1], 0_u16);
    write!(output, "ready")?;
    output.flush()?;
    while input.read(&mut key)? == 1 {
        row = (row + 1) % ROWS;
        write!(output, "\x1b[{};1H{:width$}", row + 1, row, width = usize::from(COLUMNS) - 1)?;
        output.flush()?;
    }
    Ok(())
}
