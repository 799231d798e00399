//! Two values compared: of two parameters, or of two versions of one. What is sealed is compared once it is opened, for a while.

use pilothouse_api::parameters::GetParameter;
use pilothouse_api::protocol::Millis;
use pilothouse_kit::diff::Diff;
use pilothouse_kit::part::{down, row};
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::dossier::{Calls, SECURE, why};
use super::value::Value;
use crate::effect::{CallError, Reply, Request, Secret};
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};
use crate::{spans, words};

/// One of the two.
#[derive(Clone, Debug, PartialEq)]
struct Side {
    /// As it is asked for, perhaps with a version.
    name: String,
    /// As it is called over the text.
    title: String,
    value: Value,
    asked: Option<u32>,
}

/// Two values.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Texts {
    sides: [Side; 2],
    pub(super) diff: Option<Diff>,
}

impl Texts {
    /// The two of these names and titles.
    pub(super) fn of(before: (String, String), after: (String, String)) -> Self {
        let side = |(name, title)| Side { name, title, value: Value::Unasked, asked: None };
        Self { sides: [side(before), side(after)], diff: None }
    }

    /// Asks for both, as far as they are no secret.
    pub(super) fn ask(&mut self, next: &mut impl FnMut() -> u32) -> Calls {
        let call = |side: &mut Side| {
            let ticket = next();
            side.asked = Some(ticket);
            let request = GetParameter { name: side.name.clone(), with_decryption: None };
            (ticket, Request::GetParameter(request))
        };
        self.sides.iter_mut().map(call).collect()
    }

    /// Asks for what is sealed, to compare it in plain text.
    pub(super) fn open(&mut self, next: &mut impl FnMut() -> u32) -> Calls {
        let sealed = self.sides.iter_mut().filter(|side| side.value == Value::Sealed);
        let call = |side: &mut Side| {
            let ticket = next();
            side.value = Value::Opening(ticket);
            let request = GetParameter { name: side.name.clone(), with_decryption: Some(true) };
            (ticket, Request::GetParameter(request))
        };
        sealed.map(call).collect()
    }

    /// Whether this is the ticket of a question asked here.
    pub(super) fn awaits(&self, ticket: u32) -> bool {
        self.sides.iter().any(|side| side.asked == Some(ticket) || side.value.awaits(ticket))
    }

    /// Takes an answer to a question asked here.
    pub(super) fn take(&mut self, ticket: u32, result: Result<Reply, CallError>, now: Millis) {
        let ours = |side: &&mut Side| side.asked == Some(ticket) || side.value.awaits(ticket);
        let Some(side) = self.sides.iter_mut().find(ours) else { return };
        let opens = side.value.awaits(ticket);
        side.asked = None;
        match result {
            Ok(Reply::GetParameter(mut read)) => {
                let text = Secret::new(std::mem::take(&mut read.parameter.value));
                match (opens, read.parameter.r#type == SECURE) {
                    (true, true) => side.value.show(text, now),
                    (false, true) => side.value = Value::Sealed,
                    (_, false) => side.value = Value::Open(text),
                }
            }
            other => side.value = Value::Failed(why(other)),
        }
        self.settle();
    }

    fn settle(&mut self) {
        let texts = (self.sides[0].value.text(), self.sides[1].value.text());
        self.diff = match (texts, self.diff.take()) {
            ((Some(_), Some(_)), Some(diff)) => Some(diff),
            ((Some(before), Some(after)), None) => Some(Diff::new(before, after)),
            _ => None,
        };
    }

    /// Whether any of it is sealed, or was.
    pub(super) fn is_secret(&self) -> bool {
        self.sides
            .iter()
            .any(|side| !matches!(side.value, Value::Open(_) | Value::Unasked | Value::Failed(_)))
    }

    /// Whether something of it can be opened.
    pub(super) fn is_sealed(&self) -> bool {
        self.sides.iter().any(|side| side.value == Value::Sealed)
    }

    pub(super) fn hide(&mut self) {
        self.sides.iter_mut().for_each(|side| side.value.hide());
        self.settle();
    }

    pub(super) fn tick(&mut self, now: Millis) {
        self.sides.iter_mut().for_each(|side| side.value.tick(now));
        self.settle();
    }

    pub(super) fn wakes_at(&self) -> Option<Millis> {
        self.sides.iter().filter_map(|side| side.value.wakes_at()).min()
    }

    pub(super) fn draw(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        let symbols = cx.theme.symbols();
        let [before, after] = &self.sides;
        let mut said: Vec<Said> = vec![
            (Role::Bad, format!("- {}", before.title)),
            (Role::TextMuted, symbols.arrow.to_owned()),
            (Role::Good, format!("+ {}", after.title)),
        ];
        if let Some(diff) = &self.diff {
            let changes = u64::try_from(diff.changes()).unwrap_or(u64::MAX);
            let text = if diff.is_same() { "the same".to_owned() } else { words::count(changes, "change") };
            said.push((Role::TextMuted, format!("{} {text}", symbols.bullet)));
        }
        if let Some(left) = self.sides.iter().filter_map(|side| side.value.left(cx.now)).min() {
            said.push((Role::Warn, format!("{} seen for {}", symbols.bullet, spans::left(left))));
        }
        pieces(frame, row(area, 0), cx.theme, &said);
        let body = down(area, 1);
        match &self.diff {
            Some(diff) if diff.is_same() => {
                pieces(frame, row(body, 1), cx.theme, &[(Role::Good, "They hold the same.".to_owned())]);
            }
            Some(diff) => diff.view(frame, body, cx.theme),
            None => self.draw_why_not(cx, frame, down(body, 1)),
        }
    }

    fn draw_why_not(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
        for (n, side) in (0..).zip(&self.sides) {
            let said = match &side.value {
                Value::Failed(why) => (Role::Bad, format!("{}: {why}", side.title)),
                Value::Sealed => (Role::Text, format!("{}: sealed; = opens it for 30 s", side.title)),
                Value::Open(_) | Value::Shown(..) => continue,
                _ => (Role::TextMuted, format!("{}: reading{}", side.title, cx.theme.symbols().ellipsis)),
            };
            pieces(frame, row(area, n), cx.theme, &[said]);
        }
    }
}

impl Texts {
    /// Whether nothing is on its way any more.
    pub(super) fn is_read(&self) -> bool {
        self.sides.iter().all(|side| side.asked.is_none() && !matches!(side.value, Value::Opening(_)))
    }

    /// A few lines that go, and that come; nothing if what they hold must not be told.
    pub(super) fn changed_lines(&self, most: usize) -> Option<Vec<String>> {
        let [Value::Open(before), Value::Open(after)] = [&self.sides[0].value, &self.sides[1].value] else {
            return None;
        };
        let (before, after) = (before.reveal(), after.reveal());
        let lines = |sign: &str, of: &str, not_in: &str| {
            let others: Vec<&str> = not_in.lines().collect();
            let new: Vec<&str> = of.lines().filter(|line| !others.contains(line)).collect();
            let mut said: Vec<String> = new.iter().take(most).map(|line| format!("{sign} {line}")).collect();
            if new.len() > most {
                said.push(format!("{sign} and {} more lines", new.len() - most));
            }
            said
        };
        let mut said = lines("-", before, after);
        said.extend(lines("+", after, before));
        Some(said)
    }
}
