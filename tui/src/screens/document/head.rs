//! The lines over the tabs: what it is, which version is shown, whether a calendar is open, what it does.

use pilothouse_kit::safe;
use pilothouse_kit::theme::Role;

use super::known::turn;
use super::list::in_words;
use super::state::Document;
use crate::manuscript;
use crate::screen::Cx;
use crate::screens::rows::Said;
use crate::times;

/// So many lines of what it does are shown.
const MOST_SAID: usize = 2;

impl Document {
    /// What it is, in a few lines.
    pub(super) fn head(&self, cx: &Cx<'_>, cells: usize) -> Vec<Vec<Said>> {
        let ellipsis = cx.theme.symbols().ellipsis;
        let Some(known) = self.known.description.value() else {
            let said = match self.known.description.trouble() {
                Some(why) if cx.mirror.link.is_live() => (Role::Bad, why.to_owned()),
                _ => (Role::Info, format!("loading{ellipsis}")),
            };
            return vec![vec![said]];
        };
        let bullet = cx.theme.symbols().bullet;
        let mut first: Vec<Said> = Vec::new();
        if manuscript::is_built_in(&known.owner) {
            first.push((Role::Chip, " built-in ".to_owned()));
        } else if !manuscript::is_own(&known.owner, cx) {
            first.push((Role::Chip, format!(" of {} ", known.owner)));
        }
        first.push((
            Role::TextStrong,
            format!("{} {}", known.document_type, known.schema_version).trim_end().to_owned(),
        ));
        first.push((Role::TextMuted, format!("{bullet} {}", self.version_said(cx))));
        if !known.platform_types.is_empty() {
            first.push((Role::TextMuted, format!("{bullet} {}", known.platform_types.join(", "))));
        }
        if let Some(status) = known.review_status.as_deref().filter(|status| *status != "NOT_REVIEWED") {
            first.push((Role::TextMuted, format!("{bullet} {}", in_words(status))));
        }
        if known.status != "Active" && !known.status.is_empty() {
            let why = known.status_information.as_deref().unwrap_or_default();
            first.push((Role::Warn, format!("{bullet} {} {why}", known.status)));
        }
        first.extend(self.standing(cx));
        let mut lines = vec![first];
        lines.extend(self.calendar(cx).map(|said| vec![said]));
        let description = safe::wrap(&known.description, cells.max(20));
        lines.extend(description.into_iter().take(MOST_SAID).map(|line| vec![(Role::TextMuted, line)]));
        lines
    }

    /// Which version is shown, and how it stands to the others.
    fn version_said(&self, cx: &Cx<'_>) -> String {
        let (Some(known), Some(content)) = (self.known.description.value(), self.known.content.value())
        else {
            return format!("loading{}", cx.theme.symbols().ellipsis);
        };
        let (shown, name) = (&content.document_version, content.version_name.as_deref());
        let named = name.map(|name| format!(" {name}")).unwrap_or_default();
        let mut said = format!("version {shown}{named}");
        if *shown == known.default_version {
            said += ", the default";
        } else {
            said += &format!(", default {}", known.default_version);
        }
        if *shown != known.latest_version {
            said += &format!(", newest {}", known.latest_version);
        }
        said + &format!(", made {}", times::instant(content.created_date.0, cx))
    }

    /// How far what is shown can be trusted, if that must be said.
    fn standing(&self, cx: &Cx<'_>) -> Option<Said> {
        let bullet = cx.theme.symbols().bullet;
        if self.errand.is_busy() {
            return Some((Role::Info, format!("{bullet} changing{}", cx.theme.symbols().ellipsis)));
        }
        let at = self.known.description.at()?;
        (!cx.mirror.link.is_live())
            .then(|| (Role::Warn, format!("{bullet} as of {}", times::instant(at, cx))))
    }

    /// Whether a calendar is open now, and until when.
    fn calendar(&self, cx: &Cx<'_>) -> Option<Said> {
        if self.kind() != "ChangeCalendar" {
            return None;
        }
        let symbols = cx.theme.symbols();
        let Some(state) = self.known.calendar.value() else {
            let why = self.known.calendar.trouble();
            return Some(why.map_or_else(
                || (Role::Info, format!("open or closed?{}", symbols.ellipsis)),
                |why| (Role::Bad, format!("open or closed is not known: {why}")),
            ));
        };
        let (role, sign, word) = if state.state == "OPEN" {
            (Role::StateOk, symbols.ok, "open: changes may be made")
        } else {
            (Role::StateFailed, symbols.failed, "closed: no changes")
        };
        let next = match state.next_transition_time.as_deref().map(|text| (turn(text), text)) {
            None => "; it is not known to change".to_owned(),
            Some((None, text)) => format!("; until {text}"),
            Some((Some(at), _)) => {
                let left = at.since(cx.now).max(0);
                format!("; until {}, for {}", times::exact(at, cx), times::rough(left))
            }
        };
        Some((role, format!("{sign} {word}{next}")))
    }
}
