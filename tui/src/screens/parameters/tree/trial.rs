//! What a change would do, found out by the server and shown before it is made: copies, moves, files that are taken in.

use std::path::PathBuf;

use pilothouse_api::parameters::{ChangeKind, CopyParameters, ExportParameters, ParameterChanges};
use pilothouse_api::timestamp::Timestamp;
use pilothouse_kit::theme::Role;

use super::super::dossier::why;
use super::super::naming;
use super::comparison::{Comparison, Listing};
use super::keys::Msg;
use super::plans::Plan;
use super::prompt::{Ask, Prompt};
use super::state::{Key, Parameters};
use crate::effect::{CallError, Effect, Effects, Ladder, Level, Question, Reply, Request, Ticket};
use crate::screen::Cx;
use crate::words;

/// So many lines stand on a card.
const SHOWN: usize = 14;

/// A change that is tried out first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Change {
    pub(super) title: String,
    /// What is so after it.
    pub(super) done: String,
    /// As it is made in the end.
    pub(super) request: Request,
}

impl Parameters {
    /// Asks where what the cursor is on goes.
    pub(super) fn ask_where(&mut self, moves: bool) {
        let Some(key) = self.on().cloned() else { return };
        let ask = Ask::CopyTo { from: key.path().to_owned(), folder: matches!(key, Key::Folder(_)), moves };
        self.prompt = Some(Prompt::new(ask, key.path()));
    }

    /// Asks which file is taken in here.
    pub(super) fn ask_import(&mut self) {
        let folder = self.folder();
        self.prompt = Some(Prompt::new(Ask::Import { folder }, ""));
    }

    /// Asks which file what is here goes to.
    pub(super) fn ask_file(&mut self, reveal: bool) {
        let path = match self.on() {
            Some(key) => naming::slashed(key.path()).into_owned(),
            None => "/".to_owned(),
        };
        let name = match naming::leaf(&path) {
            "" => "parameters",
            leaf => leaf,
        };
        let name = format!("{name}.yaml");
        self.prompt = Some(Prompt::new(Ask::Export { path, reveal }, &name));
    }

    /// What was typed is a place, or a file: goes on from there.
    pub(super) fn plan(&mut self, ask: &Ask, text: &str) -> Effects<Msg> {
        match ask {
            Ask::CopyTo { from, folder, moves } => self.plan_copy(from, text, *folder, *moves),
            Ask::Import { .. } if super::plans::format(text.as_ref()).is_some() => {
                vec![Effect::Load(PathBuf::from(text))]
            }
            Ask::Export { path, reveal } => self.plan_export(path, text, *reveal),
            Ask::Import { .. } => {
                self.refuse(FORMATS.to_owned());
                Vec::new()
            }
            Ask::Filter | Ask::Find | Ask::At => Vec::new(),
        }
    }

    fn plan_copy(&mut self, from: &str, to: &str, folder: bool, moves: bool) -> Effects<Msg> {
        let wrong = naming::wrong(to).or_else(|| (to == from).then(|| "it is there already".to_owned()));
        if let Some(wrong) = wrong {
            self.refuse(wrong);
            return Vec::new();
        }
        self.prompt = None;
        let request = CopyParameters {
            from: from.to_owned(),
            to: to.to_owned(),
            recursive: folder.then_some(true),
            r#move: moves.then_some(true),
            dry_run: None,
        };
        let (verb, done) = if moves { ("Move", "moved") } else { ("Copy", "copied") };
        self.try_out(Change {
            title: format!("{verb} {from} to {to}?"),
            done: format!("{from} is {done} to {to}"),
            request: Request::CopyParameters(request),
        })
    }

    /// The file's name tells the format.
    fn plan_export(&mut self, path: &str, file: &str, reveal: bool) -> Effects<Msg> {
        let Some(format) = super::plans::format(file.as_ref()) else {
            self.refuse(FORMATS.to_owned());
            return Vec::new();
        };
        self.prompt = None;
        let asked = self.ticket();
        self.plan = Some(Plan::Write { file: PathBuf::from(file), asked });
        let request = ExportParameters {
            path: path.to_owned(),
            format: format.to_owned(),
            reveal: reveal.then_some(true),
            at: self.at.map(Timestamp),
        };
        vec![Effect::Call(Ticket(asked), Request::ExportParameters(request))]
    }

