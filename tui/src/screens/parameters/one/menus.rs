//! What can be chosen: actions, texts to copy.

use super::super::naming;
use super::keys::Msg;
use super::state::Parameter;
use crate::effect::{Choice, Effect};
use crate::route::ParameterTab;
use crate::screen::{Cx, Screen};

impl Parameter {
    pub(super) fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let rows = [
            ("put a new version", "e", Msg::Edit),
            ("show or hide the secret", "=", Msg::Reveal),
            ("roll back to the version", "b", Msg::RollBack),
            ("labels of the version", "L", Msg::Label),
            ("tags", "t", Msg::Tag),
            ("mark the version to compare with", "Space", Msg::Base),
            ("delete", "D", Msg::Delete),
        ];
        let items = rows.into_iter().map(|(label, key, msg)| Choice {
            detail: key.to_owned(),
            disabled: self.reason(&msg, cx),
            ..Choice::new(label, msg)
        });
        Effect::Pick { title: format!("Do with {}", self.name()), items: items.collect() }
    }

    pub(super) fn copy_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let text = |label: &str, text: String| Choice {
            detail: text.clone(),
            ..Choice::new(label, Msg::CopyText(text))
        };
        let name = self.name();
        let secret = |label: String, version| Choice {
            detail: "as a secret; it is not shown".to_owned(),
            disabled: self.reason(&Msg::CopyValue(version), cx),
            ..Choice::new(label, Msg::CopyValue(version))
        };
        let mut items = vec![text("name", name.to_owned()), secret("value".to_owned(), None)];
        if self.tab == ParameterTab::History
            && let Some(version) = self.version()
        {
            items.push(secret(format!("value of version {version}"), Some(version)));
        }
        items.push(text("aws line", naming::aws_line(name, self.dossier.is_secret())));
        items.push(text("in a document", format!("{{{{ssm:{name}}}}}")));
        items.extend(self.dossier.metadata.get().map(|it| text("ARN", it.arn.clone())));
        items.push(text("locator", Screen::route(self).to_string()));
        Effect::Pick { title: format!("Copy of {name}"), items }
    }
}
