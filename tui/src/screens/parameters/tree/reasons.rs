//! What makes no sense now, and why.

use super::super::sheet::SheetMsg;
use super::comparison::Comparison;
use super::keys::Msg;
use super::state::{Key, Parameters};
use crate::screen::Cx;

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

impl Parameters {
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        if self.sheet.is_some() {
            return self.reason_while_writing(msg, cx);
        }
        if self.comparison.is_some() && !is_in_comparison(msg) {
            return words("a comparison is open: Esc closes it");
        }
        let changes = matches!(
            msg,
            Msg::New
                | Msg::Task(_)
                | Msg::CopyTo
                | Msg::MoveTo
                | Msg::Delete
                | Msg::Deleted(_)
                | Msg::Import
                | Msg::Planned
        );
        if changes && self.at.is_some() {
            return words("this is the past, read only: @ and Enter go back to now");
        }
        let calls = matches!(
            msg,
            Msg::Reveal | Msg::CopyValue | Msg::Compare | Msg::Export | Msg::ExportTo(_) | Msg::Find
        );
        if (changes || calls) && !cx.mirror.link.is_live() {
            return words("the server is not reached");
        }
        if changes && (self.errand.is_busy() || self.plan_asks()) {
            return words("a change is under way");
        }
        self.reason_of_row(msg)
    }

    fn reason_of_row(&self, msg: &Msg) -> Option<String> {
        let on = self.on();
        match msg {
            Msg::Sheet(_) => words("nothing is being written: e or a begins"),
            Msg::Diff(_) if self.comparison.is_none() => words("nothing is compared: mark two, then C"),
            Msg::Now if self.at.is_none() => words("this is now"),
            Msg::Filter if self.at.is_some() => words("only what is now can be searched; f finds a name"),
            Msg::Unmark if self.marks.is_empty() => words("nothing is marked"),
            Msg::Delete if self.meant().is_empty() => words("there is nothing to delete"),
            Msg::Mark | Msg::Copy if on.is_none() => words("there is nothing here"),
            Msg::Describe | Msg::Task(_) | Msg::CopyValue => match on {
                Some(Key::Parameter(_)) => None,
                Some(Key::Folder(_)) => words("this is a folder"),
                None => words("there is nothing here"),
            },
            Msg::CopyTo | Msg::MoveTo if on.is_none() => words("there is nothing here"),
            Msg::Reveal if self.comparison.is_some() => match &self.comparison {
                Some(Comparison::Texts(texts)) if texts.is_secret() => None,
                _ => words("there is no secret to show here"),
            },
            Msg::Reveal => match on {
                Some(Key::Parameter(_)) if self.at.is_some() => {
                    words("what it held then is in its history: d")
                }
                Some(Key::Parameter(_)) if self.preview.is_secret() => None,
                Some(Key::Parameter(_)) => words("it is no secret"),
                _ => words("this is a folder"),
            },
            Msg::Compare if self.at.is_none() => self.reason_to_compare(),
            _ => None,
        }
    }

    fn reason_to_compare(&self) -> Option<String> {
        (self.marks.len() != 2).then(|| "mark two of them first, with Space".to_owned())
    }

    fn reason_while_writing(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        match msg {
            Msg::Sheet(SheetMsg::Save | SheetMsg::Fetch) if !cx.mirror.link.is_live() => {
                words("the server is not reached; nothing that was typed is lost")
            }
            Msg::Sheet(_) => None,
            _ => words("a parameter is being written: Esc leaves it"),
        }
    }
}

const fn is_in_comparison(msg: &Msg) -> bool {
    matches!(msg, Msg::Tree(_) | Msg::Diff(_) | Msg::Reveal)
}
