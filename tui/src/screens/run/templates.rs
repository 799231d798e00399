//! Templates: a run with its targets and parameters under a name, to be taken up again and changed.
//!
//! In: what the server keeps, what is chosen, a name that is typed. Out: calls, the form filled in, questions before something is
//! replaced or deleted.
//! Never here: sending.

use pilothouse_api::commands::SendCommand;
use pilothouse_api::runs::{DeleteRunTemplate, ListRunTemplates, PutRunTemplate, RunTemplate};
use pilothouse_api::validate::is_name;
use pilothouse_kit::input::{Line, LineEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::document::Document;
use super::form::Form;
use super::keys::Msg;
use super::state::Run;
use super::takeover::Earlier;
use crate::effect::{CallError, Choice, Effect, Effects, Ladder, Level, Question, Reply, Request};
use crate::screen::{Cx, Input};
use crate::times;
use crate::words;

/// The most nodes that a template names one by one.
const MAX_IDS: usize = 50;

/// What the room knows of templates.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Templates {
    known: Vec<RunTemplate>,
    /// A name that is being typed.
    pub(super) naming: Option<Line>,
    /// The one that the form was filled in from, or was kept as.
    pub(super) used: Option<String>,
    /// One that is to be taken up as soon as it is known; any, if the name is empty.
    wanted: Option<String>,
    asked: Option<(u32, Asked)>,
}

/// What was asked of the server.
#[derive(Clone, Debug, PartialEq)]
enum Asked {
    /// All of them, to choose from.
    Choose,
    /// All of them, to take this one up.
    Use(String),
    /// All of them, to see whether a name is taken.
    Names,
    /// All of them, to choose the one that goes.
    Delete,
    /// To keep this.
    Put(String),
    /// To delete this.
    Gone(String),
}

impl Templates {
    /// None yet; one is to be taken up.
    pub(super) fn wanting(name: Option<String>) -> Self {
        Self { wanted: name, ..Self::default() }
    }

    fn get(&self, name: &str) -> Option<&RunTemplate> {
        self.known.iter().find(|template| template.name == name)
    }
}

impl Run {
    /// Takes up the template that it was entered with.
    pub(super) fn begin_template(&mut self) -> Effects<Msg> {
        match self.templates.wanted.take() {
            None => Vec::new(),
            Some(name) if name.is_empty() => self.list(Asked::Choose),
            Some(name) => self.list(Asked::Use(name)),
        }
    }

    fn list(&mut self, asked: Asked) -> Effects<Msg> {
        self.ask_templates(asked, Request::ListRunTemplates(ListRunTemplates {}))
    }

    fn ask_templates(&mut self, asked: Asked, request: Request) -> Effects<Msg> {
        let (ticket, call) = self.call(request);
        self.templates.asked = Some((ticket, asked));
        vec![call]
    }

    /// Draws the name that is being typed, and says whether there is one.
    pub(super) fn draw_naming(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) -> bool {
        let Some(name) = &self.templates.naming else { return false };
        name.view(frame, area, cx.theme, "keep as template ", "letters, digits and _ . -", true);
        true
    }

    pub(super) fn hear_of_templates(&mut self, msg: Msg, cx: &Cx<'_>) -> Effects<Msg> {
        match msg {
            Msg::Templates => self.list(Asked::Choose),
            Msg::UseTemplate(name) if self.is_unsent() => vec![Effect::Ask(Question {
                title: format!("Take up {name}, and lose what was typed?"),
                card: Vec::new(),
                ladder: Ladder::Yes,
                yes: Msg::TakeTemplate(name),
            })],
            Msg::UseTemplate(name) | Msg::TakeTemplate(name) => self.use_template(&name, cx),
            Msg::SaveTemplate => {
                let name = self.templates.used.clone().unwrap_or_default();
                self.templates.naming = Some(Line::new(name));
                self.list(Asked::Names)
            }
            Msg::Named(input) => self.name_template(&input, cx),
            Msg::PutTemplate(name) => self.put_template(&name),
            Msg::DeleteTemplate => self.list(Asked::Delete),
            Msg::AskDelete(name) => vec![Effect::Ask(Question {
                title: format!("Delete the template {name}?"),
                card: self.templates.get(&name).map(|it| about(it, cx)).into_iter().collect(),
                ladder: Ladder::Yes,
                yes: Msg::Deleted(name),
            })],
            Msg::Deleted(name) => {
                let request = Request::DeleteRunTemplate(DeleteRunTemplate { name: name.clone() });
                self.ask_templates(Asked::Gone(name), request)
            }
            _ => Vec::new(),
        }
    }

    /// Whether a ticket is one of these.
    pub(super) fn asked_template(&self, ticket: u32) -> bool {
        self.templates.asked.as_ref().is_some_and(|(asked, _)| *asked == ticket)
    }

