//! Draws the room: tabs, and what the one that is shown shows.

use pilothouse_kit::overlay;
use pilothouse_kit::part::{down, inset, row};
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::facts;
use super::super::value::{Value, mask};
use super::state::Parameter;
use crate::route::ParameterTab;
use crate::screen::Cx;
use crate::screens::rows::{Said, awaited, pieces};
use crate::{look, spans};

/// From this width on, what is known of it stands beside its value.
const WIDE: u16 = 110;
/// Lines of what is known of it below.
const BELOW: u16 = 9;

impl ParameterTab {
    const fn title(self) -> &'static str {
        match self {
            Self::Value => "Value",
            Self::History => "History",
            Self::Blame => "Blame",
            Self::Uses => "Used by",
            Self::Policies => "Policies",
        }
    }
}

impl Parameter {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        if let Some(sheet) = &self.sheet {
            return sheet.draw(cx, frame, area);
        }
        self.draw_tabs(cx, frame, inset(row(area, 0)));
        let mut body = down(area, 1);
        if let Some(line) = &self.line {
            let place = inset(row(body, 0));
            line.line.view(frame, place, cx.theme, &line.label(), line.hint(), true);
            if let Some(wrong) = &line.wrong {
                pieces(frame, inset(row(body, 1)), cx.theme, &[(Role::InputError, wrong.clone())]);
            }
            body = down(body, 2);
        }
        if let Some(why) = self.dossier.metadata.refused.as_ref().filter(|_| self.versions().is_empty()) {
            pieces(frame, inset(row(body, 1)), cx.theme, &[(Role::Bad, why.clone())]);
            return;
        }
        if let Some(texts) = &self.texts {
            return texts.draw(cx, frame, inset(body));
        }
        match self.tab {
            ParameterTab::Value => self.draw_value(cx, frame, body),
            ParameterTab::History => self.draw_history(cx, frame, body),
            ParameterTab::Blame => self.draw_blame(cx, frame, inset(body)),
            ParameterTab::Uses => self.draw_uses(cx, frame, body),
            ParameterTab::Policies => self.draw_policies(cx, frame, inset(body)),
        }
    }

    fn draw_tabs(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let mut said: Vec<Said> = Vec::new();
        for tab in ParameterTab::ALL {
            let role = if tab == self.tab { Role::Chip } else { Role::TextMuted };
            let count = match tab {
                ParameterTab::History if !self.versions().is_empty() => format!(" {}", self.versions().len()),
                ParameterTab::Uses => {
                    self.uses.get().map_or_else(String::new, |uses| format!(" {}", uses.len()))
                }
                _ => String::new(),
            };
            said.push((role, format!(" {}{count} ", tab.title())));
        }
        if let Some(environment) = self.dossier.environment() {
            said.push((look::env(&environment), environment));
        }
        if self.gone {
            said.push((Role::Bad, format!("{} deleted", cx.theme.symbols().failed)));
        } else if self.errand.is_busy() {
            said.push((Role::Info, format!("changing{}", cx.theme.symbols().ellipsis)));
        } else if !cx.mirror.link.is_live() {
            said.push((Role::Warn, "not linked".to_owned()));
        }
        pieces(frame, area, cx.theme, &said);
    }

    fn draw_value(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let facts = self.facts(cx);
        let mut place = area;
        if area.width >= WIDE {
            place.width = area.width * 3 / 5;
            let side = Rect { x: place.right(), width: area.width - place.width, ..area };
            let inner = overlay::border(frame.buffer_mut(), side, cx.theme, "What it is", Role::Border);
            facts::draw(cx, frame, inner, &facts);
        } else if area.height > BELOW + 4 {
            place.height = area.height - BELOW;
            let side = down(area, place.height);
            let inner = overlay::border(frame.buffer_mut(), side, cx.theme, "What it is", Role::Border);
            facts::draw(cx, frame, inner, &facts);
        }
        let title = match self.still_shown(cx.now) {
            Some(left) => format!("Value, shown for {}", spans::left(left)),
            None => "Value".to_owned(),
        };
        let role = if self.dossier.value.is_shown() { Role::Warn } else { Role::Border };
        let inner = overlay::border(frame.buffer_mut(), place, cx.theme, &title, role);
        if let Some(code) = &self.code {
            return code.view(frame, inner, cx.theme, false);
        }
        let ellipsis = cx.theme.symbols().ellipsis;
        let said = match &self.dossier.value {
            Value::Sealed => {
                vec![(Role::Text, mask(cx).to_owned()), (Role::TextMuted, "= shows it for 30 s".to_owned())]
            }
            Value::Opening(_) => vec![(Role::Info, format!("opening{ellipsis}"))],
            Value::Failed(why) => vec![(Role::Bad, why.clone())],
            _ => vec![(Role::TextMuted, awaited("it", cx))],
        };
        pieces(frame, row(inner, 0), cx.theme, &said);
    }

    fn facts(&self, cx: &Cx<'_>) -> Vec<facts::Fact> {
        let mut facts: Vec<facts::Fact> = vec![("Name", vec![(Role::Text, self.name().to_owned())])];
        if let Some(it) = self.dossier.metadata.get() {
            let newest = self.versions().first();
            let row = pilothouse_api::parameters::BrowsedParameter {
                name: it.name.clone(),
                r#type: it.r#type.clone(),
                version: it.version,
                last_modified_date: it.last_modified_date,
                last_modified_user: it.last_modified_user.clone(),
                tier: it.tier.clone(),
                data_type: it.data_type.clone(),
                labels: newest.map(|it| it.labels.clone()).unwrap_or_default(),
                description: it.description.clone(),
                key_id: it.key_id.clone(),
            };
            facts.extend(facts::of_row(&row, cx));
            facts.extend(facts::of_dossier(&self.dossier));
            facts.extend(facts::about(&row));
            facts.extend(it.allowed_pattern.iter().map(|text| ("Pattern", vec![(Role::Text, text.clone())])));
        }
        facts.extend(self.dossier.metadata.get().map(|it| ("ARN", vec![(Role::TextMuted, it.arn.clone())])));
        facts
    }
}
