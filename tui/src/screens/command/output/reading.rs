//! What must be read of an output so that the place that is looked at is here: a page around where one goes, and more when one
//! comes near an end of what is here.
//!
//! One thing at a time is asked for, and what is still wanted when the answer is here is found out anew: so it does not matter what
//! was pressed meanwhile.

use pilothouse_api::commands::{Place, ReadOutput};
use pilothouse_api::protocol::{CommandId, InstanceId};
use pilothouse_api::topics::InvocationView;

use super::lines::Source;
use super::pane::Pane;
use super::tab::TICKETS;
use crate::effect::{CallError, Effect, Effects, Level, Reply, Request, Ticket};
use crate::mirror::Output;

/// An output that is not longer than this is told whole, in bytes.
pub(super) const WHOLE: u64 = 512 << 10;
/// Lines of a page.
const PAGE: u64 = 1_000;
/// Of these, those before the line that one goes to.
const BEFORE: u64 = 300;
/// So many lines from an end, more is asked for.
const NEAR: usize = 400;
/// Bytes of what is asked for there.
const MORE: u64 = 256 << 10;
/// Lines that are asked for there, if they are as long as those that are here.
const LINES: u64 = 2_000;
/// The least that is asked for: so many line ends are read at a time at any rate.
const LEAST: u64 = 4 << 10;
/// The most bytes of a page that one goes to.
const MOST: u32 = 512 << 10;
/// Who follows is told everything, unless so many bytes have gathered: then the end is read anew.
const BEHIND: u64 = 4 << 20;

/// Where one is on the way to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Going {
    /// To a line, by its number from 0.
    Line(u64),
    /// To the end, to follow it.
    End,
}

/// What is asked for, and why.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reading {
    pub(super) going: Option<Going>,
    /// How often it was asked for what one is on the way to.
    tries: u32,
    /// The call that is under way.
    asked: Option<u32>,
    next: u32,
    /// Bytes to ask for before the first line; less after they did not reach it.
    step: u64,
    /// Where the first byte was when that was asked for.
    before: Option<u64>,
    /// Why nothing more is read by itself.
    pub(super) trouble: Option<String>,
}

impl Reading {
    /// Of another output: an answer that is still to come is not waited for.
    pub(super) fn another(&self) -> Self {
        Self { next: self.next, ..Self::default() }
    }

    pub(super) fn go(&mut self, going: Going) {
        (self.going, self.tries) = (Some(going), 0);
    }

    /// Stays where one is; says whether one was on the way.
    pub(super) fn give_up(&mut self) -> bool {
        self.going.take().is_some()
    }

    /// An answer came. Says whether it was waited for, and why it is none.
    pub(super) fn landed(&mut self, ticket: Ticket, result: &Result<Reply, CallError>) -> Option<String> {
        self.asked.take_if(|asked| TICKETS + *asked == ticket.0)?;
        let Err(error) = result else { return None };
        self.going = None;
        self.trouble = Some(error.message.clone());
        self.trouble.clone()
    }
}

impl Pane {
    /// Asks for what is missing, if nothing is under way.
    pub(super) fn read<M>(
        &mut self,
        command: &CommandId,
        node: &InstanceId,
        source: &Source<'_>,
    ) -> Effects<M> {
        let live = source.cx.mirror.link.is_live();
        if self.reading.asked.is_some() || self.reading.trouble.is_some() || !live {
            return Vec::new();
        }
        let Some(run) = source.detail.and_then(|detail| detail.run(node)) else { return Vec::new() };
        let Some(mut wanted) = self.wanted(run, source) else { return Vec::new() };
        wanted.command_id = command.to_string();
        wanted.instance_id = node.to_string();
        let reading = &mut self.reading;
        reading.next = (reading.next + 1) % TICKETS;
        reading.asked = Some(reading.next);
        vec![Effect::Call(Ticket(TICKETS + reading.next), Request::ReadOutput(wanted))]
    }

    fn wanted(&mut self, run: &InvocationView, source: &Source<'_>) -> Option<ReadOutput> {
        let behind = match source.output {
            None => run.output_end > WHOLE,
            Some(output) => {
                let far = run.output_end > output.stop().saturating_add(BEHIND);
                self.pager.follows() && (far || !output.is_at_end())
            }
        };
        if behind && self.reading.going.is_none() {
            self.reading.go(Going::End);
        }
        match (self.reading.going, source.output) {
            (Some(going), _) => Some(self.page(going)),
            (None, Some(output)) if !self.pager.follows() => self.more(run, output, source),
            _ => None,
        }
    }

    /// The page that one goes to; smaller ones after it did not have what one goes to.
    fn page(&mut self, going: Going) -> ReadOutput {
        let tries = self.reading.tries;
        self.reading.tries += 1;
        let (from, lines) = match (going, tries) {
            (Going::Line(line), 0) => (Place::Line(line.saturating_sub(BEFORE)), PAGE),
            (Going::Line(line), _) => (Place::Line(line), PAGE),
            (Going::End, 0) => (Place::LastLines(PAGE), PAGE),
            (Going::End, 1) => (Place::LastLines(PAGE / 20), PAGE),
            (Going::End, _) => (Place::LastLines(1), PAGE),
        };
        if tries > 2 {
            // A line of many megabytes: its beginning is what there is to see.
            self.reading.going = None;
        }
        ReadOutput {
            from,
            max_lines: u32::try_from(lines).ok(),
            max_bytes: Some(MOST),
            ..ReadOutput::default()
        }
    }

    /// More at the end that one comes near.
    fn more(&mut self, run: &InvocationView, output: &Output, source: &Source<'_>) -> Option<ReadOutput> {
        let seen = self.pager.in_sight(source);
        if seen.start < NEAR && output.start() > 0 {
            return Some(self.before(output));
        }
        let goes_on = !output.is_at_end() || (!output.is_complete() && run.output_end > output.stop());
        (seen.end + NEAR > output.len() && goes_on).then(|| ReadOutput {
            from: Place::Offset(output.stop()),
            max_bytes: u32::try_from(MORE).ok(),
            ..ReadOutput::default()
        })
    }

    fn before(&mut self, output: &Output) -> ReadOutput {
        let start = output.start();
        let again = self.reading.before.replace(start) == Some(start);
        let line = (output.stop() - start) / (output.len().max(1) as u64);
        self.reading.step =
            if again { (self.reading.step / 4).max(LEAST) } else { (line * LINES).clamp(LEAST, MORE) };
        let from = start.saturating_sub(self.reading.step);
        ReadOutput {
            from: Place::Offset(from),
            max_bytes: u32::try_from(start - from).ok(),
            ..ReadOutput::default()
        }
    }

    /// An answer to what was asked for here; `None` if it is somebody else's.
    pub(super) fn landed<M>(&mut self, ticket: Ticket, result: &Result<Reply, CallError>) -> Effects<M> {
        let why = self.reading.landed(ticket, result);
        why.map(|why| Effect::Toast(Level::Error, format!("the output is not read: {why}")))
            .into_iter()
            .collect()
    }
}
