//! The question "why may, or may not, X do Y on Z?", and its answers.
//!
//! In: what is typed or picked, the server's answer. Out: one question, a row per resource. Nothing is carried out.
//! Never here: what is decided.

mod picks;
mod question;
mod view;

pub(super) use view::HEIGHT;

use crossterm::event::{KeyCode, KeyModifiers};
use pilothouse_api::access::{SimulateAccessResult, Simulated};
use pilothouse_kit::input::{Line, LineEvent};

use super::keys::Msg;
use crate::effect::{CallError, Effect, Effects, Level, Request, Ticket};
use crate::screen::{Cx, Input};

/// A place in the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Spot {
    /// Who.
    Principal,
    /// What.
    Action,
    /// On what.
    Resources,
    /// Environments taken as armed.
    Armed,
    /// Whether it is taken as approved.
    Approved,
    /// The button.
    Ask,
    /// The answers.
    Answers,
}

impl Spot {
    /// Those of the form, in order.
    pub(super) const FORM: [Self; 6] =
        [Self::Principal, Self::Action, Self::Resources, Self::Armed, Self::Approved, Self::Ask];
}

/// What can be said to it.
#[derive(Clone, Debug, PartialEq)]
pub enum SimulationMsg {
    /// To the next place, or the one before.
    Step(bool),
    /// Something typed into the field.
    Typed(Input),
    /// Show what can be chosen here.
    Pick,
    /// Put this into the field.
    Fill(Spot, String),
    /// Ask.
    Ask,
}

/// Where the question stands.
#[derive(Clone, Debug, Default, PartialEq)]
enum Standing {
    #[default]
    NotAsked,
    Asking(u32),
    Answered(SimulateAccessResult),
    Failed(String),
}

/// The question.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    /// `root`, `user/…`, `role/…`; the caller if empty.
    pub principal: Line,
    /// The permission.
    pub action: Line,
    /// References with blanks or commas between.
    pub resources: Line,
    /// Environments.
    pub armed: Line,
    /// Whether it is taken as approved.
    pub approved: bool,
    /// Where the keys go.
    pub at: Spot,
    /// Whether what is typed goes into the field.
    pub typing: bool,
    standing: Standing,
    generation: u64,
}

impl Default for Simulation {
    fn default() -> Self {
        Self {
            principal: Line::default(),
            action: Line::default(),
            resources: Line::default(),
            armed: Line::default(),
            approved: false,
            at: Spot::Principal,
            typing: false,
            standing: Standing::NotAsked,
            generation: 0,
        }
    }
}

impl Simulation {
    /// Asks about somebody: what is asked is typed next.
    pub(super) fn about(&mut self, principal: &str) {
        self.principal = Line::new(principal);
        self.at = Spot::Action;
        self.typing = true;
    }

    /// The answers, in the order asked.
    #[must_use]
    pub fn answers(&self) -> &[Simulated] {
        match &self.standing {
            Standing::Answered(answer) => &answer.results,
            _ => &[],
        }
    }

    /// Counts answers.
    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether the list of answers has the keys.
    pub(super) fn is_in_answers(&self) -> bool {
        self.at == Spot::Answers && !self.answers().is_empty()
    }

    /// `Esc`: out of the field, then out of the answers.
    pub(super) fn step_back(&mut self) -> bool {
        if std::mem::take(&mut self.typing) {
            return true;
        }
        if self.at == Spot::Answers {
            self.at = Spot::Ask;
            return true;
        }
        false
    }

    fn line_mut(&mut self) -> Option<&mut Line> {
        Some(match self.at {
            Spot::Principal => &mut self.principal,
            Spot::Action => &mut self.action,
            Spot::Resources => &mut self.resources,
            Spot::Armed => &mut self.armed,
            Spot::Approved | Spot::Ask | Spot::Answers => return None,
        })
    }

    fn line(&self, spot: Spot) -> Option<&Line> {
        Some(match spot {
            Spot::Principal => &self.principal,
            Spot::Action => &self.action,
            Spot::Resources => &self.resources,
            Spot::Armed => &self.armed,
            Spot::Approved | Spot::Ask | Spot::Answers => return None,
        })
    }