    pub(super) fn hear_template(&mut self, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<Msg> {
        let Some((_, asked)) = self.templates.asked.take() else { return Vec::new() };
        let reply = match result {
            Ok(reply) => reply,
            Err(error) => return vec![Effect::Toast(Level::Error, format!("{}: {error}", failed(&asked)))],
        };
        if let Reply::ListRunTemplates(list) = reply {
            self.templates.known = list.templates;
        }
        match asked {
            Asked::Choose => vec![self.choose_template(cx)],
            Asked::Delete => vec![self.choose_doomed(cx)],
            Asked::Use(name) => self.use_template(&name, cx),
            Asked::Names => Vec::new(),
            Asked::Put(name) => {
                let said = format!("kept as the template {name}");
                self.templates.used = Some(name);
                vec![Effect::Toast(Level::Good, said)]
            }
            Asked::Gone(name) => {
                self.templates.used.take_if(|used| *used == name);
                vec![Effect::Toast(Level::Good, format!("the template {name} is deleted"))]
            }
        }
    }

    fn choose_template(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let known = &self.templates.known;
        if known.is_empty() {
            return Effect::Toast(
                Level::Info,
                "there is no template yet: w keeps this run as one".to_owned(),
            );
        }
        let mut items: Vec<Choice<Msg>> = known
            .iter()
            .map(|it| Choice {
                detail: about(it, cx),
                ..Choice::new(&it.name, Msg::UseTemplate(it.name.clone()))
            })
            .collect();
        let detail = "choose which".to_owned();
        items.push(Choice { detail, ..Choice::new("delete one", Msg::DeleteTemplate) });
        Effect::Pick { title: "Run from a template".to_owned(), items }
    }

    fn choose_doomed(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let choice = |it: &RunTemplate| Choice {
            detail: about(it, cx),
            ..Choice::new(&it.name, Msg::AskDelete(it.name.clone()))
        };
        let items: Vec<Choice<Msg>> = self.templates.known.iter().map(choice).collect();
        if items.is_empty() {
            return Effect::Toast(Level::Info, "there is no template".to_owned());
        }
        Effect::Pick { title: "Delete a template".to_owned(), items }
    }

    /// Fills the form in from a template; nothing of what stood there stays.
    fn use_template(&mut self, name: &str, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(template) = self.templates.get(name).cloned() else {
            return vec![Effect::Toast(Level::Warn, format!("there is no template {name:?}"))];
        };
        (self.form, self.document, self.from) = (Form::default(), None, None);
        (self.chosen, self.aside) = (Vec::new(), Vec::new());
        (self.tried, self.trouble) = (false, None);
        self.take_over(&Earlier::from(template.request));
        self.first_script = self.form.script.text();
        self.document.iter_mut().for_each(Document::settle);
        (self.field, self.typing) = (super::form::Field::Send, false);
        self.templates.used = Some(template.name);
        let mut effects = self.read_document(cx);
        effects.extend(self.resolve(cx));
        effects
    }

    fn name_template(&mut self, input: &Input, cx: &Cx<'_>) -> Effects<Msg> {
        let Some(line) = &mut self.templates.naming else { return Vec::new() };
        match input.type_into(line) {
            LineEvent::Submit => {}
            LineEvent::Cancel => {
                self.templates.naming = None;
                return Vec::new();
            }
            LineEvent::Changed | LineEvent::Moved | LineEvent::Ignored => return Vec::new(),
        }
        let name = line.text().trim().to_owned();
        if !is_name(&name) {
            let said = "a name has 1 to 128 letters, digits and _ . -, all of ASCII";
            return vec![Effect::Toast(Level::Warn, said.to_owned())];
        }
        self.templates.naming = None;
        match self.templates.get(&name) {
            None => self.put_template(&name),
            Some(there) => vec![Effect::Ask(Question {
                title: format!("Replace the template {name}?"),
                card: vec![about(there, cx)],
                ladder: Ladder::Yes,
                yes: Msg::PutTemplate(name),
            })],
        }
    }

    fn put_template(&mut self, name: &str) -> Effects<Msg> {
        let request = match self.kept() {
            Ok(request) => request,
            Err(why) => return vec![Effect::Toast(Level::Warn, why)],
        };
        let description = self.templates.get(name).map(|it| it.description.clone());
        let description = description.filter(|it| !it.is_empty()).or_else(|| request.comment.clone());
        let put =
            PutRunTemplate { name: name.to_owned(), description: description.unwrap_or_default(), request };
        self.ask_templates(Asked::Put(name.to_owned()), Request::PutRunTemplate(put))
    }

    /// What is kept: what would be sent, with the targets as they were meant.
    fn kept(&self) -> Result<SendCommand, String> {
        let mut command = SendCommand { template: None, ..self.command() };
        if self.is_by_tags() {
            command.targets = self.query().map(|query| query.targets).unwrap_or_default();
            return Ok(command);
        }
        let nodes = self.crew.nodes();
        if nodes.len() > MAX_IDS {
            return Err(format!("a template names at most {MAX_IDS} nodes: choose them by tags"));
        }
        command.instance_ids = nodes.iter().map(|node| node.instance_id.to_string()).collect();
        Ok(command)
    }
}

/// What a template runs, where, and when it was used last.
fn about(template: &RunTemplate, cx: &Cx<'_>) -> String {
    let request = &template.request;
    let mut said = vec![template.description.clone()];
    let script = request
        .parameters
        .get("commands")
        .and_then(|lines| lines.iter().find(|line| !line.trim().is_empty()));
    said.push(
        script.map_or_else(|| request.document_name.clone(), |line| line.trim().chars().take(40).collect()),
    );
    said.push(match request.targets.is_empty() {
        true if request.instance_ids.is_empty() => "no targets".to_owned(),
        true => words::count(request.instance_ids.len() as u64, "node"),
        false => {
            let target =
                |it: &pilothouse_api::commands::Target| format!("{}={}", it.key, it.values.join(","));
            request.targets.iter().map(target).collect::<Vec<_>>().join(" ")
        }
    });
    said.push(match template.last_used {
        Some(at) => format!("used {}", times::instant(at.0, cx)),
        None => "never used".to_owned(),
    });
    said.retain(|part| !part.is_empty());
    said.join(", ")
}

fn failed(asked: &Asked) -> String {
    match asked {
        Asked::Put(name) => format!("not kept as {name}"),
        Asked::Gone(name) => format!("{name} is not deleted"),
        Asked::Choose | Asked::Use(_) | Asked::Names | Asked::Delete => "templates are not known".to_owned(),
    }
}
