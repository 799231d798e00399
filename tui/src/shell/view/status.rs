//! The status line: whether what is seen is true now, and what is going on.

use pilothouse_api::about::Protection;
use pilothouse_kit::paint;
use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::Shell;
use super::super::attached::Standing;
use crate::mirror::{Freshness, Link};
use crate::spans;

/// Credentials that end within this time, in milliseconds, are said to.
const SOON: i64 = 600_000;

/// From this width on, more than one run is told of by name: so many.
const WIDE: u16 = 120;
const NAMED: usize = 3;

/// A part of the line.
type Part = (Role, String);

impl Shell {
    /// It stands on the ground, not on a bar: that is what the roles' colours are made for.
    pub(super) fn status_line(&self, buffer: &mut Buffer, area: Rect) {
        let theme = &self.world.theme;
        let ellipsis = theme.symbols().ellipsis;
        let mut x = area.x + 1;
        for (role, text) in self.link_parts() {
            let cells = area.right().saturating_sub(x);
            x += paint::text(buffer, x, area.y, cells, &text, theme.style(role), ellipsis) + 2;
        }
        // What matters most stands first, and stays when there is not room for all.
        let room = usize::from(area.right().saturating_sub(x));
        let mut used = 0;
        let fitting = self.right_parts().into_iter().take_while(|(_, text)| {
            used += safe::width(text) + 2;
            used <= room
        });
        let mut right = area.right();
        for (role, text) in fitting.collect::<Vec<_>>() {
            right -= u16::try_from(safe::width(&text) + 2).unwrap_or(0).min(right);
            paint::text(buffer, right, area.y, area.right() - right, &text, theme.style(role), "");
        }
    }

    /// How we hear the server, in one sign and few words.
    fn link_parts(&self) -> Vec<Part> {
        let symbols = self.world.theme.symbols();
        let now = self.world.now;
        match &self.world.mirror.link {
            Link::Starting => vec![(Role::Info, format!("{} starting", symbols.waiting))],
            Link::Waiting(text) => vec![(Role::Info, format!("{} {text}", symbols.waiting))],
            Link::Live { rtt_ms } => {
                let rtt =
                    rtt_ms.map(|rtt| if rtt == 0 { String::from(" <1 ms") } else { format!(" {rtt} ms") });
                vec![(Role::NodeOnline, format!("{} live{}", symbols.online, rtt.unwrap_or_default()))]
            }
            Link::Lost { since, retry_at, why } => {
                let mut parts =
                    vec![(Role::Bad, format!("{} no link for {}", symbols.lost, span(now.since(*since))))];
                if let Freshness::Stale { since } = self.world.mirror.nodes.freshness {
                    parts.push((Role::Warn, format!("as of {} ago", span(now.since(since)))));
                }
                parts.push((Role::TextMuted, format!("again in {}: {why}", span(retry_at.since(now)))));
                parts
            }
            Link::Broken(why) => vec![(Role::Bad, format!("{} {why}", symbols.failed))],
        }
    }

    /// What is going on, what matters most first.
    fn right_parts(&self) -> Vec<Part> {
        let symbols = self.world.theme.symbols();
        let mut parts = Vec::new();
        parts.extend(self.running_parts());
        if let Some(left) = self.credentials_left() {
            parts.push((Role::Warn, format!("credentials end in {}", spans::left(left))));
        }
        if self.is_unprotected() {
            parts.push((Role::Warn, String::from("plain HTTP: not protected")));
        }
        if matches!(self.world.mirror.nodes.freshness, Freshness::Fresh | Freshness::Stale { .. }) {
            if self.fleet.lost > 0 {
                parts.push((Role::NodeLost, format!("{} {} lost", symbols.lost, self.fleet.lost)));
            }
            parts.push((Role::Text, format!("{} online", self.fleet.online)));
        }
        if self.mouse {
            parts.push((Role::Text, String::from("mouse")));
        }
        parts
    }
}

impl Shell {
    /// The runs that were sent from here, one by one as far as there is room, and how many others go on.
    fn running_parts(&self) -> Vec<Part> {
        let symbols = self.world.theme.symbols();
        let own = self.attached.standing(&self.world.mirror);
        let named = if self.world.size.width >= WIDE { NAMED } else { 1 };
        let part = |it: &Standing| {
            let (role, sign) = match (it.ill, it.paused) {
                (true, _) => (Role::StateFailed, symbols.running),
                (_, true) => (Role::Warn, symbols.waiting),
                _ => (Role::StateRunning, symbols.running),
            };
            (role, format!("{sign} {}", it.short))
        };
        let mut parts: Vec<Part> = own.iter().take(named).map(part).collect();
        if own.len() > named {
            parts.push((Role::StateRunning, format!("+{} (g r)", own.len() - named)));
        }
        let others = self.fleet.running.saturating_sub(own.len());
        if others > 0 {
            let more = if own.is_empty() { "running" } else { "others" };
            parts.push((Role::StateRunning, format!("{} {others} {more}", symbols.running)));
        }
        parts
    }

    /// Milliseconds until what we sign with ends, when that is soon.
    fn credentials_left(&self) -> Option<i64> {
        let ends = self.world.mirror.caller.access().expires_at?.0;
        Some(ends.since(self.world.mirror.server_time(self.world.now))).filter(|left| *left < SOON)
    }

    /// Whether others on the way could read and change what we say.
    fn is_unprotected(&self) -> bool {
        let server = self.world.mirror.caller.server();
        server.is_some_and(|server| server.protection == Protection::Plain)
    }
}

/// Milliseconds as people say them.
fn span(ms: i64) -> String {
    let seconds = ms.max(0).saturating_add(500) / 1000;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        3600..172_800 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86_400),
    }
}
