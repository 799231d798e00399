//! What is known of a parameter, line by line: label and text.

use pilothouse_api::parameters::BrowsedParameter;
use pilothouse_kit::part::row;
use pilothouse_kit::theme::Role;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::dossier::Dossier;
use super::happened::who;
use super::value::{Value, mask};
use crate::screen::Cx;
use crate::screens::rows::{Said, pieces};
use crate::{look, spans, times, words};

/// Cells of a label.
const LABEL: usize = 12;

/// A line: what it is about, and what is said of it.
pub(super) type Fact = (&'static str, Vec<Said>);

/// Draws lines as far as there is room.
pub(super) fn draw(cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect, facts: &[Fact]) {
    for (n, (label, said)) in (0..area.height).zip(facts) {
        let mut line = vec![(Role::TextMuted, format!("{label:<LABEL$}"))];
        line.extend(said.iter().cloned());
        pieces(frame, row(area, n), cx.theme, &line);
    }
}

fn plain(text: impl Into<String>) -> Vec<Said> {
    vec![(Role::Text, text.into())]
}

/// What the tree alone tells of it.
pub(super) fn of_row(it: &BrowsedParameter, cx: &Cx<'_>) -> Vec<Fact> {
    let mut facts =
        vec![("Type", plain(kind(&it.r#type, &it.tier, &it.data_type, cx))), ("Version", version(it, cx))];
    if !it.labels.is_empty() {
        facts.push(("Labels", vec![(Role::Accent, it.labels.join(", "))]));
    }
    facts
}

/// The rest of what the tree tells of it.
pub(super) fn about(it: &BrowsedParameter) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    facts.extend(it.description.iter().map(|text| ("About", plain(text.clone()))));
    facts.extend(it.key_id.iter().map(|key| ("Key", plain(key.clone()))));
    facts
}

fn kind(kind: &str, tier: &str, data: &str, cx: &Cx<'_>) -> String {
    let bullet = cx.theme.symbols().bullet;
    let tier = tier.to_lowercase();
    if data.is_empty() || data == "text" {
        format!("{kind} {bullet} {tier}")
    } else {
        format!("{kind} {bullet} {tier} {bullet} {data}")
    }
}

fn version(it: &BrowsedParameter, cx: &Cx<'_>) -> Vec<Said> {
    let by = who(&it.last_modified_user);
    let at = times::instant(it.last_modified_date.0, cx);
    vec![(Role::TextStrong, it.version.to_string()), (Role::Text, at), (Role::TextMuted, format!("by {by}"))]
}

/// The value in one line, as far as it may be seen.
pub(super) fn value(dossier: &Dossier, cx: &Cx<'_>) -> Vec<Said> {
    let ellipsis = cx.theme.symbols().ellipsis;
    let mut said = match &dossier.value {
        Value::Unasked if dossier.is_secret() => vec![(Role::Text, mask(cx).to_owned())],
        Value::Unasked => vec![(Role::TextMuted, ellipsis.to_owned())],
        Value::Sealed => {
            vec![(Role::Text, mask(cx).to_owned()), (Role::TextMuted, "= shows it for 30 s".to_owned())]
        }
        Value::Opening(_) => vec![(Role::Info, format!("opening{ellipsis}"))],
        Value::Failed(why) => vec![(Role::Bad, why.clone())],
        Value::Open(text) | Value::Shown(text, _) => first_line(text.reveal()),
    };
    if let Some(left) = dossier.value.left(cx.now) {
        said.insert(0, (Role::Warn, format!("[{}]", spans::left(left))));
    }
    said
}

fn first_line(text: &str) -> Vec<Said> {
    let lines = text.lines().count();
    let mut said = vec![(Role::TextStrong, text.lines().next().unwrap_or_default().to_owned())];
    if lines > 1 {
        said.push((Role::TextMuted, format!("(+{})", words::count(lines as u64 - 1, "line"))));
    }
    said
}

/// What was asked for about it.
pub(super) fn of_dossier(dossier: &Dossier) -> Vec<Fact> {
    let mut facts: Vec<Fact> = Vec::new();
    if let Some(it) = dossier.metadata.get() {
        facts.extend(it.policies.iter().map(|policy| {
            let text = format!("{} ({})", policy.policy_type, policy.policy_status.to_lowercase());
            ("Policy", vec![(Role::Warn, text)])
        }));
    }
    match dossier.tags.get() {
        Some(tags) if tags.is_empty() => facts.push(("Tags", vec![(Role::TextMuted, "none".to_owned())])),
        Some(tags) => {
            let tag = |tag: &pilothouse_api::tags::Tag| {
                let env = matches!(tag.key.as_str(), "env" | "environment");
                (if env { look::env(&tag.value) } else { Role::Text }, format!("{}={}", tag.key, tag.value))
            };
            facts.push(("Tags", tags.iter().map(tag).collect()));
        }
        None => facts.extend(dossier.tags.refused.iter().map(|why| ("Tags", vec![(Role::Bad, why.clone())]))),
    }
    facts
}

/// Its versions, the newest first: number, when, by whom, labels.
pub(super) fn versions(dossier: &Dossier, cx: &Cx<'_>) -> Vec<Vec<Said>> {
    let Some(blame) = dossier.blame.get() else {
        return dossier.blame.refused.iter().map(|why| vec![(Role::Bad, why.clone())]).collect();
    };
    let line = |it: &pilothouse_api::parameters::VersionBlame| {
        let mut said = vec![
            (Role::TextStrong, format!("{:>4} ", it.version)),
            (Role::Text, format!("{:<10}", times::instant(it.at.0, cx))),
            (Role::TextMuted, who(&it.by).to_owned()),
        ];
        said.extend(it.labels.iter().map(|label| (Role::Accent, label.clone())));
        if !it.value_changed {
            said.push((Role::TextMuted, "same value".to_owned()));
        }
        said
    };
    blame.versions.iter().map(line).collect()
}
