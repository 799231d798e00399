//! Changes to many parameters: what they would do is found out and shown first.

use std::path::{Path, PathBuf};

use pilothouse_api::parameters::{
    DeleteParameters, DescribeParameters, ExportParametersResult, ImportParameters, ParameterStringFilter,
};

use super::super::dossier::why;
use super::super::naming;
use super::keys::Msg;
use super::prompt::{Ask, Prompt};
use super::state::{Key, Parameters};
use super::trial::Change;
use crate::effect::{CallError, Effect, Effects, Ladder, Level, Question, Reply, Request, Secret, Ticket};
use crate::errand::Step;
use crate::screen::Cx;
use crate::words;

/// The most that is deleted at a time.
const MOST: usize = 1_000;
/// So many names stand on a card.
const NAMED: usize = 12;
/// AWS deletes so many with a call.
const BATCH: usize = 10;

/// What is being found out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plan {
    /// What stands below these folders, to delete it.
    Gather { folders: Vec<String>, names: Vec<String>, asked: u32 },
    /// What would become of a change, which is then made as it stands here.
    Trial { change: Box<Change>, asked: u32 },
    /// It was shown, and may be made.
    Shown(Box<Change>),
    /// What goes to this file.
    Write { file: PathBuf, asked: u32 },
}

impl Plan {
    /// Whether something secret stands in it.
    pub(super) const fn is_secret(&self) -> bool {
        match self {
            Self::Trial { change, .. } | Self::Shown(change) => {
                matches!(change.request, Request::ImportParameters(_))
            }
            Self::Gather { .. } | Self::Write { .. } => false,
        }
    }
}

impl Parameters {
    /// Finds out what would be deleted, then asks.
    pub(super) fn ask_delete(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let (mut names, mut folders) = (Vec::new(), Vec::new());
        for key in self.meant() {
            match key {
                Key::Parameter(name) => names.push(name),
                Key::Folder(path) => folders.push(path),
            }
        }
        if folders.is_empty() {
            return self.ask_deletion(names, cx);
        }
        self.gather(folders, names, None)
    }

    fn gather(
        &mut self,
        folders: Vec<String>,
        names: Vec<String>,
        next_token: Option<String>,
    ) -> Effects<Msg> {
        let asked = self.ticket();
        let filter = ParameterStringFilter {
            key: "Path".to_owned(),
            option: Some("Recursive".to_owned()),
            values: folders.last().cloned().into_iter().collect(),
        };
        let request = DescribeParameters {
            parameter_filters: vec![filter],
            max_results: Some(50),
            next_token,
            ..DescribeParameters::default()
        };
        self.plan = Some(Plan::Gather { folders, names, asked });
        vec![Effect::Call(Ticket(asked), Request::DescribeParameters(request))]
    }

    /// Takes an answer to what is being found out.
    pub(super) fn hear_plan(
        &mut self,
        ticket: u32,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        match self.plan.take() {
            Some(Plan::Gather { folders, names, asked }) if asked == ticket => {
                self.hear_page(folders, names, result, cx)
            }
            Some(Plan::Trial { change, asked }) if asked == ticket => self.hear_trial(*change, result, cx),
            Some(Plan::Write { file, asked }) if asked == ticket => saved(file, result),
            other => {
                self.plan = other;
                self.hear_value(ticket, result, cx)
            }
        }
    }

    /// A page of what stands below the last folder: goes on until all of it is known, then asks.
    fn hear_page(
        &mut self,
        mut folders: Vec<String>,
        mut names: Vec<String>,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        let page = match result {
            Ok(Reply::DescribeParameters(page)) => page,
            other => return vec![Effect::Toast(Level::Error, why(other))],
        };
        names.extend(page.parameters.into_iter().map(|it| it.name));
        if names.len() > MOST {
            let said = format!("more than {} parameters: delete in parts", words::grouped(MOST as u64));
            return vec![Effect::Toast(Level::Warn, said)];
        }
        if page.next_token.is_none() {
            folders.pop();
        }
        if folders.is_empty() {
            self.ask_deletion(names, cx)
        } else {
            self.gather(folders, names, page.next_token)
        }
    }

