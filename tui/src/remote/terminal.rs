//! What the terminal and the system say: keys, pastes, sizes; signals that ask the program to end.

use std::io;
use std::time::Duration;

use crossterm::event::{self, KeyEventKind};
use ratatui::layout::Size;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use crate::event::Event;

/// Reads the terminal in a thread of its own until nobody listens. A key needs no poll and no timer to get through.
///
/// # Errors
/// When the thread cannot be started.
pub fn read_input(events: mpsc::Sender<Event>) -> io::Result<()> {
    std::thread::Builder::new().name("input".into()).spawn(move || {
        // From the first look on, changes of the size are told; what it became before that is told now.
        let _ = event::poll(Duration::ZERO);
        if let Ok((width, height)) = crossterm::terminal::size()
            && events.blocking_send(Event::Resize(Size::new(width, height))).is_err()
        {
            return;
        }
        loop {
            let event = match event::read() {
                Ok(event::Event::Key(key)) if key.kind == KeyEventKind::Release => continue,
                Ok(event::Event::Key(key)) => Event::Key(key),
                Ok(event::Event::Paste(text)) => Event::Paste(text),
                Ok(event::Event::Mouse(mouse)) => Event::Mouse(mouse),
                Ok(event::Event::Resize(width, height)) => Event::Resize(Size::new(width, height)),
                Ok(event::Event::FocusGained | event::Event::FocusLost) => continue,
                // The terminal is gone, and so is whoever looked at it.
                Err(_) => Event::Terminated,
            };
            let last = matches!(event, Event::Terminated);
            if events.blocking_send(event).is_err() || last {
                return;
            }
        }
    })?;
    Ok(())
}

/// Tells the loop of SIGTERM, SIGHUP and SIGINT, so that it ends in order.
///
/// # Errors
/// When signals cannot be received.
pub fn watch_signals(events: mpsc::Sender<Event>) -> io::Result<()> {
    let mut term = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = hangup.recv() => {}
            _ = interrupt.recv() => {}
        }
        let _ = events.send(Event::Terminated).await;
    });
    Ok(())
}
