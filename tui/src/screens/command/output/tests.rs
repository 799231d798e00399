//! The output viewer over a server that has more than is ever here.

use pilothouse_api::commands::{CommandState, Hit, Place, ReadOutput, ReadOutputResult, SearchQuery};
use pilothouse_api::protocol::{Chunk, InvocationState as S, Lost, Payload, Stream};
use pilothouse_api::topics::{News, Topic};
use pilothouse_kit::pager::PagerMsg;

use super::super::{Command, Msg};
use super::*;
use crate::effect::{Effect, Effects, Level, OutputFile, Reply, Request};
use crate::mirror::Mirror;
use crate::route::CommandTab;
use crate::screen::Screen;
use crate::screens::fixtures::{self, NOW, chunk, command, command_id, fleet, id, tell_command, tell_output};

type Stage = crate::screens::stage::Stage<Command>;

/// Bytes of each line: `line 0000000007`.
const LINE: u64 = 16;

/// What the server has: so many lines, one in 100,000 of which is an error, and one in 250,000 a needle.
fn said(line: u64) -> String {
    match line {
        line if line % 250_000 == 77_777 => format!("needle{line:09}\n"),
        line if line % 100_000 == 5 => format!("error {line:09}\n"),
        line => format!("line {line:010}\n"),
    }
}

struct Server {
    lines: u64,
    over: bool,
    asked: Vec<Place>,
}

impl Server {
    fn with(lines: u64) -> Self {
        Self { lines, over: false, asked: Vec::new() }
    }

    fn read(&mut self, asked: &ReadOutput) -> ReadOutputResult {
        self.asked.push(asked.from);
        let end = self.lines * LINE;
        let from = match asked.from {
            Place::Line(line) => line.min(self.lines) * LINE,
            Place::LastLines(lines) => self.lines.saturating_sub(lines) * LINE,
            Place::Offset(offset) => offset.min(end),
        };
        let most = u64::from(asked.max_bytes.unwrap_or(256 << 10));
        let last = from / LINE + u64::from(asked.max_lines.unwrap_or(5_000));
        let to = end.min(from + most).min(last * LINE);
        let text: String = (from / LINE..to.div_ceil(LINE)).map(said).collect();
        let skip = usize::try_from(from % LINE).unwrap();
        let text = &text.as_bytes()[skip..skip + usize::try_from(to - from).unwrap()];
        let chunks = text.chunks(32 << 10).scan(from, |at, bytes| {
            let chunk = Chunk { payload: Payload::Data(bytes.to_vec()), ..chunk(*at, Stream::Stdout, "") };
            *at += bytes.len() as u64;
            Some(chunk)
        });
        ReadOutputResult {
            first_line: from / LINE,
            chunks: chunks.collect(),
            end,
            total_lines: self.lines,
            complete: self.over && to == end,
        }
    }

    fn finds(&self, query: &SearchQuery, upto: u64) -> Vec<Hit> {
        let hits = (0..upto.min(self.lines)).filter(|line| {
            query.stream.is_none()
                && said(*line).contains(query.text.split('|').next().unwrap_or(&query.text))
        });
        hits.map(|line| Hit {
            instance_id: id(0),
            offset: line * LINE,
            line,
            at: NOW,
            stream: Stream::Stdout,
            text: said(line).into_bytes(),
            ranges: vec![(0, 6)],
        })
        .collect()
    }
}

impl Stage {
    /// Answers what is asked until nothing is; returns what was asked besides.
    fn serve(&mut self, server: &mut Server, effects: Effects<Msg>) -> Effects<Msg> {
        let (mut open, mut others) = (effects, Vec::new());
        for _ in 0..50 {
            let mut next = Vec::new();
            for effect in open {
                let Effect::Call(ticket, Request::ReadOutput(asked)) = effect else {
                    others.push(effect);
                    continue;
                };
                let read = server.read(&asked);
                self.mirror.read(&asked, read.clone(), NOW);
                next.extend(
                    self.land(ticket.0, Ok(Reply::ReadOutput(ReadOutputResult { chunks: vec![], ..read }))),
                );
            }
            next.extend(self.told());
            if next.is_empty() {
                return others;
            }
            open = next;
        }
        panic!("it asks and asks: {:?}", server.asked);
    }

    fn does(&mut self, server: &mut Server, keys: &str) -> Effects<Msg> {
        let effects = self.press(keys);
        self.drawn(self.size);
        self.serve(server, effects)
    }

