//! What can be chosen: actions, texts to copy, how something is written to a file.

use super::super::naming;
use super::keys::Msg;
use super::state::{Key, Parameters};
use crate::effect::{Choice, Effect};
use crate::route::{ParameterTask, Route};
use crate::screen::{Cx, Screen};

impl Parameters {
    pub(super) fn actions_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let rows = [
            ("look closer", "d", Msg::Describe),
            ("put a new version", "e", Msg::Task(ParameterTask::Edit)),
            ("show or hide the secret", "=", Msg::Reveal),
            ("labels of the newest version", "L", Msg::Task(ParameterTask::Label)),
            ("tags", "t", Msg::Task(ParameterTask::Tag)),
            ("new parameter here", "a", Msg::New),
            ("copy to another path", "c", Msg::CopyTo),
            ("move to another path", "m", Msg::MoveTo),
            ("compare two marks, or then and now", "C", Msg::Compare),
            ("take a file in", "i", Msg::Import),
            ("write what is here to a file", "w", Msg::Export),
            ("the tree as it was", "@", Msg::At),
            ("leave the past", "", Msg::Now),
            ("delete", "D", Msg::Delete),
        ];
        let items = rows.into_iter().map(|(label, key, msg)| Choice {
            detail: key.to_owned(),
            disabled: self.reason(&msg, cx),
            ..Choice::new(label, msg)
        });
        Effect::Pick { title: "Do".to_owned(), items: items.collect() }
    }

    pub(super) fn copy_menu(&self, cx: &Cx<'_>) -> Effect<Msg> {
        let text = |label: &str, text: String| Choice {
            detail: text.clone(),
            ..Choice::new(label, Msg::CopyText(text))
        };
        let mut items = Vec::new();
        match self.on() {
            Some(Key::Parameter(name)) => {
                items.push(text("name", name.clone()));
                items.push(Choice {
                    detail: "as a secret; it is not shown".to_owned(),
                    disabled: self.reason(&Msg::CopyValue, cx),
                    ..Choice::new("value", Msg::CopyValue)
                });
                items.push(text("aws line", naming::aws_line(name, self.preview.is_secret())));
                items.push(text("in a document", format!("{{{{ssm:{name}}}}}")));
                items.extend(self.preview.metadata.get().map(|it| text("ARN", it.arn.clone())));
            }
            Some(Key::Folder(path)) => {
                items.push(text("path", path.clone()));
                let line = format!("aws ssm get-parameters-by-path --path {path} --recursive");
                items.push(text("aws line", line));
            }
            None => {}
        }
        let here: Route = Screen::route(self);
        items.push(text("locator", here.to_string()));
        Effect::Pick { title: "Copy".to_owned(), items }
    }

    pub(super) fn export_menu(&self) -> Effect<Msg> {
        let items = vec![
            Choice {
                detail: "secrets are named, not told".to_owned(),
                ..Choice::new("with secrets sealed", Msg::ExportTo(false))
            },
            Choice {
                detail: "readable by you alone; the audit trail says so".to_owned(),
                ..Choice::new("with secrets in plain text", Msg::ExportTo(true))
            },
        ];
        Effect::Pick { title: format!("Write {} to a file", self.folder()), items }
    }
}
