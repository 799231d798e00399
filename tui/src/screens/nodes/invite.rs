//! Registering nodes: what an activation is to be for, and the line that uses it.

use crossterm::event::KeyCode;
use pilothouse_api::about::Protection;
use pilothouse_api::activations::{CreateActivation, CreateActivationResult};
use pilothouse_api::tags::Tag;
use pilothouse_kit::input::{Line, LineEvent};
use pilothouse_kit::overlay;
use pilothouse_kit::paint;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use super::keys::Msg;
use crate::mirror::Mirror;
use crate::screen::{Cx, Input};

/// Kept by the server without a meaning off AWS; AWS's model wants one.
const ROLE: &str = "pilothouse";
/// The most nodes of one activation.
const MAX_NODES: i64 = 1000;
/// Characters that a tag's value may have.
const MAX_VALUE: usize = 256;

/// Registering nodes, from the question to the line.
#[derive(Clone, Debug, PartialEq)]
pub enum Invite {
    /// For what?
    Asked(Wish),
    /// The line, to be shown once.
    Made(Activation),
}

/// What an activation is to be for, while it is typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    nodes: Line,
    environment: Line,
    /// Whether the second field has the focus.
    on_environment: bool,
}

/// The right to register nodes.
#[derive(Clone, PartialEq, Eq)]
pub struct Activation {
    made: CreateActivationResult,
    nodes: i64,
}

impl std::fmt::Debug for Activation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.made.fmt(f)
    }
}

impl Default for Wish {
    fn default() -> Self {
        Self { nodes: Line::new("1"), environment: Line::default(), on_environment: false }
    }
}

/// While it is shown it takes all keys but `Esc`.
pub(super) fn typed(invite: &Invite, input: &Input) -> Option<Msg> {
    let key = match input {
        Input::Key(key) => Some(key.code),
        Input::Paste(_) => None,
    };
    match (invite, key) {
        (_, Some(KeyCode::Esc)) => None,
        (Invite::Asked(_), _) => Some(Msg::TypedInvite(input.clone())),
        (Invite::Made(_), Some(KeyCode::Char('?'))) => None,
        (Invite::Made(_), Some(KeyCode::Char('y'))) => Some(Msg::CopyInvite),
        (Invite::Made(_), Some(KeyCode::Enter | KeyCode::Char('q'))) => Some(Msg::CloseInvite),
        (Invite::Made(_), _) => Some(Msg::Nothing),
    }
}

impl Wish {
    /// Takes a key; gives what is to be asked for once it is submitted.
    pub(super) fn take(&mut self, input: &Input) -> Option<Result<CreateActivation, String>> {
        let line = if self.on_environment { &mut self.environment } else { &mut self.nodes };
        match input {
            Input::Key(key)
                if matches!(key.code, KeyCode::Tab | KeyCode::BackTab | KeyCode::Up | KeyCode::Down) =>
            {
                self.on_environment = !self.on_environment;
            }
            input => return (input.type_into(line) == LineEvent::Submit).then(|| self.request()),
        }
        None
    }

    /// An activation that is good for a day.
    fn request(&self) -> Result<CreateActivation, String> {
        let nodes = self.nodes.text().trim().parse().ok().filter(|nodes| (1..=MAX_NODES).contains(nodes));
        let nodes = nodes.ok_or_else(|| format!("the number of nodes is 1 to {MAX_NODES}"))?;
        let environment = self.environment.text().trim();
        if environment.chars().count() > MAX_VALUE {
            return Err(format!("an environment has at most {MAX_VALUE} characters"));
        }
        let tag = || Tag { key: "env".to_owned(), value: environment.to_owned() };
        Ok(CreateActivation {
            description: Some("made in the cockpit".to_owned()),
            iam_role: ROLE.to_owned(),
            registration_limit: Some(nodes),
            tags: (!environment.is_empty()).then(tag).into_iter().collect(),
            ..CreateActivation::default()
        })
    }

    fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let width = area.width.saturating_sub(4).min(70);
        let inner = overlay::popup(frame, area, cx.theme, "Register nodes", Size::new(width, 7));
        let line = |y: u16| Rect { y: inner.y + y, height: u16::from(y < inner.height), ..inner };
        self.nodes.view(frame, line(0), cx.theme, "nodes        ", "1", !self.on_environment);
        let hint = "tag env: prod, staging, .. or nothing";
        self.environment.view(frame, line(1), cx.theme, "environment  ", hint, self.on_environment);
        let said = [
            (3, "Makes a line that registers so many nodes within 24 hours.", Role::TextMuted),
            (4, "Enter makes it   Tab the other field   Esc closes", Role::KeyDoc),
        ];
        for (y, text, role) in said {
            let (style, ellipsis) = (cx.theme.style(role), cx.theme.symbols().ellipsis);
            if !line(y).is_empty() {
                paint::text(frame.buffer_mut(), inner.x, inner.y + y, inner.width, text, style, ellipsis);
            }
        }
    }
}