    fn lines(&mut self) -> Vec<String> {
        let picture = self.drawn(self.size);
        let lines = picture.lines().map(|line| line.trim_matches(['│', ' ']).to_owned());
        lines
            .filter(|line| ["line 0", "error ", "needle", "… "].iter().any(|it| line.starts_with(it)))
            .collect()
    }

    fn wants_output(&mut self) -> bool {
        self.with(|room, cx| room.wants(cx)).iter().any(|topic| matches!(topic, Topic::Output { .. }))
    }

    fn searches(&mut self) -> Vec<SearchQuery> {
        let wanted = self.with(|room, cx| room.wants(cx));
        wanted
            .into_iter()
            .filter_map(|topic| match topic {
                Topic::Search { query, .. } => Some(query),
                _ => None,
            })
            .collect()
    }

    /// The server has searched the first lines for all that is wanted.
    fn hear_hits(&mut self, server: &mut Server, upto: u64) -> Effects<Msg> {
        for query in self.searches() {
            let topic =
                Topic::Search { command_id: command_id(1), query: query.clone(), from: [].into(), after: 0 };
            self.mirror.opened(&topic);
            let total = server.lines * LINE;
            let hits = server.finds(&query, upto);
            let scanned = upto.min(server.lines) * LINE;
            let news =
                News::Hits { hits, scanned_bytes: scanned, total_bytes: total, complete: scanned == total };
            self.mirror.news(news, &topic, false);
        }
        let effects = self.told();
        self.serve(server, effects)
    }
}

/// Command 1 on one node that said so many lines, shown from its end.
fn long(lines: u64, state: S) -> (Stage, Server) {
    let mut server = Server::with(lines);
    server.over = state.is_terminal();
    let mut stage = Stage::enter(one(lines, state), Command::new(command_id(1))).0;
    stage.drawn((120, 40));
    let effects = stage.told();
    stage.serve(&mut server, effects);
    (stage, server)
}

fn one(lines: u64, state: S) -> Mirror {
    let mut mirror = fleet(1);
    let run =
        pilothouse_api::topics::InvocationView { output_end: lines * LINE, ..fixtures::run(1, 0, state) };
    let of = if state.is_terminal() { CommandState::Success } else { CommandState::InProgress };
    tell_command(&mut mirror, command(1, of, &[(state, 1)]), vec![run], 1);
    mirror
}

#[test]
fn ten_million_lines_are_shown_from_their_end_by_one_small_read() {
    let (mut stage, server) = long(10_000_000, S::Success);
    assert_eq!(server.asked, [Place::LastLines(1_000)]);
    assert_eq!(stage.lines().last().unwrap(), "line 0009999999");
    assert!(stage.drawn((120, 40)).contains("10,000,000 lines"));
    assert!(stage.wants_output(), "what comes after it is told");
}

#[test]
fn one_jumps_to_the_beginning_the_middle_and_the_end() {
    let (mut stage, mut server) = long(10_000_000, S::Success);
    stage.does(&mut server, "gg");
    assert_eq!(stage.lines()[0], "line 0000000000");
    assert!(!stage.wants_output(), "nobody follows it there");
    let effects = stage.say(Msg::Output(OutputMsg::Line(5_000_000)));
    stage.serve(&mut server, effects);
    assert!(stage.lines().contains(&"line 0004999999".to_owned()), "counted from 1: {:?}", stage.lines());
    assert!(stage.drawn((120, 40)).contains("line 5,000,000 of 10,000,000"));
    let reads = server.asked.len();
    stage.does(&mut server, "G");
    assert_eq!(stage.lines().last().unwrap(), "line 0009999999");
    assert_eq!(server.asked.len(), reads + 1);
}

#[test]
fn one_scrolls_on_and_on_without_a_gap_and_little_of_it_is_kept() {
    let (mut stage, mut server) = long(1_000_000, S::Success);
    stage.does(&mut server, "gg");
    let mut at = 0;
    for _ in 0..400 {
        stage.does(&mut server, "<C-d>");
        let line: u64 = stage.lines()[0].rsplit(['e', ' ', 'r']).next().unwrap().parse().unwrap();
        assert!(line > at && line < at + 40, "{at} → {line}");
        at = line;
    }
    let output = stage.mirror.output(&command_id(1), &id(0)).unwrap();
    assert!(output.len() < 61_000 && at > 5_000, "{at}");
    for _ in 0..400 {
        stage.does(&mut server, "<C-u>");
        let line: u64 = stage.lines()[0].rsplit(['e', ' ', 'r']).next().unwrap().parse().unwrap();
        assert!(line <= at && line + 40 > at, "{at} → {line}");
        at = line;
    }
    assert_eq!(at, 0);
}