    /// Finds out what a change would do.
    pub(super) fn try_out(&mut self, change: Change) -> Effects<Msg> {
        let mut request = change.request.clone();
        match &mut request {
            Request::CopyParameters(it) => it.dry_run = Some(true),
            Request::ImportParameters(it) => it.dry_run = Some(true),
            _ => return Vec::new(),
        }
        let asked = self.ticket();
        self.plan = Some(Plan::Trial { change: Box::new(change), asked });
        vec![Effect::Call(Ticket(asked), request)]
    }

    /// What it would do is known: shows it, and asks if it can be made and changes something.
    pub(super) fn hear_trial(
        &mut self,
        change: Change,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        let told = match result {
            Ok(Reply::CopyParameters(told) | Reply::ImportParameters(told)) => told,
            other => {
                let said = why(other);
                let lines = said.lines().map(|line| (Role::Bad, line.to_owned())).collect();
                self.comparison = Some(Comparison::Listing(Listing::new("Nothing is written", lines)));
                return Vec::new();
            }
        };
        if told.changes.iter().any(|it| it.change == ChangeKind::Refused) {
            let title = "Nothing is written: some of it cannot be";
            self.comparison = Some(Comparison::Listing(Listing::new(title, lines(&told))));
            return Vec::new();
        }
        let changed: Vec<&str> = told
            .changes
            .iter()
            .filter(|it| it.change != ChangeKind::Same)
            .map(|it| it.name.as_str())
            .collect();
        if changed.is_empty() {
            return vec![Effect::Toast(Level::Info, "it is so already: nothing would change".to_owned())];
        }
        self.ask_change(change, &lines(&told), &changed, cx)
    }

    /// Asks before a change is made; its card holds what it does, as far as there is room.
    fn ask_change(
        &mut self,
        change: Change,
        all: &[(Role, String)],
        changed: &[&str],
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        let mut card: Vec<String> = all.iter().take(SHOWN).map(|(_, line)| line.clone()).collect();
        if all.len() > SHOWN {
            card.push(format!("and {} more", words::grouped((all.len() - SHOWN) as u64)));
        }
        let moved = match &change.request {
            Request::CopyParameters(it) if it.r#move == Some(true) => naming::production(&it.from),
            _ => None,
        };
        let production = moved.or_else(|| changed.iter().find_map(|name| naming::production(name)));
        let ladder = Ladder::of(changed.len(), production.as_deref(), cx.typed_from);
        let title = change.title.clone();
        self.plan = Some(Plan::Shown(Box::new(change)));
        vec![Effect::Ask(Question { title, card, ladder, yes: Msg::Planned })]
    }
}

const FORMATS: &str = "a file that ends in .json, .yaml or .env";

/// What would become of each.
fn lines(told: &ParameterChanges) -> Vec<(Role, String)> {
    let line = |it: &pilothouse_api::parameters::ParameterChange| {
        let (role, sign) = match it.change {
            ChangeKind::Create => (Role::Good, "+"),
            ChangeKind::Update => (Role::Warn, "~"),
            ChangeKind::Same => (Role::TextMuted, "="),
            ChangeKind::Refused => (Role::Bad, "!"),
        };
        let at = it.line.map_or_else(String::new, |line| format!("line {line}: "));
        let message = it.message.as_ref().map_or_else(String::new, |message| format!("  {message}"));
        (role, format!("{sign} {at}{}  {}{message}", it.name, it.r#type))
    };
    let mut lines: Vec<(Role, String)> = told.changes.iter().map(line).collect();
    // What cannot be matters first, what stays as it is last.
    lines.sort_by_key(|(role, _)| match role {
        Role::Bad => 0,
        Role::TextMuted => 2,
        _ => 1,
    });
    lines
}
