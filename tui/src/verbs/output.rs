//! `pilothouse output`: what the runs of a command printed, whole, as a pipe takes it; followed, or searched.
//!
//! One node's output is passed on to the byte, each stream to its own. That of several is printed line by line, each behind its
//! node's name. A range that was not kept is said on standard error.

use std::collections::BTreeMap;
use std::io::Write;

use pilothouse_api::commands::{Hit, SearchQuery};
use pilothouse_api::protocol::{Chunk, CommandId, InstanceId, Payload, Stream};
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{Client, EventStream, StreamEvent, Ticket};
use pilothouse_kit::safe;
use serde_json::json;

use super::lines::{Form, Lines, instant};
use super::{FAILED, VerbError};
use crate::arguments::output::Output;

/// Prints it, and gives the exit status: 1 when a search found nothing.
///
/// # Errors
/// When there is no such command or node of it, or it cannot be asked for or printed.
pub async fn output<O: Write, E: Write>(
    client: &Client,
    asked: &Output,
    form: Form,
    out: O,
    err: E,
) -> Result<u8, VerbError> {
    let wrong = |_| VerbError::Usage(format!("{:.80} is no command's id", asked.command));
    let command: CommandId = asked.command.parse().map_err(wrong)?;
    let mut stream = EventStream::open(client.clone());
    let names = names(&mut stream, &command).await?;
    let node = asked.node.as_deref().map(|node| chosen(node, &names)).transpose()?;
    let (topic, is_raw) = match (&asked.search, &node) {
        (Some(text), _) => (search(asked, command, text, node.clone()), false),
        (None, Some(node)) => {
            let topic = Topic::Output { command_id: command, instance_id: node.clone(), from: 0 };
            (topic, form == Form::Plain && !asked.timestamps)
        }
        (None, None) => (Topic::Merged { command_id: command, from: BTreeMap::new(), after: 0 }, false),
    };
    let ticket = stream.follow(topic);
    let mut lines = Lines::new(out, err, form, names);
    if node.is_some() {
        lines = lines.of_one();
    }
    if asked.timestamps {
        lines = lines.timed();
    }
    let printer = Printer { lines, form, is_raw, asked, node, found: false };
    follow(&mut stream, ticket, printer).await
}

/// The names of the command's nodes, as they were when it was sent.
async fn names(
    stream: &mut EventStream,
    command: &CommandId,
) -> Result<BTreeMap<InstanceId, String>, VerbError> {
    let ticket = stream.follow(Topic::Command { command_id: command.clone(), after: 0 });
    let mut names = BTreeMap::new();
    loop {
        if let Some((News::Command { invocations, .. }, more)) = next(stream, ticket).await? {
            names.extend(invocations.into_iter().map(|run| (run.instance_id, run.node_name)));
            if !more {
                stream.unfollow(ticket);
                return Ok(names);
            }
        }
    }
}

/// The next news of a topic, and whether more follow at once.
async fn next(stream: &mut EventStream, wanted: Ticket) -> Result<Option<(News, bool)>, VerbError> {
    match stream.next().await {
        Some(StreamEvent::News { ticket, news, more, .. }) if ticket == wanted => Ok(Some((news, more))),
        Some(StreamEvent::Refused { code, reason, .. }) => {
            Err(VerbError::Stream(format!("{code}: {reason}")))
        }
        Some(StreamEvent::Broken { why }) => Err(VerbError::Stream(why)),
        Some(_) => Ok(None),
        None => Err(VerbError::Stream(String::from("the event stream ended"))),
    }
}

/// The node that is meant by a name or an id.
fn chosen(node: &str, names: &BTreeMap<InstanceId, String>) -> Result<InstanceId, VerbError> {
    let called: Vec<&InstanceId> =
        names.iter().filter(|(id, name)| id.as_str() == node || *name == node).map(|(id, _)| id).collect();
    match called[..] {
        [one] => Ok(one.clone()),
        [] => Err(VerbError::Usage(format!("the command was not sent to {}", safe::visible(node)))),
        _ => {
            let ids = called.into_iter().map(InstanceId::as_str).collect::<Vec<_>>().join(", ");
            Err(VerbError::Usage(format!("several nodes are called {}: {ids}", safe::visible(node))))
        }
    }
}