#[test]
fn without_following_the_view_stands_still_and_what_comes_is_not_even_sent() {
    let (mut stage, mut server) = long(100_000, S::InProgress);
    stage.does(&mut server, "f");
    let before = stage.lines();
    assert!(!stage.wants_output());
    server.lines = 900_000;
    let run = pilothouse_api::topics::InvocationView {
        output_end: server.lines * LINE,
        ..fixtures::run(1, 0, S::InProgress)
    };
    let counts = [(S::InProgress, 1)];
    tell_command(&mut stage.mirror, command(1, CommandState::InProgress, &counts), vec![run], 2);
    let effects = stage.told();
    stage.serve(&mut server, effects);
    assert_eq!(stage.lines(), before);
    assert!(server.asked.len() < 5, "a page after it, and no more: {:?}", server.asked);
    stage.does(&mut server, "f");
    assert_eq!(stage.lines().last().unwrap(), "line 0000899999");
    assert!(stage.wants_output());
}

#[test]
fn who_falls_far_behind_goes_to_the_end_and_is_not_told_everything() {
    let (mut stage, mut server) = long(100_000, S::InProgress);
    server.lines = 5_000_000;
    let run = pilothouse_api::topics::InvocationView {
        output_end: server.lines * LINE,
        ..fixtures::run(1, 0, S::InProgress)
    };
    tell_command(
        &mut stage.mirror,
        command(1, CommandState::InProgress, &[(S::InProgress, 1)]),
        vec![run],
        2,
    );
    let effects = stage.told();
    stage.serve(&mut server, effects);
    assert_eq!(stage.lines().last().unwrap(), "line 0004999999");
    assert_eq!(server.asked, [Place::LastLines(1_000), Place::LastLines(1_000)]);
}

#[test]
fn sideways_stays_where_it_is_while_one_jumps_and_follows() {
    let (mut stage, mut server) = long(10_000_000, S::Success);
    stage.size = (80, 24);
    stage.does(&mut server, "gg");
    let effects = stage.say(Msg::Output(OutputMsg::Pager(PagerMsg::Sideways(1))));
    stage.serve(&mut server, effects);
    let shifted = |stage: &mut Stage| stage.drawn((80, 24)).lines().any(|line| line.contains(" 9999999"));
    stage.does(&mut server, "G");
    let _ = shifted(&mut stage);
    assert!(stage.room.output.pane.pager.follows());
}

#[test]
fn a_needle_is_found_wherever_it_is_and_the_search_goes_round() {
    let (mut stage, mut server) = long(1_000_000, S::Success);
    stage.does(&mut server, "gg");
    stage.does(&mut server, "/needle<Enter>");
    let queries = stage.searches();
    assert_eq!((queries.len(), queries[0].regex, queries[0].ignore_case), (1, false, true));
    assert!(stage.drawn((120, 40)).contains("looking for the next hit"));
    assert_eq!(stage.hear_hits(&mut server, 50_000), []);
    assert_eq!(stage.lines()[0], "line 0000000000", "it was not found yet");
    stage.hear_hits(&mut server, 400_000);
    assert!(stage.lines().contains(&"needle000077777".to_owned()), "{:?}", stage.lines());
    stage.does(&mut server, "n");
    assert!(stage.lines().contains(&"needle000327777".to_owned()));
    stage.does(&mut server, "n");
    stage.hear_hits(&mut server, 1_000_000);
    assert!(stage.lines().contains(&"needle000577777".to_owned()));
    stage.does(&mut server, "n");
    let said = stage.does(&mut server, "n");
    assert_eq!(said, [Effect::Toast(Level::Info, "no further hit: on from the other end".to_owned())]);
    assert!(stage.lines().contains(&"needle000077777".to_owned()));
    let said = stage.does(&mut server, "N");
    assert_eq!(said.len(), 1);
    assert!(stage.lines().contains(&"needle000827777".to_owned()));
    assert!(stage.drawn((120, 40)).contains("4 hits"));
}

#[test]
fn error_lines_are_found_beyond_what_is_here_in_both_directions() {
    let (mut stage, mut server) = long(1_000_000, S::Success);
    stage.does(&mut server, "E");
    assert_eq!(stage.searches().len(), 3, "what calls itself so, standard error, the agent");
    stage.hear_hits(&mut server, 1_000_000);
    assert!(stage.lines().contains(&"error 000900005".to_owned()), "{:?}", stage.lines());
    stage.does(&mut server, "E");
    assert!(stage.lines().contains(&"error 000800005".to_owned()));
    stage.does(&mut server, "e");
    assert!(stage.lines().contains(&"error 000900005".to_owned()));
}

