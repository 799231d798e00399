//! Looking closer: at the pane beside, at what a line of it stands for, at the text of a policy.

use super::detail::Item;
use super::keys::Msg;
use super::paper::Paper;
use super::state::Access;
use super::table::Thing;
use crate::effect::{Choice, Effect, Effects, Level};
use crate::route::AccessTab;
use crate::screen::Cx;

impl Access {
    pub(super) fn look_closer(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if let Some(paper) = &mut self.paper {
            paper.typing = true;
            return Vec::new();
        }
        if self.tab == AccessTab::Simulate && !self.simulation.is_in_answers() {
            let ticket = self.ticket();
            return self.simulation.enter(ticket);
        }
        let item = if self.detail.focused { self.item(cx) } else { None };
        match (self.thing(cx), item) {
            (Some(Thing::Answer(answer)), None) => match &answer.because[..] {
                [] => vec![Effect::Toast(Level::Info, answer.explanation.clone())],
                [one] => {
                    let (policy, line) = (one.policy.clone(), one.line);
                    self.open_text(&policy, Some(line))
                }
                several => {
                    let items = several.iter().map(|because| Choice {
                        detail: because.reason.clone().unwrap_or_default(),
                        ..Choice::new(
                            format!("{} {} line {}", because.effect, because.policy, because.line),
                            Msg::Line(because.policy.clone(), because.line),
                        )
                    });
                    vec![Effect::Pick { title: "Which statement".to_owned(), items: items.collect() }]
                }
            },
            (Some(Thing::Policy(policy)), None) => {
                self.paper = Some(Paper::read(policy));
                Vec::new()
            }
            (_, Some(item)) => self.open_item(item, cx),
            (_, None) => {
                self.detail.focused = true;
                Vec::new()
            }
        }
    }

    fn open_item(&mut self, item: Item, cx: &Cx<'_>) -> Effects<Msg> {
        match item {
            Item::Policy(name) => return self.open_text(&name, None),
            Item::Statement { policy, line } => return self.open_text(&policy, Some(line)),
            Item::Group(name) => self.show(AccessTab::Groups, Some(name), cx),
            Item::User(name) => self.show(AccessTab::Users, Some(name), cx),
            Item::Holder(holder) => {
                let (kind, name) = holder.split_once('/').unwrap_or(("user", &holder));
                let tab = match kind {
                    "group" => AccessTab::Groups,
                    "role" => AccessTab::Roles,
                    _ => AccessTab::Users,
                };
                self.show(tab, Some(name.to_owned()), cx);
            }
            Item::Key(_) | Item::Ssh(_) => return vec![self.actions_menu(cx)],
        }
        Vec::new()
    }

    /// Opens a policy's text, at a line if one is given.
    pub(super) fn open_text(&mut self, name: &str, line: Option<u32>) -> Effects<Msg> {
        let Some(policy) = self.directory.policy(name) else {
            return vec![Effect::Toast(
                Level::Info,
                format!("policy {name} is not there, or not for you to see"),
            )];
        };
        let mut paper = Paper::read(policy);
        line.into_iter().for_each(|line| paper.go_to(line));
        self.paper = Some(paper);
        Vec::new()
    }

    pub(super) fn edit(&mut self, cx: &Cx<'_>) -> Effects<Msg> {
        if self.paper.is_none()
            && let Some(Thing::Policy(policy)) = self.thing(cx)
        {
            self.paper = Some(Paper::read(policy));
        }
        if let Some(paper) = &mut self.paper {
            paper.typing = true;
        }
        Vec::new()
    }
}
