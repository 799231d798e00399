//! What makes no sense now, or is not allowed, and why.

use super::keys::Msg;
use super::state::{COMMAND, Editor, Format};
use crate::manuscript;
use crate::screen::Cx;

/// The permission that a message needs.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::SaveAs => "ssm:CreateDocument",
        Msg::SaveOver => "ssm:UpdateDocument",
        Msg::Run => "ssm:SendCommand",
        _ => return None,
    })
}

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

impl Editor {
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        if let Msg::Templates | Msg::Template(_) | Msg::TemplateNow(_) = msg {
            return if self.is_new() { None } else { words("a version is written of what is there") };
        }
        if !self.is_begun() && !matches!(msg, Msg::Copy | Msg::CopyText(_) | Msg::Actions) {
            return words("there is no text yet");
        }
        if self.compared.is_some()
            && !matches!(msg, Msg::Diff(_) | Msg::Next(_) | Msg::Move(_) | Msg::Convert)
        {
            return words("a comparison is open: Esc closes it");
        }
        match msg {
            Msg::Save | Msg::SaveAs | Msg::SaveOver => self.why_not_save(msg, cx),
            Msg::Convert if self.compared.is_some() => None,
            Msg::Convert => match (self.format(), self.kind.as_str()) {
                (Format::Text, _) => words("it is neither JSON nor YAML"),
                (_, "Package") => words("a package's manifest is JSON"),
                _ => None,
            },
            Msg::Compare if self.is_new() => words("the server has nothing to compare it with"),
            Msg::Compare if !cx.mirror.link.is_live() => words("the server is not reached"),
            Msg::Diff(_) if self.compared.is_none() => words("c compares it first"),
            Msg::Run if self.kind != COMMAND => words("only documents of type Command run on nodes"),
            Msg::Run if self.is_new() || self.is_unsaved() => {
                words("it runs as it is saved: Ctrl-s saves it first")
            }
            Msg::Document if self.is_new() => words("it was not saved yet"),
            _ => None,
        }
    }

    fn why_not_save(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        let creates = self.is_new() || matches!(msg, Msg::SaveAs);
        let permission = if creates { "ssm:CreateDocument" } else { "ssm:UpdateDocument" };
        if let Some(why) = cx.mirror.caller.why_denied(permission) {
            return Some(why.to_owned());
        }
        let owner = self.origin.newest.value().map_or("", |it| &it.owner);
        if !creates && manuscript::is_built_in(owner) {
            return words("it is built in: S saves it under a name of your own");
        }
        if !creates && !owner.is_empty() && !manuscript::is_own(owner, cx) {
            return words("it belongs to another account: S saves it under a name of your own");
        }
        if self.saving.is_some() {
            return words("it is being saved");
        }
        if !cx.mirror.link.is_live() {
            return words("the server is not reached; what is written stays here");
        }
        if self.code.is_blank() {
            return words("there is nothing in it");
        }
        if !creates && !self.is_unsaved() && self.is_as_the_newest() {
            return words("it is saved");
        }
        let finds = self.check.finds(self.code.revision());
        let first = self.check.findings().first().filter(|_| finds)?;
        Some(format!("line {}: {}", first.line, first.message))
    }

    /// Whether the text that it began with is the newest: an older one may be saved anew, which rolls back.
    fn is_as_the_newest(&self) -> bool {
        let began = self.origin.text.value().map(|it| it.document_version.as_str());
        let replaces = self.origin.replaces.as_deref();
        began.is_none() || replaces.is_none() || began == replaces || !self.began_earlier()
    }

    fn began_earlier(&self) -> bool {
        matches!(&self.draft, crate::route::Draft::Version { from: Some(_), .. })
    }
}
