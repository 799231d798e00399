//! `pilothouse groups`: the outputs of a command, folded: who says the same, who says something else, and what.

use std::io::Write;

use pilothouse_api::folding::{DiffKind, DiffOutput, DiffOutputResult, Group, Normal, Side};
use pilothouse_api::protocol::{CommandId, InstanceId, Stream};
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{Client, EventStream, StreamEvent};
use pilothouse_kit::safe;
use serde_json::json;

use super::VerbError;
use crate::arguments::groups::{Groups, Kind};

/// Lines of a group's preview that are printed.
const PREVIEW: usize = 5;

/// Prints the groups as they are, or follows them; or what differs from the largest.
///
/// # Errors
/// When there is no such command, or it cannot be asked for or printed.
pub async fn groups(
    client: &Client,
    asked: &Groups,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<(), VerbError> {
    let wrong = |_| VerbError::Usage(format!("{:.80} is no command's id", asked.command));
    let command_id: CommandId = asked.command.parse().map_err(wrong)?;
    let has = |kind| asked.normalise.contains(&kind);
    let normal = Normal {
        timestamps: has(Kind::Timestamps),
        host_names: has(Kind::Hosts),
        numbers: has(Kind::Numbers),
    };
    if let Some(side) = &asked.diff {
        let right = match side.parse::<InstanceId>() {
            Ok(node) => Side::Node(node.to_string()),
            Err(_) => Side::Group(side.clone()),
        };
        let diff = DiffOutput { command_id: command_id.to_string(), normal, right, ..DiffOutput::default() };
        difference(&client.call(&diff).await?, asked.json, out)?;
    } else {
        follow(client, command_id, normal, asked, out, err).await?;
    }
    out.flush()?;
    Ok(())
}

/// All groups, as they were told.
struct Told {
    groups: Vec<Group>,
    nodes: u32,
    running: u32,
    more_groups: u32,
    complete: bool,
}

async fn follow(
    client: &Client,
    command_id: CommandId,
    normal: Normal,
    asked: &Groups,
    out: &mut impl Write,
    err: &mut impl Write,
) -> Result<(), VerbError> {
    let mut stream = EventStream::open(client.clone());
    stream.follow(Topic::Groups { command_id, normal, after: 0 });
    loop {
        let Some(event) = stream.next().await else {
            return Err(VerbError::Stream(String::from("the event stream ended")));
        };
        match event {
            StreamEvent::News {
                news: News::Groups { groups, nodes, running, more_groups, complete },
                more,
                ..
            } => {
                let told = Told { groups, nodes, running, more_groups, complete };
                let is_last = told.complete || (!asked.follow && !more);
                tell(&told, asked, is_last, out, err)?;
                if is_last {
                    return Ok(());
                }
            }
            StreamEvent::Refused { code, reason, .. } => {
                return Err(VerbError::Stream(format!("{code}: {reason}")));
            }
            StreamEvent::Broken { why } => return Err(VerbError::Stream(why)),
            _ => {}
        }
    }
}

/// Prints what is asked for, and in the meantime a line for people.
fn tell(
    told: &Told,
    asked: &Groups,
    is_last: bool,
    out: &mut impl Write,
    err: &mut impl Write,
) -> std::io::Result<()> {
    if asked.json && (asked.follow || is_last) {
        writeln!(out, "{}", object(told))?;
        out.flush()
    } else if is_last {
        table(told, out)
    } else {
        writeln!(err, "{}", summary(told))
    }
}

fn summary(told: &Told) -> String {
    let equal = told.groups.first().map_or(0, |group| group.count);
    let (groups, other) = (told.groups.len(), told.nodes.saturating_sub(equal));
    format!("{groups} groups: = {equal}, ≠ {other}; {} still run", told.running)
}

fn object(told: &Told) -> serde_json::Value {
    let group = |it: &Group| {
        json!({
            "id": it.id, "count": it.count, "soFar": it.so_far, "ended": it.ended, "exitCodes": it.exit_codes,
            "lines": it.lines, "stderrLines": it.stderr_lines, "bytes": it.bytes, "sample": it.sample,
            "nodes": it.names, "preview": String::from_utf8_lossy(&it.preview), "differsAt": it.differs_at,
            "outlier": it.outlier, "began": it.began,
        })
    };
    json!({
        "groups": told.groups.iter().map(group).collect::<Vec<_>>(), "nodes": told.nodes,
        "running": told.running, "moreGroups": told.more_groups, "complete": told.complete,
    })
}

fn table(told: &Told, out: &mut impl Write) -> std::io::Result<()> {
    for (number, group) in told.groups.iter().enumerate() {
        let sign = if number == 0 && group.began { '=' } else { '≠' };
        writeln!(out, "{sign} {}", facts(group, told.nodes))?;
        let preview = String::from_utf8_lossy(&group.preview);
        for line in preview.lines().take(PREVIEW) {
            writeln!(out, "      {}", safe::visible(line))?;
        }
    }
    if told.more_groups > 0 {
        writeln!(out, "and {} smaller groups", told.more_groups)?;
    }
    Ok(())
}

fn facts(group: &Group, nodes: u32) -> String {
    let mut facts = vec![format!("{} of {nodes}", group.count)];
    let names: Vec<_> = group.names.iter().map(|name| safe::visible(name)).collect();
    let more = group.count.saturating_sub(u32::try_from(names.len()).unwrap_or(u32::MAX));
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    facts.push(format!("{}{more}", names.join(", ")));
    facts.extend(group.ended.iter().map(|(state, count)| format!("{state} {count}")));
    if group.so_far > 0 {
        facts.push(format!("{} still run", group.so_far));
    }
    let codes = group.exit_codes.iter().filter(|(code, _)| *code != 0);
    facts.extend(codes.map(|(code, count)| format!("exit {code} on {count}")));
    if group.differs_at > 0 {
        facts.push(format!("differs at line {}", group.differs_at));
    }
    facts.push(format!("group {}", group.id));
    facts.join(" · ")
}

fn difference(told: &DiffOutputResult, json: bool, out: &mut impl Write) -> Result<(), VerbError> {
    if json {
        let object = serde_json::to_value(told);
        let object = object.map_err(|error| VerbError::Stream(format!("the answer is no JSON: {error}")))?;
        writeln!(out, "{object}")?;
        return Ok(());
    }
    writeln!(out, "--- {}", safe::visible(&told.left.title))?;
    writeln!(out, "+++ {}", safe::visible(&told.right.title))?;
    let mut before: Option<(Stream, Option<u32>, Option<u32>)> = None;
    for line in &told.lines {
        let follows = |number: Option<u32>, before: Option<u32>| {
            number.is_none() || before.is_none_or(|it| number == Some(it + 1))
        };
        let is_next = before.is_some_and(|(stream, left, right)| {
            stream == line.stream && follows(line.left, left) && follows(line.right, right)
        });
        if !is_next {
            let number = |at: Option<u32>| at.map_or_else(|| String::from("…"), |at| at.to_string());
            writeln!(out, "@@ -{} +{} @@ {:?}", number(line.left), number(line.right), line.stream)?;
        }
        let sign = match line.kind {
            DiffKind::Same => ' ',
            DiffKind::Added => '+',
            DiffKind::Removed => '-',
        };
        writeln!(out, "{sign}{}", safe::visible(&line.text))?;
        let (left, right) =
            before.filter(|it| it.0 == line.stream).map_or((None, None), |(_, left, right)| (left, right));
        before = Some((line.stream, line.left.or(left), line.right.or(right)));
    }
    if told.truncated {
        writeln!(out, "(there is more than could be compared)")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use pilothouse_api::folding::DiffLine;
    use pilothouse_api::protocol::InvocationState;

    use super::*;
    use crate::screens::fixtures::id;

    fn group(count: u32, preview: &str) -> Group {
        Group {
            id: "ab".into(),
            count,
            so_far: 1,
            ended: [(InvocationState::Failed, count - 1)].into(),
            exit_codes: vec![(3, count - 1)],
            lines: 2,
            stderr_lines: 0,
            bytes: 9,
            sample: id(1),
            names: vec!["we\x1bb".into()],
            preview: preview.into(),
            differs_at: 2,
            outlier: true,
            began: true,
        }
    }

    #[test]
    fn groups_are_told_with_their_facts_and_made_harmless() {
        let told = Told {
            groups: vec![group(3, "one\n\x1b[2Jtwo\n")],
            nodes: 4,
            running: 1,
            more_groups: 2,
            complete: true,
        };
        let mut out = Vec::new();
        table(&told, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "= 3 of 4 · we␛b and 2 more · Failed 2 · 1 still run · exit 3 on 2 · differs at line 2 · group ab\n      \
             one\n      ␛[2Jtwo\nand 2 smaller groups\n"
        );
        assert_eq!(summary(&told), "1 groups: = 3, ≠ 1; 1 still run");
    }

    #[test]
    fn a_difference_reads_like_any_other() {
        let line = |kind, left, right, text: &str| DiffLine {
            kind,
            stream: Stream::Stdout,
            left,
            right,
            text: text.to_owned(),
        };
        let told = DiffOutputResult {
            lines: vec![
                line(DiffKind::Same, Some(1), Some(1), "a"),
                line(DiffKind::Removed, Some(2), None, "b"),
                line(DiffKind::Added, None, Some(2), "c"),
                line(DiffKind::Same, Some(9), Some(9), "z"),
            ],
            ..DiffOutputResult::default()
        };
        let mut out = Vec::new();
        difference(&told, false, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "--- \n+++ \n@@ -1 +1 @@ Stdout\n a\n-b\n+c\n@@ -9 +9 @@ Stdout\n z\n"
        );
    }
}
