//! What hurts is shown and asked before it is done: rolling back, deleting.

use super::super::texts::Texts;
use super::answers::{called, tickets};
use super::keys::Msg;
use super::state::Parameter;
use crate::effect::{Effect, Effects, Ladder, Level, Question, Ticket};
use crate::errand::Step;
use crate::screen::Cx;
use crate::{look, words};

/// So many lines of a change stand on a card.
const SHOWN: usize = 5;

impl Parameter {
    /// Shows what changes; what is asked comes when that is known.
    pub(super) fn show_roll_back(&mut self) -> Effects<Msg> {
        let (Some(to), Some(newest)) = (self.version(), self.dossier.version()) else { return Vec::new() };
        self.rolls_to = Some(to);
        let side = |version: i64| (format!("{}:{version}", self.name()), format!("version {version}"));
        let mut texts = Texts::of(side(newest), side(to));
        let calls = texts.ask(&mut tickets(&mut self.next));
        self.texts = Some(texts);
        called(calls)
    }

    /// What changes is known: asks.
    pub(super) fn ask_roll_back(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        let (Some(texts), Some(to)) = (&self.texts, self.rolls_to) else { return Vec::new() };
        if !texts.is_read() {
            return Vec::new();
        }
        let mut card = match texts.changed_lines(SHOWN) {
            Some(lines) if lines.is_empty() => vec!["It holds the same already.".to_owned()],
            Some(lines) => lines,
            None => vec!["What they hold is sealed, and stays so; Esc and = compare them.".to_owned()],
        };
        let next = self.dossier.version().map_or(to + 1, |newest| newest + 1);
        card.push(String::new());
        card.push(format!("It becomes version {next}; nothing of the history is lost."));
        self.rolls_to = None;
        let title = format!("Roll {} back to version {to}?", self.name());
        vec![Effect::Ask(Question { title, card, ladder: self.ladder(cx), yes: Msg::RolledBack(to) })]
    }

    fn ladder(&self, cx: &Cx<'_>) -> Ladder {
        let production = self.dossier.environment().filter(|environment| look::is_prod(environment));
        Ladder::of(1, production.as_deref(), cx.typed_from)
    }

    pub(super) fn ask_delete(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let mut card = Vec::new();
        match self.uses.get().map(Vec::as_slice) {
            Some([]) | None => {}
            Some(uses) => {
                let names: Vec<&str> = uses.iter().map(|it| it.document.as_str()).take(5).collect();
                card.push(format!("Documents refer to it: {}", names.join(", ")));
            }
        }
        if let Some(readers) = self.dossier.blame.get().map(|blame| blame.readers.len()).filter(|n| *n > 0) {
            card.push(format!("{} read it lately.", words::count(readers as u64, "principal")));
        }
        card.push("The tree as it was still shows it for 30 days: @.".to_owned());
        let title = format!("Delete {} with all its versions?", self.name());
        Effect::Ask(Question { title, card, ladder: self.ladder(cx), yes: Msg::Deleted })
    }

    pub(super) fn set_out(&mut self, steps: Vec<Step>) -> Effects<Msg> {
        if self.errand.is_busy() {
            return vec![Effect::Toast(Level::Info, "a change is under way".to_owned())];
        }
        self.errand.begin(steps);
        let ticket = self.ticket();
        self.errand.next(ticket).map(|request| Effect::Call(Ticket(ticket), request)).into_iter().collect()
    }
}
