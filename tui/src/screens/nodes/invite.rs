//! The line that registers a node: an activation, and how to use it.

use crossterm::event::KeyCode;
use pilothouse_api::activations::{CreateActivation, CreateActivationResult};
use pilothouse_kit::overlay;
use pilothouse_kit::paint;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use super::keys::Msg;
use crate::screen::{Cx, Input};

/// Kept by the server without a meaning off AWS; AWS's model wants one.
const ROLE: &str = "pilothouse";

/// The right to register one node, to be shown once.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite(CreateActivationResult);

impl std::fmt::Debug for Invite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

/// Asks for an activation for one node, good for a day.
pub(super) fn request() -> CreateActivation {
    CreateActivation {
        description: Some("made in the cockpit".to_owned()),
        iam_role: ROLE.to_owned(),
        registration_limit: Some(1),
        ..CreateActivation::default()
    }
}

/// While it is shown it takes all keys but `Esc`.
pub(super) fn typed(input: &Input) -> Option<Msg> {
    match input {
        Input::Key(key) => match key.code {
            KeyCode::Esc | KeyCode::Char('?') => None,
            KeyCode::Char('y') => Some(Msg::CopyInvite),
            KeyCode::Enter | KeyCode::Char('q') => Some(Msg::CloseInvite),
            _ => Some(Msg::Nothing),
        },
        Input::Paste(_) => Some(Msg::Nothing),
    }
}

impl Invite {
    pub(super) fn new(activation: CreateActivationResult) -> Self {
        Self(activation)
    }

    /// What to type on the machine.
    pub(super) fn line(&self, server: &str) -> String {
        let server = if server.is_empty() { "SERVER_URL" } else { server };
        let CreateActivationResult { activation_id, activation_code } = &self.0;
        format!(
            "pilothouse-agent register --server {server} --activation-id {activation_id} \
             --activation-code {activation_code} && pilothouse-agent run"
        )
    }

    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let line = self.line(&cx.mirror.server);
        let width = area.width.saturating_sub(4).min(100);
        let inside = usize::from(width.saturating_sub(4)).max(1);
        let code = fold(&line, inside);
        let height = u16::try_from(code.len() + 7).unwrap_or(u16::MAX);
        let inner = overlay::popup(frame, area, cx.theme, "Register a node", Size::new(width, height));
        let said = [("On the machine, as root:", Role::Text), ("", Role::Text)]
            .into_iter()
            .chain(code.iter().map(|part| (part.as_str(), Role::TextCode)))
            .chain([
                ("", Role::Text),
                ("Good for one node, for 24 hours; the code is shown only here.", Role::TextMuted),
                ("y copies it   Esc closes", Role::KeyDoc),
            ]);
        for (y, (text, role)) in (inner.y..inner.bottom()).zip(said) {
            let style = cx.theme.style(role);
            paint::text(
                frame.buffer_mut(),
                inner.x,
                y,
                inner.width,
                text,
                style,
                cx.theme.symbols().ellipsis,
            );
        }
    }
}

/// Breaks commands behind each, and before options where it must be, so that they may be read, and selected with the mouse: a
/// broken line ends with a backslash.
fn fold(line: &str, width: usize) -> Vec<String> {
    let (first, next) = line.split_once(" && ").map_or((line, None), |(first, next)| (first, Some(next)));
    let Some(next) = next else { return fold_options(first, width) };
    fold_options(&format!("{first} &&"), width).into_iter().chain(fold(next, width)).collect()
}

fn fold_options(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for (at, option) in line.split(" --").enumerate() {
        let option = if at == 0 { option.to_owned() } else { format!("--{option}") };
        let last = lines.len() - 1;
        if at == 0 {
            lines[last] = option;
        } else if lines[last].len() + option.len() + 3 <= width {
            lines[last] = format!("{} {option}", lines[last]);
        } else {
            lines[last].push_str(" \\");
            lines.push(format!("  {option}"));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_is_what_the_agent_takes_and_the_code_is_in_no_log() {
        let invite = Invite::new(CreateActivationResult {
            activation_id: "5f0c8f0e-8a0d-4b8e-9d55-0c6f3d3f9a01".to_owned(),
            activation_code: "s3cret-code-of-twenty".to_owned(),
        });
        assert_eq!(
            fold(&invite.line("https://ph.example:8440"), 70),
            [
                "pilothouse-agent register --server https://ph.example:8440 \\",
                "  --activation-id 5f0c8f0e-8a0d-4b8e-9d55-0c6f3d3f9a01 \\",
                "  --activation-code s3cret-code-of-twenty &&",
                "pilothouse-agent run",
            ]
        );
        assert!(!format!("{invite:?}").contains("s3cret"));
    }
}
