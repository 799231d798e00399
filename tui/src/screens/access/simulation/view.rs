//! Draws the question over its answers.

use pilothouse_kit::overlay;
use pilothouse_kit::paint;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::super::table::resource;
use super::{Simulation, Spot, Standing};
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};

/// Cells of a label.
const LABEL: u16 = 15;
/// Resources that are named under the field; the others are counted.
const NAMED: usize = 2;
/// Lines of the form.
pub(in super::super) const HEIGHT: u16 = 8;

impl Spot {
    const fn label(self) -> &'static str {
        match self {
            Self::Principal => "May",
            Self::Action => "do",
            Self::Resources => "on",
            Self::Armed => "while armed",
            Self::Approved => "approved",
            Self::Ask | Self::Answers => "Ask",
        }
    }

    const fn placeholder(self) -> &'static str {
        match self {
            Self::Principal => "such as user/anna or role/deploy; yourself if empty",
            Self::Action => "such as ssm:SendCommand",
            Self::Resources => "such as node/mi-…, document/AWS-RunShellScript or account",
            Self::Armed => "nothing beside what is armed",
            _ => "",
        }
    }

    const fn hint(self) -> &'static str {
        match self {
            Self::Principal | Self::Action => "Enter on an empty field shows what there is; or type",
            Self::Resources => "Enter on an empty field, or behind a comma, shows nodes and environments",
            Self::Armed => "environments that are taken as armed by the caller; Tab leaves it empty",
            Self::Approved => "Enter: whether somebody else is taken to have approved it",
            Self::Ask => "Enter asks; nothing is carried out",
            Self::Answers => "Enter opens the policy at the line that decided",
        }
    }
}

impl Simulation {
    pub(in super::super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let row = |n: u16| Rect { y: area.y + n, height: u16::from(n < area.height), ..area };
        for (n, spot) in (0..).zip(Spot::FORM) {
            if spot == Spot::Ask {
                break;
            }
            self.draw_field(cx, frame, row(n), spot);
        }
        pieces(frame, right_of(row(5), 2), cx.theme, &self.help(cx));
        let button = right_of(row(6), 2);
        let mut used = 0;
        if button.height > 0 {
            if self.at == Spot::Ask {
                used = overlay::buttons(frame.buffer_mut(), button, cx.theme, &["Ask"], 0);
            } else {
                used = pieces(frame, button, cx.theme, &[(Role::TextMuted, "[ Ask ]".to_owned())]) + 2;
            }
        }
        pieces(frame, right_of(button, used), cx.theme, &[self.said(cx)]);
    }

    /// What can be done here; of several resources, which they are: as they are written there is not room for all.
    fn help(&self, cx: &Cx<'_>) -> Vec<Said> {
        if !self.typing || !matches!(self.at, Spot::Resources | Spot::Armed) {
            return vec![(Role::TextMuted, self.at.hint().to_owned())];
        }
        let parts = self.line(self.at).map(Self::parts).unwrap_or_default();
        if parts.is_empty() {
            return vec![(Role::TextMuted, self.at.hint().to_owned())];
        }
        let named: Vec<&str> = parts.iter().take(NAMED).map(|it| resource(it, &cx.mirror.nodes)).collect();
        let more = parts.len() - named.len();
        let more = if more == 0 { String::new() } else { format!(" +{more}") };
        vec![
            (Role::Text, format!("{}{more}", named.join(", "))),
            (Role::TextMuted, "Enter goes on; a comma, then Enter: more".to_owned()),
        ]
    }

    fn said(&self, cx: &Cx<'_>) -> Said {
        match &self.standing {
            Standing::NotAsked => (Role::TextMuted, String::new()),
            Standing::Asking(_) => (Role::Info, format!("asking{}", cx.theme.symbols().ellipsis)),
            Standing::Answered(answer) => (Role::TextMuted, format!("as {}", answer.principal)),
            Standing::Failed(why) => (Role::Bad, why.clone()),
        }
    }

    fn draw_field(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, spot: Spot) {
        if area.is_empty() {
            return;
        }
        let (theme, symbols) = (cx.theme, cx.theme.symbols());
        let here = self.at == spot;
        let (sign, role) = if here { (symbols.cursor, Role::Accent) } else { (" ", Role::TextMuted) };
        let label = format!("{sign} {}", spot.label());
        paint::text(
            frame.buffer_mut(),
            area.x,
            area.y,
            LABEL - 1,
            &label,
            theme.style(role),
            symbols.ellipsis,
        );
        let body = right_of(area, LABEL);
        match self.line(spot) {
            Some(line) if spot == Spot::Resources && !self.typing && !line.is_empty() => {
                let parts = Self::parts(line);
                let named: Vec<&str> = parts.iter().map(|part| resource(part, &cx.mirror.nodes)).collect();
                pieces(frame, body, theme, &[(Role::Text, named.join("  "))]);
            }
            Some(line) => line.view(frame, body, theme, "", spot.placeholder(), here && self.typing),
            None => {
                let said = if self.approved { "yes, by somebody else" } else { "no" };
                pieces(frame, body, theme, &[(Role::Text, said.to_owned())]);
            }
        }
    }
}

fn right_of(area: Rect, cells: u16) -> Rect {
    let cells = cells.min(area.width);
    Rect { x: area.x + cells, width: area.width - cells, ..area }
}
