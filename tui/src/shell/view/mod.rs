//! Drawing: title bar, room, status line, key bar; over them layers and toasts.
//!
//! In: the shell by reference. Out: cells. Never here: a change of anything.

mod bars;
mod layers;
mod status;

use pilothouse_api::protocol::PingStatus;
use pilothouse_kit::overlay;
use pilothouse_kit::paint;
use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Rect, Size};

use super::Shell;
use super::layers::Layer;
use crate::effect::Level;
use crate::mirror::Mirror;

/// The smallest terminal that something can be read in.
const SMALLEST: Size = Size { width: 40, height: 8 };

/// The fleet in numbers, counted once per change.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    counted: Option<(u64, u64)>,
    online: usize,
    lost: usize,
    running: usize,
}

impl Fleet {
    pub(super) fn count(&mut self, mirror: &Mirror) {
        let now = (mirror.nodes.generation(), mirror.commands.generation());
        if self.counted == Some(now) {
            return;
        }
        self.counted = Some(now);
        self.online = mirror.nodes.list().iter().filter(|node| node.ping == PingStatus::Online).count();
        self.lost = mirror.nodes.list().len() - self.online;
        self.running = mirror.commands.iter().filter(|command| !command.state.is_terminal()).count();
    }
}

impl Shell {
    /// Draws a frame.
    pub fn view(&self, frame: &mut Frame<'_>) {
        let area = frame.area();
        paint::ground(frame.buffer_mut(), area, &self.world.theme);
        if area.width < SMALLEST.width || area.height < SMALLEST.height {
            return self.too_small(frame, area);
        }
        let row = |y| Rect { y, height: 1, ..area };
        let body = Rect { y: area.y + 1, height: area.height - 3, ..area };
        let body = if self.is_armed() { self.armed_edges(frame.buffer_mut(), body) } else { body };
        self.title_bar(frame.buffer_mut(), row(area.y));
        self.tabs.current().here().room.view(&self.world.cx(), frame, body);
        self.status_line(frame.buffer_mut(), row(area.bottom() - 2));
        match self.layers.last() {
            Some(Layer::Bar(bar)) => {
                bar.line.view(frame, row(area.bottom() - 1), &self.world.theme, ":", "", true);
            }
            _ => self.key_bar(frame.buffer_mut(), row(area.bottom() - 1)),
        }
        for layer in &self.layers {
            self.layer(frame, body, layer);
        }
        let toasts: Vec<_> =
            self.toasts.list().iter().map(|toast| (role(toast.level), toast.text.as_str())).collect();
        overlay::toasts(frame, body, &self.world.theme, &toasts);
    }

    /// While the user has something armed, the room stands between red edges. Returns what is left for it.
    fn armed_edges(&self, buffer: &mut Buffer, body: Rect) -> Rect {
        let (style, bar) = (self.armed_style(), self.world.theme.symbols().vline);
        for y in body.y..=body.bottom() {
            for x in [body.x, body.right() - 1] {
                buffer[(x, y)].set_symbol(bar).set_style(style);
            }
        }
        Rect { x: body.x + 1, width: body.width - 2, ..body }
    }

    fn too_small(&self, frame: &mut Frame<'_>, area: Rect) {
        let theme = &self.world.theme;
        let sizes = format!("{}x{} < {}x{}", area.width, area.height, SMALLEST.width, SMALLEST.height);
        let y = area.y + area.height.saturating_sub(2) / 2;
        for (y, text) in (y..area.bottom()).zip(["terminal too small", &sizes]) {
            let indent = usize::from(area.width).saturating_sub(safe::width(text)) / 2;
            let indent = u16::try_from(indent).unwrap_or(0);
            let cells = area.width - indent;
            paint::text(frame.buffer_mut(), area.x + indent, y, cells, text, theme.style(Role::Warn), "");
        }
    }
}

fn role(level: Level) -> Role {
    match level {
        Level::Info => Role::Info,
        Level::Good => Role::Good,
        Level::Warn => Role::Warn,
        Level::Error => Role::Bad,
    }
}
