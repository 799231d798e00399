//! What can be chosen: what to do about a newer version, actions, texts to copy.

use super::keys::Msg;
use super::state::Editor;
use crate::effect::{Choice, Effect, Ladder, Question};
use crate::manuscript;
use crate::screen::{Cx, Screen};

impl Editor {
    /// Somebody saved a newer version meanwhile.
    pub(super) fn conflict_menu(&self) -> Effect<Msg> {
        let items = vec![
            Choice {
                detail: "see what is different; nothing is saved".to_owned(),
                ..Choice::new("compare with theirs", Msg::Compare)
            },
            Choice {
                detail: "theirs stays as a version before it".to_owned(),
                ..Choice::new("save mine after theirs", Msg::SaveOver)
            },
        ];
        let newer = self.origin.newer().map(|version| format!(": version {version}")).unwrap_or_default();
        let title = format!("Somebody saved a newer version meanwhile{newer}");
        Effect::Pick { title, items }
    }

    pub(super) fn ask_convert(&self) -> Effect<Msg> {
        Effect::Ask(Question {
            title: "Write it as JSON, without its notes?".to_owned(),
            card: vec!["JSON has no place for lines that begin with #; Ctrl-z brings them back.".to_owned()],
            ladder: Ladder::Yes,
            yes: Msg::ConvertNow,
        })
    }

    pub(super) fn ask_template(&self, kind: &'static str) -> Effect<Msg> {
        Effect::Ask(Question {
            title: format!("Begin anew with a {kind} document?"),
            card: vec!["What was written here is lost.".to_owned()],
            ladder: Ladder::Yes,
            yes: Msg::TemplateNow(kind),
        })
    }

    pub(super) fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let rows = [
            ("save it", Msg::Save),
            ("save it under a name of your own", Msg::SaveAs),
            ("write it in the other format", Msg::Convert),
            ("compare it with the newest version", Msg::Compare),
            ("begin with a template", Msg::Templates),
            ("run what was saved", Msg::Run),
            ("look at the document", Msg::Document),
        ];
        let items = rows
            .into_iter()
            .map(|(label, msg)| Choice { disabled: self.reason(&msg, cx), ..Choice::new(label, msg) });
        Effect::Pick { title: "Do".to_owned(), items: items.collect() }
    }

    pub(super) fn copy_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let mut texts = vec![("text", self.code.text())];
        if !self.name().is_empty() {
            let owner = self.origin.newest.value().map_or("", |it| &it.owner);
            texts.extend(manuscript::copies(self.name(), owner, cx.mirror.region(), None));
        }
        texts.push(("locator", Screen::route(self).to_string()));
        let items = texts.into_iter().map(|(label, text)| Choice {
            detail: text.lines().next().unwrap_or_default().to_owned(),
            ..Choice::new(label, Msg::CopyText(text))
        });
        Effect::Pick { title: "Copy".to_owned(), items: items.collect() }
    }
}
