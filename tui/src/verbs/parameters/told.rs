//! Answers as people read them. What came from elsewhere is made harmless.

use std::io::{self, Write};

use jiff::Timestamp;
use pilothouse_api::parameters::{
    BrowseParametersResult, ChangeKind, DiffParametersResult, DifferenceKind, ExportParametersResult,
    GetParameterBlameResult, ParameterChanges, ParameterDifference, PutParameterResult,
};
use pilothouse_api::timestamp;
use pilothouse_kit::safe;
use serde::Serialize;

use crate::arguments::parameters::Output;
use crate::verbs::VerbError;

/// The most columns of a value in a table.
const VALUE: usize = 60;

/// Prints an answer for programs as it is, for people as `table` does.
pub(super) fn answer<O: Write>(
    out: &mut O,
    output: Output,
    answer: &impl Serialize,
    table: impl FnOnce(&mut O) -> io::Result<()>,
) -> Result<(), VerbError> {
    match output {
        Output::Table => table(out)?,
        Output::Json => {
            let json = serde_json::to_string_pretty(answer).map_err(io::Error::from)?;
            writeln!(out, "{json}")?;
        }
    }
    Ok(())
}

fn rows<const N: usize>(head: [&str; N], rows: Vec<[String; N]>, out: &mut impl Write) -> io::Result<()> {
    let rows: Vec<[String; N]> = std::iter::once(head.map(str::to_owned))
        .chain(rows)
        .map(|row| row.map(|cell| safe::visible(&cell).into_owned()))
        .collect();
    let mut widths = [0; N];
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(safe::width(cell));
        }
    }
    for row in rows {
        let cells = widths.iter().zip(&row).map(|(width, cell)| safe::fit(cell, *width, ""));
        let line = cells.map(|cell| cell.to_string()).collect::<Vec<_>>().join("  ");
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

fn instant(at: timestamp::Timestamp) -> String {
    Timestamp::from_millisecond(at.0.0).map(|at| at.to_string()).unwrap_or_default()
}

pub(super) fn names(names: &[String], out: &mut impl Write) -> io::Result<()> {
    for name in names {
        writeln!(out, "{}", safe::visible(name))?;
    }
    Ok(())
}

pub(super) fn level(found: &BrowseParametersResult, out: &mut impl Write) -> io::Result<()> {
    let folders = found.folders.iter().map(|it| {
        let name = format!("{}/", it.path);
        [name, "folder".into(), String::new(), String::new(), String::new(), String::new()]
    });
    let parameters = found.parameters.iter().map(|it| {
        let (kind, version, at) = (it.r#type.clone(), it.version.to_string(), instant(it.last_modified_date));
        [it.name.clone(), kind, version, it.labels.join(","), at, it.last_modified_user.clone()]
    });
    let all = folders.chain(parameters).collect();
    rows(["NAME", "TYPE", "VERSION", "LABELS", "MODIFIED", "BY"], all, out)?;
    lost(&found.lost, out)
}

fn lost(lost: &[String], out: &mut impl Write) -> io::Result<()> {
    for name in lost {
        writeln!(out, "{}: its version of that time is not kept any more", safe::visible(name))?;
    }
    Ok(())
}

/// What is to be known of an export, beside its text.
pub(super) fn export_notes(found: &ExportParametersResult, notes: &mut impl Write) -> io::Result<()> {
    if !found.sealed.is_empty() {
        let names = found.sealed.join(", ");
        writeln!(notes, "sealed (--reveal opens them): {}", safe::visible(&names))?;
    }
    lost(&found.lost, notes)
}

pub(super) fn changes(found: &ParameterChanges, is_try: bool, out: &mut impl Write) -> io::Result<()> {
    let all = found.changes.iter().map(|it| {
        let word = match it.change {
            ChangeKind::Create => "create",
            ChangeKind::Update => "update",
            ChangeKind::Same => "same",
            ChangeKind::Refused => "refused",
        };
        let line = it.line.map(|line| line.to_string()).unwrap_or_default();
        let message = it.message.clone().unwrap_or_default();
        [word.to_owned(), it.name.clone(), it.r#type.clone(), line, message]
    });
    rows(["CHANGE", "NAME", "TYPE", "LINE", ""], all.collect(), out)?;
    match is_try {
        true => writeln!(out, "nothing was changed: a dry run"),
        false => writeln!(out, "{} written", found.written),
    }
}

pub(super) fn differences(found: &DiffParametersResult, out: &mut impl Write) -> io::Result<()> {
    let all = found.differences.iter().map(|it| {
        let sign = match it.change {
            DifferenceKind::Added => "+",
            DifferenceKind::Removed => "-",
            DifferenceKind::Changed => "~",
        };
        let left = side(it, it.left_version, it.left.as_deref());
        let right = side(it, it.right_version, it.right.as_deref());
        [sign.to_owned(), it.name.clone(), left, right, it.what.join(", ")]
    });
    rows(["", "NAME", "LEFT", "RIGHT", "CHANGED"], all.collect(), out)?;
    lost(&found.lost, out)
}

fn side(it: &ParameterDifference, version: Option<i64>, value: Option<&str>) -> String {
    match (version, value) {
        (None, _) => String::new(),
        (Some(_), Some(value)) => {
            let shown = safe::visible(value);
            let short: String = shown.chars().take(VALUE).collect();
            if short.len() < shown.len() { format!("{short}…") } else { short }
        }
        (Some(version), None) if it.is_secure => format!("•••••••• (version {version})"),
        (Some(version), None) => format!("version {version}"),
    }
}

pub(super) fn blame(found: &GetParameterBlameResult, out: &mut impl Write) -> io::Result<()> {
    let versions = found.versions.iter().map(|it| {
        let value = if it.value_changed { "changed" } else { "same" };
        let (labels, at) = (it.labels.join(","), instant(it.at));
        [
            it.version.to_string(),
            labels,
            value.into(),
            at,
            it.by.clone(),
            it.from.clone(),
            it.user_agent.clone(),
        ]
    });
    let head = ["VERSION", "LABELS", "VALUE", "AT", "BY", "FROM", "CLIENT"];
    rows(head, versions.collect(), out)?;
    writeln!(out, "\nread since {}:", instant(found.since))?;
    let readers = found
        .readers
        .iter()
        .map(|it| [it.who.clone(), instant(it.last), it.times.to_string(), it.opened.to_string()]);
    rows(["WHO", "LAST", "TIMES", "DECRYPTED"], readers.collect(), out)
}

pub(super) fn rolled_back(
    name: &str,
    version: i64,
    done: &PutParameterResult,
    out: &mut impl Write,
) -> io::Result<()> {
    writeln!(out, "{} has version {}, which is as version {version} was", safe::visible(name), done.version)
}

#[cfg(test)]
mod tests {
    use pilothouse_api::parameters::ParameterChange;

    use super::*;

    fn printed(print: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        print(&mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn changes_are_a_table_in_which_nothing_is_alive() {
        let refused = ParameterChange {
            name: "/app/\u{1b}[31mx".into(),
            change: ChangeKind::Refused,
            r#type: "String".into(),
            line: Some(3),
            message: Some("ValidationException: no".into()),
        };
        let found = ParameterChanges { changes: vec![refused], written: 0 };
        let text = printed(|out| changes(&found, true, out));
        assert!(!text.contains('\u{1b}'), "{text}");
        assert!(text.contains("refused") && text.ends_with("nothing was changed: a dry run\n"), "{text}");
    }

    #[test]
    fn what_is_sealed_is_a_row_of_dots() {
        let sealed = ParameterDifference {
            name: "/s".into(),
            is_secure: true,
            left_version: Some(1),
            right_version: Some(2),
            what: vec!["value".into()],
            ..ParameterDifference::default()
        };
        let found = DiffParametersResult { differences: vec![sealed], lost: vec!["/old".into()] };
        let text = printed(|out| differences(&found, out));
        assert!(text.contains("~  /s    •••••••• (version 1)  •••••••• (version 2)  value"), "{text}");
        assert!(text.contains("/old: its version"));
    }
}
