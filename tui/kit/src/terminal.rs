//! The terminal taken and given back: exactly as it was, also after a panic.
//!
//! In: the wish for a full screen. Out: modes of the terminal, and sequences that are no drawing (the clipboard, a bell).
//! Never here: drawing, reading keys, the environment.

use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, Once, PoisonError};
use std::thread::{self, ThreadId};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

/// Alternate screen, bracketed paste, no cursor.
const TAKE: &str = "\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[2J";
/// All of it undone, in reverse; also an update that was never finished, a pen that was never put back, and the mouse,
/// in whatever mode it was taken.
const GIVE_BACK: &str = "\x1b[?2026l\x1b[0m\x1b[?1006l\x1b[?1015l\x1b[?1003l\x1b[?1002l\x1b[?1000l\x1b[?25h\x1b[?2004l\x1b[?1049l";
/// Presses, releases and drags, with coordinates of any size.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1002h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1002l\x1b[?1000l";

/// More than this many bytes are too much for the clipboard of some terminals.
pub const CLIPBOARD_LIMIT: usize = 74_994;

static TAKEN: AtomicBool = AtomicBool::new(false);
static HOOK: Once = Once::new();
static KEEPER: Mutex<Keeper> = Mutex::new(Keeper { thread: None, last_words: Vec::new() });

/// What the panic hook needs to know.
struct Keeper {
    /// The thread that draws: when it panics, there will be no more frames.
    thread: Option<ThreadId>,
    /// What other threads said when they panicked; said again once the screen is the shell's.
    last_words: Vec<String>,
}

/// The terminal in raw mode on its alternate screen. Gives it back when dropped.
#[derive(Debug)]
pub struct Guard {
    mouse: bool,
}

impl Guard {
    /// Takes the terminal for the thread that calls, which must be the one that draws.
    ///
    /// # Errors
    /// When standard output is no terminal, or the terminal refuses.
    pub fn enter(mouse: bool) -> io::Result<Self> {
        if !io::stdout().is_terminal() {
            return Err(io::Error::new(io::ErrorKind::NotConnected, "standard output is not a terminal"));
        }
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        keeper(|keeper| keeper.thread = Some(thread::current().id()));
        HOOK.call_once(hook);
        let mut guard = Self { mouse: false };
        say(TAKE)?;
        guard.set_mouse(mouse)?;
        Ok(guard)
    }

    /// Whether the mouse is ours; while it is, the terminal's own selection needs Shift.
    #[must_use]
    pub const fn mouse(&self) -> bool {
        self.mouse
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// When the terminal cannot be written to.
    pub fn set_mouse(&mut self, on: bool) -> io::Result<()> {
        if on != self.mouse {
            say(if on { MOUSE_ON } else { MOUSE_OFF })?;
            self.mouse = on;
        }
        Ok(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        restore();
    }
}

/// Gives the terminal back, if it is taken; a second time does nothing. What other threads said when they panicked is
/// said now.
pub fn restore() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    // There is nobody left to tell if the terminal is gone.
    let _ = say(GIVE_BACK);
    let _ = disable_raw_mode();
    let words = keeper(|keeper| std::mem::take(&mut keeper.last_words));
    for said in words {
        let _ = writeln!(io::stderr(), "{said}");
    }
}

/// A panic of the thread that draws gives the terminal back before anything is said about it. A panic of another thread
/// does not end the program, so it must not be written over the screen: it waits.
fn hook() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let draws = keeper(|keeper| keeper.thread) == Some(thread::current().id());
        if draws || !TAKEN.load(Ordering::SeqCst) {
            restore();
            before(panic);
        } else {
            keeper(|keeper| keeper.last_words.push(panic.to_string()));
        }
    }));
}

fn keeper<T>(f: impl FnOnce(&mut Keeper) -> T) -> T {
    f(&mut KEEPER.lock().unwrap_or_else(PoisonError::into_inner))
}

fn say(sequence: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

/// The sequence that puts text on the clipboard of the terminal, however far away it is (OSC 52); under tmux wrapped so
/// that it is passed on. `None` if the text is longer than [`CLIPBOARD_LIMIT`].
#[must_use]
pub fn osc52(text: &str, tmux: bool) -> Option<String> {
    if text.len() > CLIPBOARD_LIMIT {
        return None;
    }
    let encoded = STANDARD.encode(text);
    Some(if tmux {
        format!("\x1bPtmux;\x1b\x1b]52;c;{encoded}\x07\x1b\\")
    } else {
        format!("\x1b]52;c;{encoded}\x07")
    })
}

/// A bell, and for terminals that show notices one with this text (OSC 9).
#[must_use]
pub fn notice(text: &str) -> String {
    let text: String = crate::safe::visible(text).chars().take(120).filter(|&char| char != ';').collect();
    format!("\x07\x1b]9;{text}\x07")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_is_given_back() {
        for mode in ["1049", "2004"] {
            assert!(TAKE.contains(&format!("\x1b[?{mode}h")), "{mode}");
            assert!(GIVE_BACK.contains(&format!("\x1b[?{mode}l")), "{mode}");
        }
        for mode in ["1000", "1002", "1006"] {
            assert!(MOUSE_ON.contains(&format!("\x1b[?{mode}h")), "{mode}");
            assert!(
                GIVE_BACK.contains(&format!("\x1b[?{mode}l"))
                    && MOUSE_OFF.contains(&format!("\x1b[?{mode}l"))
            );
        }
        assert!(TAKE.contains("\x1b[?25l") && GIVE_BACK.contains("\x1b[?25h"));
    }

    #[test]
    fn giving_back_what_was_never_taken_does_nothing() {
        restore();
        assert!(!TAKEN.load(Ordering::SeqCst));
    }

    #[test]
    fn text_goes_to_the_clipboard_encoded_and_never_too_much_of_it() {
        assert_eq!(osc52("hi\x1b", false).as_deref(), Some("\x1b]52;c;aGkb\x07"));
        assert_eq!(osc52("hi", true).as_deref(), Some("\x1bPtmux;\x1b\x1b]52;c;aGk=\x07\x1b\\"));
        assert_eq!(osc52(&"x".repeat(CLIPBOARD_LIMIT + 1), false), None);
    }

    #[test]
    fn a_notice_cannot_smuggle_a_sequence() {
        assert_eq!(notice("done\x1b]0;x\x07"), "\x07\x1b]9;done␛]0x␇\x07");
    }
}
