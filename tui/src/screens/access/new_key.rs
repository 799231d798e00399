//! A key that was just made: the one time that its secret is seen.
//!
//! In: the server's answer. Out: the secret on the clipboard or in a file that only its owner reads. It is zeroized when the
//! overlay closes, and stands in nothing that is printed, stored or compared for a test's message.
//! Never here: a second time.

use std::path::{Path, PathBuf};

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_api::access::CreateAccessKeyResult;
use pilothouse_kit::input::{Line, LineEvent};
use pilothouse_kit::theme::Role;
use pilothouse_kit::{overlay, paint};
use ratatui::Frame;
use ratatui::layout::{Rect, Size};

use super::keys::Msg;
use crate::effect::{Effect, Effects, Secret};
use crate::screen::{Cx, Input};

/// What can be said to it.
#[derive(Clone, Debug, PartialEq)]
pub enum NewKeyMsg {
    /// Put the secret on the clipboard.
    CopySecret,
    /// Put the id on the clipboard.
    CopyId,
    /// Type where the credentials file goes.
    Save,
    /// Something typed.
    Typed(Input),
    /// A key that means nothing here.
    Nothing,
}

/// The overlay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewKey {
    /// Whose it is.
    pub user: String,
    /// Its id.
    pub id: String,
    secret: Secret,
    path: Option<Line>,
    /// Where it is being written, then where it stands.
    file: PathBuf,
    /// Whether it went somewhere.
    kept: bool,
    /// Whether it was tried to close it before.
    warned: bool,
}

impl NewKey {
    pub(super) fn new(made: CreateAccessKeyResult) -> Self {
        Self {
            user: made.access_key.user_name,
            id: made.access_key.access_key_id,
            secret: Secret::new(made.secret_access_key),
            path: None,
            file: PathBuf::new(),
            kept: false,
            warned: false,
        }
    }

    /// `Esc`: leaves the field, or closes it; a key that went nowhere is not lost by one press.
    pub(super) fn may_close(&mut self) -> bool {
        if self.path.take().is_some() {
            return false;
        }
        self.kept || std::mem::replace(&mut self.warned, true)
    }

    /// Everything that is pressed is for it, but for the keys that close it.
    pub(super) fn typed(&self, input: &Input) -> Option<NewKeyMsg> {
        let Input::Key(key) = input else { return Some(NewKeyMsg::Typed(input.clone())) };
        if key.code == KeyCode::Esc {
            return None;
        }
        if self.path.is_some() {
            return Some(NewKeyMsg::Typed(input.clone()));
        }
        Some(match key.code {
            _ if key.modifiers.contains(KeyModifiers::CONTROL) => NewKeyMsg::Nothing,
            KeyCode::Char('y') => NewKeyMsg::CopySecret,
            KeyCode::Char('i') => NewKeyMsg::CopyId,
            KeyCode::Char('s' | 'w') => NewKeyMsg::Save,
            _ => NewKeyMsg::Nothing,
        })
    }

    pub(super) fn update(&mut self, msg: NewKeyMsg) -> Effects<Msg> {
        match msg {
            NewKeyMsg::CopySecret => {
                self.kept = true;
                vec![Effect::CopySecret(self.secret.clone())]
            }
            NewKeyMsg::CopyId => vec![Effect::Copy(self.id.clone())],
            NewKeyMsg::Save => {
                self.path = Some(Line::new(self.proposed()));
                Vec::new()
            }
            NewKeyMsg::Typed(input) => self.take(&input),
            NewKeyMsg::Nothing => Vec::new(),
        }
    }

    /// A file was written, or was not: only then the secret is out of danger.
    pub(super) fn saved(&mut self, path: &Path, well: bool) {
        self.kept |= well && path == self.file;
    }

    fn take(&mut self, input: &Input) -> Effects<Msg> {
        let Some(line) = &mut self.path else { return Vec::new() };
        let event = input.type_into(line);
        match event {
            LineEvent::Submit if !line.text().trim().is_empty() => {
                let path = PathBuf::from(line.text().trim());
                self.path = None;
                self.file.clone_from(&path);
                vec![Effect::SaveSecret { path, text: self.section() }]
            }
            LineEvent::Cancel => {
                self.path = None;
                Vec::new()
            }
            _ => Vec::new(),
        }
    }

    fn proposed(&self) -> String {
        format!("{}.credentials", self.user.trim_start_matches(['.', '-']))
    }

    /// A section of a credentials file, as the aws CLI, the SDKs and the cockpit read it.
    fn section(&self) -> Secret {
        let (user, id, secret) = (&self.user, &self.id, self.secret.reveal());
        Secret::new(format!("[{user}]\naws_access_key_id = {id}\naws_secret_access_key = {secret}\n"))
    }

    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let title = format!("Access key of {}: its secret is shown this once", self.user);
        let inner = overlay::popup(frame, area, cx.theme, &title, Size { width: 92, height: 14 });
        self.draw_lines(cx, frame, inner);
        let y = inner.bottom().saturating_sub(1).max(inner.y);
        let last = Rect { y, height: inner.height.min(1), ..inner };
        match &self.path {
            Some(line) => {
                line.view(frame, last, cx.theme, "save to ", "a new file, for its owner alone", true);
            }
            None => overlay::key_bar(
                frame.buffer_mut(),
                last,
                cx.theme,
                &[
                    ("s", "save as credentials file"),
                    ("y", "copy secret"),
                    ("i", "copy id"),
                    ("Esc", "close"),
                ],
            ),
        }
    }

    fn draw_lines(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, inner: Rect) {
        let server = if cx.mirror.server.is_empty() { "URL" } else { &cx.mirror.server };
        let file =
            if self.file.as_os_str().is_empty() { self.proposed() } else { self.file.display().to_string() };
        let profile = format!("AWS_SHARED_CREDENTIALS_FILE={file} AWS_PROFILE={}", self.user);
        let closing = if self.warned && !self.kept {
            (Role::Warn, "", "It was neither copied nor saved: Esc again closes this, and it is gone.")
        } else {
            (Role::TextMuted, "", "The server never tells it again. It is forgotten here when this closes.")
        };
        let lines: [(Role, &str, &str); 8] = [
            (Role::TextStrong, "Access key id", &self.id),
            (Role::TextStrong, "Secret key", self.secret.reveal()),
            (Role::Text, "", ""),
            closing,
            (Role::Text, "", ""),
            (Role::TextMuted, "", "Saved, it is for the cockpit and the aws CLI alike:"),
            (Role::TextCode, "", &profile),
            (Role::TextCode, "", &format!("    pilothouse --endpoint {server}")),
        ];
        let (theme, ellipsis, buffer) = (cx.theme, cx.theme.symbols().ellipsis, frame.buffer_mut());
        for (y, (role, label, text)) in (inner.y + 1..inner.bottom()).zip(lines) {
            let indent = if label.is_empty() { 0 } else { 16.min(inner.width) };
            paint::text(buffer, inner.x, y, indent, label, theme.style(Role::TextMuted), ellipsis);
            paint::text(buffer, inner.x + indent, y, inner.width - indent, text, theme.style(role), ellipsis);
        }
    }
}