fn search(asked: &Output, command_id: CommandId, text: &str, node: Option<InstanceId>) -> Topic {
    let query = SearchQuery {
        text: text.to_owned(),
        regex: asked.regex,
        ignore_case: asked.ignore_case,
        stream: asked.stderr.then_some(Stream::Stderr),
        nodes: node.into_iter().collect(),
    };
    Topic::Search { command_id, query, from: BTreeMap::new(), after: 0 }
}

async fn follow<O: Write, E: Write>(
    stream: &mut EventStream,
    ticket: Ticket,
    mut printer: Printer<'_, O, E>,
) -> Result<u8, VerbError> {
    loop {
        let Some((news, more)) = next(stream, ticket).await? else { continue };
        let is_complete = printer.print(news)?;
        printer.lines.flush()?;
        if is_complete || (!more && !printer.asked.follow) {
            printer.lines.finish()?;
            let is_vain = printer.asked.search.is_some() && !printer.found;
            return Ok(if is_vain { FAILED } else { 0 });
        }
    }
}

struct Printer<'a, O: Write, E: Write> {
    lines: Lines<O, E>,
    form: Form,
    /// One node's output, to the byte.
    is_raw: bool,
    asked: &'a Output,
    node: Option<InstanceId>,
    found: bool,
}

impl<O: Write, E: Write> Printer<'_, O, E> {
    /// Prints news; whether they were the last.
    fn print(&mut self, news: News) -> Result<bool, VerbError> {
        match news {
            News::Output { chunks, complete } => {
                let node = self.node.clone();
                for chunk in chunks {
                    if let Some(node) = &node {
                        self.chunk(node, chunk)?;
                    }
                }
                Ok(complete)
            }
            News::Merged { chunks, complete } => {
                for (node, chunk) in chunks {
                    self.chunk(&node, chunk)?;
                }
                Ok(complete)
            }
            News::Hits { hits, complete, .. } => {
                self.found |= !hits.is_empty();
                for hit in &hits {
                    self.hit(hit)?;
                }
                Ok(complete)
            }
            _ => Ok(false),
        }
    }

    fn chunk(&mut self, node: &InstanceId, mut chunk: Chunk) -> Result<(), VerbError> {
        let is_hole = matches!(chunk.payload, Payload::Dropped { .. });
        if self.asked.stderr && !is_hole {
            if chunk.stream != Stream::Stderr {
                return Ok(());
            }
            // What alone was asked for is what a pipe is to get.
            if self.form != Form::Json {
                chunk.stream = Stream::Stdout;
            }
        }
        match &chunk.payload {
            Payload::Data(bytes) if self.is_raw && chunk.stream == Stream::Stdout => {
                self.lines.out.write_all(bytes)?;
            }
            Payload::Data(bytes) if self.is_raw => self.lines.err.write_all(bytes)?,
            _ => self.lines.chunk(node, &chunk)?,
        }
        Ok(())
    }

    fn hit(&mut self, hit: &Hit) -> Result<(), VerbError> {
        let (name, line) = (self.lines.name(&hit.instance_id), hit.line + 1);
        if self.form == Form::Json {
            let object = json!({
                "type": "hit", "node": name, "id": hit.instance_id, "line": line, "offset": hit.offset,
                "stream": super::lines::word(hit.stream), "at": instant(hit.at),
                "text": String::from_utf8_lossy(&hit.text), "ranges": hit.ranges,
            });
            writeln!(self.lines.out, "{object}")?;
            return Ok(());
        }
        if self.asked.timestamps {
            write!(self.lines.out, "{} ", instant(hit.at))?;
        }
        if self.node.is_none() {
            write!(self.lines.out, "{name}:")?;
        }
        write!(self.lines.out, "{line}: ")?;
        if self.form == Form::Terminal {
            let text = String::from_utf8_lossy(&hit.text);
            self.lines.out.write_all(safe::visible(&text).as_bytes())?;
        } else {
            self.lines.out.write_all(&hit.text)?;
        }
        writeln!(self.lines.out)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pilothouse_api::protocol::Millis;

    use super::*;
    use crate::screens::fixtures::{chunk, id};

    fn asked(words: &[&str]) -> Output {
        use clap::Parser;
        let all = ["pilothouse", "output", "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11"].iter().chain(words);
        let arguments = crate::arguments::Arguments::parse_from(all);
        let Some(crate::arguments::Verb::Output(asked)) = arguments.verb else { panic!("another verb") };
        asked
    }

    fn printed(asked: &Output, form: Form, node: Option<InstanceId>, news: Vec<News>) -> (String, String) {
        let names = [(id(1), "web-1".into()), (id(2), "web-2".into())].into();
        let mut lines = Lines::new(Vec::new(), Vec::new(), form, names);
        if node.is_some() {
            lines = lines.of_one();
        }
        if asked.timestamps {
            lines = lines.timed();
        }
        let is_raw = form == Form::Plain && node.is_some() && !asked.timestamps;
        let mut printer = Printer { lines, form, is_raw, asked, node, found: false };
        for news in news {
            printer.print(news).unwrap();
        }
        printer.lines.finish().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(printer.lines.out), text(printer.lines.err))
    }

    fn said(text: &str, stream: Stream) -> News {
        News::Output { chunks: vec![chunk(0, stream, text)], complete: false }
    }

    #[test]
    fn one_nodes_output_is_passed_on_to_the_byte_each_stream_to_its_own() {
        let news = || vec![said("\x1b[1mno end", Stream::Stdout), said("bad\n", Stream::Stderr)];
        let (out, err) = printed(&asked(&["web-1"]), Form::Plain, Some(id(1)), news());
        assert_eq!((out.as_str(), err.as_str()), ("\x1b[1mno end", "bad\n"));
        let (out, err) = printed(&asked(&["web-1", "--stderr"]), Form::Plain, Some(id(1)), news());
        assert_eq!((out.as_str(), err.as_str()), ("bad\n", ""));
        let (out, _) = printed(&asked(&["web-1"]), Form::Terminal, Some(id(1)), news());
        assert_eq!(out, "␛[1mno end\n");
    }

    #[test]
    fn lines_have_the_time_and_the_name_that_were_asked_for() {
        let merged =
            || News::Merged { chunks: vec![(id(2), chunk(0, Stream::Stdout, "x\n"))], complete: true };
        let (out, _) = printed(&asked(&["--timestamps"]), Form::Plain, None, vec![merged()]);
        assert!(out.ends_with("Z web-2: x\n") && out.starts_with("20"), "{out}");
        let (out, _) = printed(
            &asked(&["web-1", "--timestamps"]),
            Form::Plain,
            Some(id(1)),
            vec![said("x\n", Stream::Stdout)],
        );
        assert!(out.ends_with("Z x\n"), "{out}");
    }

    #[test]
    fn hits_are_printed_as_grep_prints_them() {
        let hit = Hit {
            instance_id: id(1),
            offset: 7,
            line: 41,
            at: Millis(0),
            stream: Stream::Stdout,
            text: b"an \x1berror".to_vec(),
            ranges: vec![(4, 9)],
        };
        let hits =
            || News::Hits { hits: vec![hit.clone()], scanned_bytes: 9, total_bytes: 9, complete: true };
        let search = ["--search", "error"];
        assert_eq!(printed(&asked(&search), Form::Plain, None, vec![hits()]).0, "web-1:42: an \x1berror\n");
        assert_eq!(printed(&asked(&search), Form::Terminal, None, vec![hits()]).0, "web-1:42: an ␛error\n");
        assert_eq!(printed(&asked(&search), Form::Plain, Some(id(1)), vec![hits()]).0, "42: an \x1berror\n");
    }

    #[test]
    fn a_node_is_known_by_name_or_id_and_a_name_of_several_by_none() {
        let names = [(id(1), "a".to_owned()), (id(2), "b".to_owned()), (id(3), "b".to_owned())].into();
        assert_eq!(chosen("a", &names).unwrap(), id(1));
        assert_eq!(chosen(id(3).as_str(), &names).unwrap(), id(3));
        assert!(chosen("b", &names).unwrap_err().to_string().contains(id(2).as_str()));
        assert_eq!(chosen("c", &names).unwrap_err().status(), super::super::USAGE);
    }
}
