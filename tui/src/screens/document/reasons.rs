//! What makes no sense now, or is not allowed, and why.

use super::keys::Msg;
use super::state::Document;
use crate::manuscript;
use crate::route::DocumentTab;
use crate::screen::Cx;

/// The permission that a message needs, whatever the cursor is on.
pub(super) fn permission(msg: &Msg) -> Option<&'static str> {
    Some(match msg {
        Msg::Run => "ssm:SendCommand",
        Msg::Edit => "ssm:UpdateDocument",
        Msg::Duplicate => "ssm:CreateDocument",
        Msg::Default | Msg::DefaultOf(_) => "ssm:UpdateDocumentDefaultVersion",
        Msg::Delete | Msg::Deleted(_) => "ssm:DeleteDocument",
        Msg::Share(..) | Msg::Unshare(_) => "ssm:ModifyDocumentPermission",
        Msg::Untag(_) => "ssm:RemoveTagsFromResource",
        Msg::Review(_) => "ssm:UpdateDocumentMetadata",
        _ => return None,
    })
}

fn words(text: &str) -> Option<String> {
    Some(text.to_owned())
}

impl Document {
    pub(super) fn reason(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        if self.compared.is_some() && !matches!(msg, Msg::Diff(_) | Msg::Next(_) | Msg::Format | Msg::Move(_))
        {
            return words("a comparison is open: Esc closes it");
        }
        match msg {
            Msg::Run if !self.kind().is_empty() && self.kind() != "Command" => {
                words("only documents of type Command run on nodes")
            }
            Msg::Diff(_) if self.compared.is_none() => words("c compares two versions first"),
            Msg::Format if self.compared.is_none() => self.why_no_format(),
            Msg::Look | Msg::Next(_) if self.compared.is_none() && self.tab != DocumentTab::Content => {
                words("it is the text that is searched: content is the first tab")
            }
            Msg::Next(_) if self.compared.is_none() && self.code.search().is_none() => {
                words("nothing is looked for: / begins a search")
            }
            Msg::Mark | Msg::Compare | Msg::Default if self.version_here().is_none() => {
                words("it is about a version: versions is the second tab")
            }
            Msg::Compare if self.versions().len() < 2 => words("there is only one version"),
            _ if self.changes_it(msg) => self.why_no_change(msg, cx),
            _ => None,
        }
    }

    fn why_no_format(&self) -> Option<String> {
        match self.known.content.value().map(|it| it.document_format.as_str()) {
            None => words("the text is not there yet"),
            Some("TEXT") => words("it is neither JSON nor YAML"),
            Some(_) if self.tab != DocumentTab::Content => words("content is the first tab"),
            Some(_) => None,
        }
    }

    fn changes_it(&self, msg: &Msg) -> bool {
        match msg {
            Msg::Edit | Msg::Delete | Msg::Deleted(_) | Msg::Default | Msg::DefaultOf(_) | Msg::Remove => {
                true
            }
            Msg::Share(..) | Msg::Unshare(_) | Msg::Untag(_) | Msg::Review(_) => true,
            Msg::Add => {
                matches!(self.tab, DocumentTab::Permissions | DocumentTab::Tags | DocumentTab::Reviews)
            }
            _ => false,
        }
    }

    fn why_no_change(&self, msg: &Msg, cx: &Cx<'_>) -> Option<String> {
        if manuscript::is_built_in(self.owner()) {
            return words("it is built in: C copies it under a name of your own");
        }
        if !self.is_own(cx) {
            return Some(format!("it belongs to account {}", self.owner()));
        }
        // The editor keeps what is written, so it may be opened without a link.
        if !matches!(msg, Msg::Edit) && !cx.mirror.link.is_live() {
            return words("the server is not reached");
        }
        if !matches!(msg, Msg::Edit) && self.errand.is_busy() {
            return words("a change is under way");
        }
        let here = self.version_here();
        match msg {
            Msg::Default if here.is_some_and(|it| it.is_default_version) => {
                words("it is the default version")
            }
            Msg::Remove if here.is_some_and(|it| it.is_default_version && self.versions().len() > 1) => {
                words("the default version is not deleted: m makes another one the default first")
            }
            _ => denied(msg, self.tab, cx),
        }
    }

    /// Why nothing can be added as a tab does.
    pub(super) fn why_not_in(&self, tab: DocumentTab, cx: &Cx<'_>) -> Option<String> {
        self.why_no_change(&Msg::Add, cx).or_else(|| denied(&Msg::Add, tab, cx))
    }
}

/// What a key means by tab needs the permission of that.
fn denied(msg: &Msg, tab: DocumentTab, cx: &Cx<'_>) -> Option<String> {
    let permission = match (msg, tab) {
        (Msg::Add | Msg::Remove, DocumentTab::Permissions) => "ssm:ModifyDocumentPermission",
        (Msg::Add, DocumentTab::Tags) => "ssm:AddTagsToResource",
        (Msg::Remove, DocumentTab::Tags) => "ssm:RemoveTagsFromResource",
        (Msg::Add, DocumentTab::Reviews) => "ssm:UpdateDocumentMetadata",
        (Msg::Remove, _) => "ssm:DeleteDocument",
        _ => return None,
    };
    cx.mirror.caller.why_denied(permission).map(str::to_owned)
}