    /// While a field is typed into: what is typed, and the keys that lead to the next field.
    pub(super) fn typed(&self, input: &Input) -> Option<SimulationMsg> {
        let line = self.line(self.at).filter(|_| self.typing)?;
        let Input::Key(key) = input else { return Some(SimulationMsg::Typed(input.clone())) };
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        // Behind a comma nothing was typed yet: there the list helps.
        let picks = line.is_empty() || line.before().trim_end().ends_with(',');
        match key.code {
            KeyCode::Esc => None,
            KeyCode::Char('c') if control => None,
            KeyCode::Enter if picks && picks::has(self.at) => Some(SimulationMsg::Pick),
            KeyCode::Tab | KeyCode::Down | KeyCode::Enter => Some(SimulationMsg::Step(true)),
            KeyCode::BackTab | KeyCode::Up => Some(SimulationMsg::Step(false)),
            _ => Some(SimulationMsg::Typed(input.clone())),
        }
    }

    pub(super) fn step(&mut self, forward: bool) {
        let here = Spot::FORM.iter().position(|spot| *spot == self.at).unwrap_or(Spot::FORM.len());
        let answers = usize::from(!self.answers().is_empty());
        let next =
            if forward { (here + 1).min(Spot::FORM.len() + answers - 1) } else { here.saturating_sub(1) };
        self.at = Spot::FORM.get(next).copied().unwrap_or(Spot::Answers);
        // On the way through the fields one goes on typing.
        self.typing = self.typing && self.line(self.at).is_some();
    }

    /// `Enter` on a place, while nothing is typed.
    pub(super) fn enter(&mut self, ticket: u32) -> Effects<Msg> {
        match self.at {
            Spot::Approved => self.approved = !self.approved,
            Spot::Ask | Spot::Answers => return self.ask(ticket),
            _ => self.typing = true,
        }
        Vec::new()
    }

    pub(super) fn take(&mut self, input: &Input) {
        let Some(line) = self.line_mut() else { return };
        let event = match input {
            Input::Key(key) => line.key(*key),
            Input::Paste(text) => line.paste(text),
        };
        if event == LineEvent::Cancel {
            self.typing = false;
        }
    }

    /// Puts what was picked into a field; into one that takes several, behind what stands there.
    pub(super) fn fill(&mut self, spot: Spot, text: &str) {
        self.at = spot;
        let several = matches!(spot, Spot::Resources | Spot::Armed);
        let Some(line) = self.line_mut() else { return };
        if several {
            let before = line.text().trim_end_matches([' ', ',']).to_owned();
            line.set(if before.is_empty() { text.to_owned() } else { format!("{before}, {text}") });
            self.typing = true;
        } else {
            line.set(text);
            self.typing = true;
            self.step(true);
        }
    }

    pub(super) fn ask(&mut self, ticket: u32) -> Effects<Msg> {
        if matches!(self.standing, Standing::Asking(_)) {
            return Vec::new();
        }
        match self.question() {
            Ok(question) => {
                self.typing = false;
                self.at = Spot::Ask;
                self.generation += 1;
                self.standing = Standing::Asking(ticket);
                vec![Effect::Call(Ticket(ticket), Request::SimulateAccess(question))]
            }
            Err((spot, why)) => {
                (self.at, self.typing) = (spot, true);
                vec![Effect::Toast(Level::Warn, why.to_owned())]
            }
        }
    }

    /// Takes the answer; says whether it was one.
    pub(super) fn answered(&mut self, ticket: u32, result: Result<SimulateAccessResult, CallError>) -> bool {
        if self.standing != Standing::Asking(ticket) {
            return false;
        }
        self.generation += 1;
        self.standing = match result {
            Ok(answer) => {
                self.at = if answer.results.is_empty() { Spot::Ask } else { Spot::Answers };
                Standing::Answered(answer)
            }
            Err(error) => Standing::Failed(error.message),
        };
        true
    }

    pub(super) fn pick(&self, cx: &Cx<'_>, directory: &super::directory::Directory) -> Effect<Msg> {
        picks::of(self.at, cx, directory)
    }
}
