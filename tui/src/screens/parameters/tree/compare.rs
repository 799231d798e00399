//! Comparing, and reading a value for that or for the clipboard.

use pilothouse_api::parameters::{DiffParameters, DiffSide, GetParameter};
use pilothouse_api::timestamp::Timestamp;
use pilothouse_kit::theme::Role;

use super::super::dossier::why;
use super::super::naming;
use super::super::texts::Texts;
use super::comparison::{Comparison, Listing};
use super::keys::Msg;
use super::state::{Key, Parameters};
use crate::effect::{CallError, Effect, Effects, Level, Reply, Request, Secret, Ticket};
use crate::screen::Cx;

impl Parameters {
    pub(super) fn open_comparison(&mut self) -> Effects<Msg> {
        let mut next = self.ticket();
        let Some(Comparison::Texts(texts)) = &mut self.comparison else { return Vec::new() };
        let calls = texts.open(&mut Self::tickets(&mut next));
        self.skip_to(next);
        calls.into_iter().map(|(ticket, request)| Effect::Call(Ticket(ticket), request)).collect()
    }

    /// Compares what is marked; in the past, what the cursor is on with what it is now.
    pub(super) fn compare(&mut self) -> Effects<Msg> {
        let marks: Vec<Key> = self.marks.iter().cloned().collect();
        if let [Key::Parameter(before), Key::Parameter(after)] = &marks[..]
            && self.at.is_none()
        {
            let mut texts = Texts::of((before.clone(), before.clone()), (after.clone(), after.clone()));
            let mut next = self.ticket();
            let calls = texts.ask(&mut Self::tickets(&mut next));
            self.skip_to(next);
            self.comparison = Some(Comparison::Texts(Box::new(texts)));
            return calls
                .into_iter()
                .map(|(ticket, request)| Effect::Call(Ticket(ticket), request))
                .collect();
        }
        let at = self.at.map(Timestamp);
        let side = |path: &str, at| DiffSide { path: naming::slashed(path).into_owned(), at, version: None };
        let (title, left, right) = match (&marks[..], self.on()) {
            ([before, after], _) => (
                format!("{} compared with {}", before.path(), after.path()),
                side(before.path(), at),
                side(after.path(), at),
            ),
            (_, on) => {
                let path = on.map_or("/", Key::path);
                (format!("{path} then, compared with now"), side(path, at), side(path, None))
            }
        };
        let ticket = self.ticket();
        self.comparison = Some(Comparison::Awaited(title, ticket));
        let request = DiffParameters { left, right, reveal: None };
        vec![Effect::Call(Ticket(ticket), Request::DiffParameters(request))]
    }

    /// Puts the value on the clipboard; one that is sealed is read for that.
    pub(super) fn copy_value(&mut self) -> Effects<Msg> {
        if let Some(text) = self.preview.value.text() {
            return vec![Effect::CopySecret(Secret::new(text.to_owned()))];
        }
        let Some(name) = self.one().map(str::to_owned) else { return Vec::new() };
        let ticket = self.ticket();
        self.copying = Some(ticket);
        let request = GetParameter { name, with_decryption: Some(true) };
        vec![Effect::Call(Ticket(ticket), Request::GetParameter(request))]
    }

    /// Takes an answer to what is compared, or copied.
    pub(super) fn hear_value(
        &mut self,
        ticket: u32,
        result: Result<Reply, CallError>,
        cx: &Cx<'_>,
    ) -> Effects<Msg> {
        if self.copying.take_if(|copying| *copying == ticket).is_some() {
            return match result {
                Ok(Reply::GetParameter(mut read)) => {
                    vec![Effect::CopySecret(Secret::new(std::mem::take(&mut read.parameter.value)))]
                }
                other => vec![Effect::Toast(Level::Error, why(other))],
            };
        }
        match &mut self.comparison {
            Some(Comparison::Texts(texts)) if texts.awaits(ticket) => {
                texts.take(ticket, result, cx.now);
            }
            Some(Comparison::Awaited(title, asked)) if *asked == ticket => {
                let title = std::mem::take(title);
                let listing = match result {
                    Ok(Reply::DiffParameters(told)) => Listing::of(&title, &told),
                    other => Listing::new(&title, vec![(Role::Bad, why(other))]),
                };
                self.comparison = Some(Comparison::Listing(listing));
            }
            _ => {}
        }
        Vec::new()
    }
}