#[test]
fn what_is_no_expression_or_refused_by_the_server_is_said() {
    let (mut stage, mut server) = long(1_000_000, S::Success);
    let said = stage.does(&mut server, "/~(<Enter>");
    assert_eq!(said, [Effect::Toast(Level::Warn, "\"~(\" is no regular expression".to_owned())]);
    stage.does(&mut server, "/~line 0+1$<Enter>");
    let query = stage.searches().remove(0);
    assert!(query.regex && query.text == "line 0+1$");
    let topic = Topic::Search { command_id: command_id(1), query, from: [].into(), after: 0 };
    stage.mirror.opened(&topic);
    stage.mirror.refused(&topic, "too large");
    let said = stage.told();
    assert_eq!(
        said,
        [Effect::Toast(Level::Error, "the server does not search for it: too large".to_owned())]
    );
}

#[test]
fn esc_gives_up_what_takes_long_and_then_the_search() {
    let (mut stage, mut server) = long(1_000_000, S::Success);
    stage.does(&mut server, "gg");
    stage.does(&mut server, "/nowhere<Enter>");
    assert!(stage.room.step_back());
    assert!(!stage.drawn((120, 40)).contains("looking for"));
    assert!(stage.room.step_back() && stage.searches().is_empty());
}

#[test]
fn the_whole_output_is_saved_and_not_what_happens_to_be_here() {
    let (mut stage, mut server) = long(1_000_000, S::Success);
    let effects = stage.does(&mut server, "w<Enter>");
    let name = fixtures::node(0).name;
    let file = OutputFile {
        path: format!("0b0d5a8e-{name}.log").into(),
        command: command_id(1),
        nodes: vec![(id(0), name)],
    };
    assert_eq!(effects.last(), Some(&Effect::SaveOutput(file)));
}

#[test]
fn hits_on_all_nodes_are_a_list_that_leads_to_their_lines() {
    let mut mirror = fleet(3);
    let runs = (0..3).map(|n| pilothouse_api::topics::InvocationView {
        output_end: 1_000_000 * LINE,
        ..fixtures::run(1, n, S::Success)
    });
    tell_command(&mut mirror, command(1, CommandState::Success, &[(S::Success, 3)]), runs.collect(), 1);
    let mut stage = Stage::enter(mirror, Command::new(command_id(1))).0;
    stage.say(Msg::Tab(CommandTab::Output));
    stage.say(Msg::Output(OutputMsg::Show(Whose::All)));
    let mut server = Server::with(1_000_000);
    server.over = true;
    stage.does(&mut server, "/needle<Enter>");
    let query = stage.searches().remove(0);
    assert!(query.nodes.is_empty());
    stage.hear_hits(&mut server, 500_000);
    insta::assert_snapshot!("found", stage.drawn((80, 24)));
    stage.does(&mut server, "j<Enter>");
    assert!(stage.lines().contains(&"needle000327777".to_owned()), "{:?}", stage.lines());
    assert!(stage.room.step_back());
    assert!(stage.drawn((80, 24)).contains("hits on all nodes"));
    assert!(stage.room.step_back());
    assert!(!stage.drawn((80, 24)).contains("hits on all nodes"));
}

#[test]
fn a_jump_into_a_hole_shows_the_hole_and_its_reason() {
    let (mut stage, _) = long(100, S::Success);
    let hole = Payload::Dropped { bytes: 1_600_000, lines: 100_000, why: Lost::RunQuota };
    let chunks = vec![
        chunk(0, Stream::Stdout, "line 0000000000\n"),
        Chunk { payload: hole, ..chunk(LINE, Stream::Stdout, "") },
        chunk(LINE + 1_600_000, Stream::Stdout, "line 0000100001\n"),
    ];
    tell_output(&mut stage.mirror, 1, 0, chunks, true);
    stage.say(Msg::Output(OutputMsg::Line(50_000)));
    let said = "… 1,600,000 bytes (100,000 lines) not kept: the quota of one run is used up";
    assert!(stage.lines().contains(&said.to_owned()), "{:?}", stage.lines());
}

#[test]
fn a_long_output_in_every_size_and_theme() {
    let (mut stage, mut server) = long(10_000_000, S::InProgress);
    let effects = stage.say(Msg::Output(OutputMsg::Line(77_778)));
    stage.serve(&mut server, effects);
    stage.does(&mut server, "/needle<Enter>");
    stage.hear_hits(&mut server, 4_000_000);
    stage.press("t");
    for (name, picture) in stage.everywhere("long") {
        insta::assert_snapshot!(name, picture);
    }
}
