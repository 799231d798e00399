//! What makes no sense now, and why.

use super::super::sheet::SheetMsg;
use super::keys::Msg;
use super::state::Parameter;
use crate::route::ParameterTab;
use crate::screen::Cx;

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

impl Parameter {
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        if self.sheet.is_some() {
            return self.reason_while_writing(msg, cx);
        }
        let changes = matches!(
            msg,
            Msg::Edit | Msg::Label | Msg::Tag | Msg::RollBack | Msg::Delete | Msg::RolledBack(_)
        );
        let calls = changes || matches!(msg, Msg::Reveal | Msg::CopyValue(_));
        if calls && !cx.mirror.link.is_live() {
            return words("the server is not reached");
        }
        if calls && self.gone {
            return words("it was deleted; Esc leaves");
        }
        if changes && self.errand.is_busy() {
            return words("a change is under way");
        }
        match msg {
            Msg::Sheet(_) => words("nothing is being written: e begins"),
            Msg::Diff(_) if self.texts.is_none() => words("nothing is compared: Enter in the history does"),
            Msg::Edit => self.reason_not_to_edit(),
            Msg::Reveal if self.texts.as_ref().is_some_and(super::super::texts::Texts::is_secret) => None,
            Msg::Reveal if self.dossier.kind.is_empty() => words("it is not known yet"),
            Msg::Reveal if !self.dossier.is_secret() => words("it is no secret"),
            Msg::Label if self.versions().is_empty() => words("its versions are not known yet"),
            Msg::Tag if self.dossier.tags.get().is_none() => words("its tags are not known yet"),
            Msg::Base | Msg::RollBack if self.tab != ParameterTab::History => {
                words("choose a version in its history first")
            }
            Msg::RollBack if self.version() == self.dossier.version() => words("this is the newest version"),
            Msg::Enter => self.reason_not_to_enter(),
            _ => None,
        }
    }

    fn reason_not_to_edit(&self) -> Option<String> {
        if self.dossier.metadata.get().is_none() {
            return self.dossier.metadata.refused.clone().or_else(|| words("it is not known yet"));
        }
        let unread = !self.dossier.is_secret() && self.dossier.value.text().is_none();
        if unread { words("what it holds is not known yet") } else { None }
    }

    fn reason_not_to_enter(&self) -> Option<String> {
        match self.tab {
            ParameterTab::History if self.versions().is_empty() => words("its versions are not known yet"),
            ParameterTab::History => None,
            ParameterTab::Uses if self.rows() > 0 => None,
            _ => words("there is nothing to open here"),
        }
    }

    fn reason_while_writing(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        match msg {
            Msg::Sheet(SheetMsg::Save | SheetMsg::Overwrite | SheetMsg::Fetch)
                if !cx.mirror.link.is_live() =>
            {
                words("the server is not reached; nothing that was typed is lost")
            }
            Msg::Sheet(_) => None,
            _ => words("a version is being written: Esc leaves it"),
        }
    }
}