    fn ask_deletion(&mut self, mut names: Vec<String>, cx: &Cx<'_>) -> Effects<Msg> {
        names.sort();
        names.dedup();
        let n = u64::try_from(names.len()).unwrap_or(u64::MAX);
        let production = names.iter().find_map(|name| naming::production(name)).or_else(|| {
            let tagged = self.preview.environment().filter(|env| crate::look::is_prod(env));
            tagged.filter(|_| names.contains(&self.preview.name))
        });
        let title = match &names[..] {
            [] => return vec![Effect::Toast(Level::Info, "there is nothing in it".to_owned())],
            [one] => format!("Delete {one} with all its versions?"),
            _ => format!("Delete {} with all their versions?", words::count(n, "parameter")),
        };
        let mut card: Vec<String> = names.iter().take(NAMED).cloned().collect();
        if names.len() > NAMED {
            card.push(format!("and {} more", names.len() - NAMED));
        }
        card.push(String::new());
        card.push("The tree as it was still shows them for 30 days: @.".to_owned());
        let ladder = Ladder::of(names.len(), production.as_deref(), cx.typed_from);
        vec![Effect::Ask(Question { title, card, ladder, yes: Msg::Deleted(names) })]
    }

    pub(super) fn delete(&mut self, names: &[String]) -> Effects<Msg> {
        let step = |names: &[String]| {
            let done = match names {
                [one] => format!("{one} is deleted"),
                some => format!("{} are deleted", words::count(some.len() as u64, "parameter")),
            };
            Step::new(Request::DeleteParameters(DeleteParameters { names: names.to_vec() }), done)
        };
        self.set_out(names.chunks(BATCH).map(step).collect())
    }

    pub(super) fn set_out(&mut self, steps: Vec<Step>) -> Effects<Msg> {
        if self.errand.is_busy() {
            return vec![Effect::Toast(Level::Info, "a change is under way".to_owned())];
        }
        self.errand.begin(steps);
        let ticket = self.ticket();
        self.errand.next(ticket).map(|request| Effect::Call(Ticket(ticket), request)).into_iter().collect()
    }

    /// Whether something is being found out.
    pub(super) fn plan_asks(&self) -> bool {
        matches!(self.plan, Some(Plan::Gather { .. } | Plan::Trial { .. } | Plan::Write { .. }))
    }

    /// Makes the change that was shown.
    pub(super) fn carry_out_plan(&mut self) -> Effects<Msg> {
        match self.plan.take() {
            Some(Plan::Shown(change)) => self.set_out(vec![Step::new(change.request, change.done)]),
            other => {
                self.plan = other;
                Vec::new()
            }
        }
    }

    /// A file is there to be taken in: what it would do is found out.
    pub(super) fn take_file(&mut self, path: &Path, held: Result<Secret, String>) -> Effects<Msg> {
        let Some(Prompt { ask: Ask::Import { folder }, .. }) = &self.prompt else { return Vec::new() };
        let folder = folder.clone();
        let (held, format) = match (held, format(path)) {
            (Ok(held), Some(format)) => (held, format),
            (Err(why), _) => {
                self.refuse(why);
                return Vec::new();
            }
            (_, None) => return Vec::new(),
        };
        self.prompt = None;
        let request = ImportParameters {
            path: folder.clone(),
            format: format.to_owned(),
            content: held.reveal().to_owned(),
            dry_run: None,
            overwrite: Some(true),
            secure_names: Vec::new(),
            key_id: None,
        };
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        self.try_out(Change {
            title: format!("Take {name} into {folder}?"),
            done: format!("{name} is in {folder}"),
            request: Request::ImportParameters(request),
        })
    }
}

/// The format that a file's name tells.
pub(super) fn format(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(&[".json"]) {
        Some("json")
    } else if ends(&[".yaml", ".yml"]) {
        Some("yaml")
    } else if ends(&[".env"]) || name.starts_with(".env") || name == "env" {
        Some("dotenv")
    } else {
        None
    }
}

/// What was exported goes to its file.
fn saved(file: PathBuf, result: Result<Reply, CallError>) -> Effects<Msg> {
    match result {
        Ok(Reply::ExportParameters(mut written)) => {
            let text = Secret::new(std::mem::take(&mut written.content));
            let said = exported(&written);
            vec![Effect::SaveSecret { path: file, text }, Effect::Toast(Level::Info, said)]
        }
        other => vec![Effect::Toast(Level::Error, why(other))],
    }
}

fn exported(written: &ExportParametersResult) -> String {
    let count = words::count(u64::try_from(written.count).unwrap_or(0), "parameter");
    match written.sealed.len() {
        0 => count,
        n => format!("{count}, {n} of them sealed"),
    }
}