impl Invite {
    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        match self {
            Self::Asked(wish) => wish.draw(cx, frame, area),
            Self::Made(activation) => activation.draw(cx, frame, area),
        }
    }

    /// What can be copied.
    pub(super) fn line(&self, mirror: &Mirror) -> Option<String> {
        match self {
            Self::Asked(_) => None,
            Self::Made(activation) => Some(activation.line(mirror)),
        }
    }
}

impl Activation {
    pub(super) fn new(made: CreateActivationResult, nodes: i64) -> Self {
        Self { made, nodes }
    }

    /// What to type on the machine. Where the server has an authority of its own, its fingerprint goes along.
    fn line(&self, mirror: &Mirror) -> String {
        let server = if mirror.server.is_empty() { "SERVER_URL" } else { &mirror.server };
        let CreateActivationResult { activation_id, activation_code } = &self.made;
        let pinned = match mirror.caller.server().map(|server| &server.protection) {
            Some(Protection::OwnAuthority(fingerprint)) => format!(" --ca-fingerprint {fingerprint}"),
            Some(Protection::Plain) => String::from(" --allow-plain"),
            _ => String::new(),
        };
        format!(
            "pilothouse-agent register --server {server} --activation-id {activation_id} \
             --activation-code {activation_code}{pinned} && pilothouse-agent run"
        )
    }

    fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let line = self.line(cx.mirror);
        let width = area.width.saturating_sub(4).min(100);
        let inside = usize::from(width.saturating_sub(4)).max(1);
        let code = fold(&line, inside);
        let height = u16::try_from(code.len() + 7).unwrap_or(u16::MAX);
        let inner = overlay::popup(frame, area, cx.theme, "Register a node", Size::new(width, height));
        let good = match self.nodes {
            1 => String::from("Good for one node, for 24 hours; the code is shown only here."),
            nodes => format!("Good for {nodes} nodes, for 24 hours; the code is shown only here."),
        };
        let said = [("On the machine, as root:", Role::Text), ("", Role::Text)]
            .into_iter()
            .chain(code.iter().map(|part| (part.as_str(), Role::TextCode)))
            .chain([
                ("", Role::Text),
                (good.as_str(), Role::TextMuted),
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
    let first = if next.is_some() { format!("{first} &&") } else { first.to_owned() };
    let lines = fold_options(&first, width).into_iter().flat_map(|line| fold_word(line, width));
    lines.chain(next.into_iter().flat_map(|next| fold(next, width))).collect()
}

/// Breaks what is still too wide within a word, which goes on in the first column: so a shell puts it together again.
fn fold_word(line: String, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = line.as_str();
    while rest.len() > width.max(2) && rest.is_char_boundary(width.max(2) - 1) {
        let (first, next) = rest.split_at(width.max(2) - 1);
        lines.push(format!("{first}\\"));
        rest = next;
    }
    lines.push(rest.to_owned());
    lines
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
    use pilothouse_api::about::DescribeServerResult;

    #[test]
    fn the_line_is_what_the_agent_takes_and_the_code_is_in_no_log() {
        let made = CreateActivationResult {
            activation_id: "5f0c8f0e-8a0d-4b8e-9d55-0c6f3d3f9a01".to_owned(),
            activation_code: "s3cret-code-of-twenty".to_owned(),
        };
        let invite = Activation::new(made, 1);
        let mut mirror = Mirror::default();
        mirror.server = "https://ph.example:8440".to_owned();
        assert_eq!(
            fold(&invite.line(&mirror), 70),
            [
                "pilothouse-agent register --server https://ph.example:8440 \\",
                "  --activation-id 5f0c8f0e-8a0d-4b8e-9d55-0c6f3d3f9a01 \\",
                "  --activation-code s3cret-code-of-twenty &&",
                "pilothouse-agent run",
            ]
        );
        assert!(!format!("{:?}", Invite::Made(invite.clone())).contains("s3cret"));
        let fingerprint = format!("sha256:{}", "7f".repeat(32));
        mirror.described(DescribeServerResult {
            version: "0.1.0".to_owned(),
            account_id: "000000000000".to_owned(),
            protection: Protection::OwnAuthority(fingerprint.clone()),
        });
        let folded = fold(&invite.line(&mirror), 70);
        assert!(folded.iter().all(|line| line.len() <= 70), "{folded:#?}");
        let read_by_a_shell = folded.join("\n").replace("\\\n", "");
        assert!(read_by_a_shell.contains(&format!("--ca-fingerprint {fingerprint} &&")), "{read_by_a_shell}");
    }

    #[test]
    fn an_activation_is_for_as_many_nodes_as_may_be() {
        let wish = |nodes: &str| Wish { nodes: Line::new(nodes), ..Wish::default() }.request();
        assert_eq!(wish(" 1000 ").unwrap().registration_limit, Some(1000));
        for wrong in ["", "0", "1001", "-1", "many"] {
            assert!(wish(wrong).unwrap_err().contains("1 to 1000"), "{wrong}");
        }
    }
}
