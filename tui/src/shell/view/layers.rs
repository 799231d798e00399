//! Layers over the room.

use pilothouse_kit::overlay::{self, Answer, Item, Picker};
use pilothouse_kit::paint;
use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use super::super::Shell;
use super::super::layers::arm::TIMES;
use super::super::layers::{ArmForm, CommandBar, Confirm, Layer, List};
use crate::effect::Ladder;

/// Completions that are shown at a time.
const MAX_COMPLETIONS: u16 = 10;

impl Shell {
    pub(super) fn layer(&self, frame: &mut Frame<'_>, area: Rect, layer: &Layer) {
        match layer {
            Layer::Confirm(confirm) => self.confirm(frame, area, confirm),
            Layer::List(list) => self.list(frame, area, list),
            Layer::Bar(bar) => self.completions(frame, area, bar),
            Layer::Arm(form) => self.arm_form(frame, area, form),
            Layer::Notice(notice) => {
                let lines: Vec<_> = notice.lines.iter().map(|line| (Role::Overlay, line.clone())).collect();
                overlay::card(frame, area, &self.world.theme, &notice.title, &lines);
            }
        }
    }

    fn confirm(&self, frame: &mut Frame<'_>, area: Rect, confirm: &Confirm) {
        let answer = match &confirm.ladder {
            Ladder::Yes => Answer::Key,
            Ladder::Card => Answer::Buttons { yes: confirm.on_yes },
            Ladder::Typed(wanted) => Answer::Typed { wanted, line: &confirm.typed },
        };
        let card = &confirm.card[confirm.top.min(confirm.card.len())..];
        overlay::confirm(
            frame,
            area,
            &self.world.theme,
            &overlay::Confirm { title: &confirm.title, card, answer },
        );
    }

    fn arm_form(&self, frame: &mut Frame<'_>, area: Rect, form: &ArmForm) {
        let theme = &self.world.theme;
        let title = format!("Arm {}", form.environment);
        let inner = overlay::popup(frame, area, theme, &title, Size::new(72, 7));
        let row = |n| Rect { y: inner.y + n, height: 1, ..inner };
        if inner.height < 5 {
            return;
        }
        let hint = TIMES.join("  ");
        form.time.view(frame, Rect { width: 24, ..row(0) }, theme, "for  ", "10m", !form.on_reason);
        let text = |frame: &mut Frame<'_>, area: Rect, said: &str| {
            let style = theme.style(Role::TextMuted);
            paint::text(
                frame.buffer_mut(),
                area.x,
                area.y,
                area.width,
                said,
                style,
                theme.symbols().ellipsis,
            );
        };
        let beside = Rect { x: inner.x + 24, width: inner.width.saturating_sub(24), ..row(0) };
        text(frame, beside, &hint);
        form.reason.view(frame, row(1), theme, "why  ", "everyone sees it", form.on_reason);
        text(frame, row(3), "The server lets you change it for that time; A ends it before.");
        let keys = [("Enter", "arm"), ("Tab", "other field"), ("Esc", "leave it")];
        overlay::key_bar(frame.buffer_mut(), row(4), theme, &keys);
    }

    fn list(&self, frame: &mut Frame<'_>, area: Rect, list: &List) {
        let (rows, all) = list.counts();
        let title =
            if rows == all { list.title.clone() } else { format!("{} ({rows} of {all})", list.title) };
        let picker = Picker {
            title: &title,
            line: Some(&list.filter),
            placeholder: "type to narrow down",
            rows,
            cursor: list.cursor,
            empty: "nothing matches",
        };
        overlay::picker(frame, area, &self.world.theme, &picker, |at| {
            list.line(at).map_or_else(Item::default, |entry| Item {
                label: entry.label.as_str().into(),
                detail: entry.detail.as_str().into(),
                keys: entry.hint.as_str().into(),
                disabled: entry.disabled.as_deref().map(Into::into),
                hits: list.hits(&entry.label),
            })
        });
    }

    /// What the word could become, in a box that stands on the command bar.
    fn completions(&self, frame: &mut Frame<'_>, area: Rect, bar: &CommandBar) {
        if bar.completions.is_empty() {
            return;
        }
        let widest = bar
            .completions
            .iter()
            .map(|it| safe::width(&it.word) + safe::width(&it.detail) + 9)
            .max()
            .unwrap_or(0);
        let width = u16::try_from(widest).unwrap_or(u16::MAX).min(area.width);
        let rows = u16::try_from(bar.completions.len()).unwrap_or(u16::MAX).min(MAX_COMPLETIONS);
        let height = (rows + 2).min(area.height);
        let place = Rect { x: area.x, y: area.bottom() + 1 - height, width, height };
        let inner = overlay::boxed(frame, place, &self.world.theme, "");
        overlay::list(
            frame,
            inner,
            &self.world.theme,
            bar.completions.len(),
            bar.chosen.unwrap_or(0),
            |at| {
                let it = &bar.completions[at];
                Item { label: it.word.as_str().into(), detail: it.detail.as_str().into(), ..Item::default() }
            },
        );
    }
}
