//! Finding told as stories: on output in files, as it is kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use pilothouse_api::commands::{Hit, SearchQuery};
use pilothouse_protocol::{Chunk, CommandId, InstanceId, JobId, Lost, Millis, Payload, Stream};
use pilothouse_store::outputs::{FileOutputs, Outputs};

use super::{Budget, Finder, Searched, turn};

struct Shelf {
    _dir: tempfile::TempDir,
    outputs: FileOutputs,
    command: CommandId,
}

const PLENTY: Budget = Budget { bytes: u64::MAX, hits: usize::MAX, time: Duration::from_secs(60) };

async fn shelf() -> Shelf {
    let dir = tempfile::tempdir().unwrap();
    let outputs = FileOutputs::open(dir.path()).await.unwrap();
    let command = "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".parse().unwrap();
    Shelf { _dir: dir, outputs, command }
}

fn node(number: u8) -> InstanceId {
    InstanceId::from_random([number; 9])
}

fn text(text: &str) -> SearchQuery {
    SearchQuery { text: text.into(), ..SearchQuery::default() }
}

fn pattern(text: &str) -> SearchQuery {
    SearchQuery { regex: true, ..self::text(text) }
}

fn finder(query: &SearchQuery) -> Arc<Finder> {
    Arc::new(Finder::new(query).unwrap())
}

impl Shelf {
    /// Keeps pieces of output, each in a chunk of its own.
    async fn keep(&self, number: u8, pieces: &[(Stream, &str)]) -> u64 {
        let job = JobId { command: self.command.clone(), instance: node(number) };
        let mut end = self.outputs.end(&job).await.unwrap();
        for (stream, text) in pieces {
            let payload = Payload::Data(text.as_bytes().to_vec());
            let chunk = Chunk { offset: end, step: 0, stream: *stream, at: Millis(7), payload };
            end = self.outputs.append(&job, vec![chunk]).await.unwrap();
        }
        end
    }

    fn searched(number: u8, from: u64, end: u64, is_whole: bool) -> Searched {
        Searched { instance: node(number), from, end, is_whole }
    }

    async fn find(&self, query: &SearchQuery, searched: &[Searched]) -> Vec<Hit> {
        let found = turn(&self.outputs, &self.command, &finder(query), searched, PLENTY).await.unwrap();
        assert_eq!(found.done, searched.len());
        found.hits
    }
}

fn shown(hits: &[Hit]) -> Vec<(u64, String)> {
    hits.iter().map(|hit| (hit.line, String::from_utf8_lossy(&hit.text).into_owned())).collect()
}

use Stream::{Stderr, Stdout};

#[tokio::test]
async fn a_line_is_found_whole_wherever_chunks_end_and_streams_stand_between() {
    let it = shelf().await;
    let pieces = [(Stdout, "one\ntw"), (Stderr, "bad\n"), (Stdout, "o needle"), (Stdout, "s\r\nthree\n")];
    let end = it.keep(1, &pieces).await;
    let all = [Shelf::searched(1, 0, end, true)];
    let hits = it.find(&text("two needles"), &all).await;
    assert_eq!(shown(&hits), [(1, "two needles".into())]);
    assert_eq!((hits[0].offset, hits[0].ranges.clone(), hits[0].stream), (4, vec![(0, 11)], Stdout));
    let only = SearchQuery { stream: Some(Stderr), ..pattern(".") };
    assert_eq!(shown(&it.find(&only, &all).await), [(1, "bad".into())]);
    let loud = SearchQuery { ignore_case: true, ..text("THREE") };
    assert_eq!(shown(&it.find(&loud, &all).await), [(3, "three".into())]);
    assert_eq!(it.find(&text("needle."), &all).await, [], "plain text is no pattern");
    assert_eq!(shown(&it.find(&pattern("^two.*s$"), &all).await).len(), 1);
    assert_eq!(shown(&it.find(&pattern(r"\Aone\z"), &all).await).len(), 1);
    assert_eq!(it.find(&pattern("one\\stw"), &all).await, [], "a match does not reach over a line end");
}

#[tokio::test]
async fn a_line_that_has_no_end_yet_is_found_when_it_has_and_once() {
    let it = shelf().await;
    let end = it.keep(1, &[(Stdout, "a needle\nhalf a nee")]).await;
    let growing = [Shelf::searched(1, 0, end, false)];
    let first = turn(&it.outputs, &it.command, &finder(&text("needle")), &growing, PLENTY).await.unwrap();
    assert_eq!((shown(&first.hits), first.done), (vec![(0, "a needle".into())], 1));
    assert_eq!(first.moved[&node(1)], 9);
    let end = it.keep(1, &[(Stdout, "dle\nrest")]).await;
    let more = [Shelf::searched(1, 9, end, false)];
    let second = turn(&it.outputs, &it.command, &finder(&text("needle")), &more, PLENTY).await.unwrap();
    assert_eq!(shown(&second.hits), [(1, "half a needle".into())]);
    let whole = [Shelf::searched(1, second.moved[&node(1)], end, true)];
    assert_eq!(shown(&it.find(&text("rest"), &whole).await), [(2, "rest".into())]);
}

#[tokio::test]
async fn many_outputs_are_searched_in_turns_and_nothing_is_missed_or_told_twice() {
    let it = shelf().await;
    let mut searched = Vec::new();
    for number in 0..40 {
        let lines: String = (0..30)
            .map(|n| format!("{n} of {number}{}\n", if n % 10 == 0 { " needle" } else { "" }))
            .collect();
        let end = it.keep(number, &[(Stdout, &lines)]).await;
        searched.push(Shelf::searched(number, 0, end, true));
    }
    let long: String =
        (0..200_000).map(|n| format!("{n}{}\n", if n % 50_000 == 7 { " needle" } else { "" })).collect();
    for piece in long.as_bytes().chunks(30_000) {
        it.keep(40, &[(Stdout, std::str::from_utf8(piece).unwrap())]).await;
    }
    searched.push(Shelf::searched(40, 0, long.len() as u64, true));
    let budget = Budget { bytes: 300_000, hits: 7, time: Duration::from_secs(60) };
    let (mut told, mut turns) = (Vec::new(), 0);
    while !searched.is_empty() {
        let found =
            turn(&it.outputs, &it.command, &finder(&text("needle")), &searched, budget).await.unwrap();
        told.extend(found.hits.iter().map(|hit| (hit.instance_id.clone(), hit.line)));
        searched.drain(..found.done);
        for rest in &mut searched {
            rest.from = found.moved.get(&rest.instance).copied().unwrap_or(rest.from);
        }
        turns += 1;
        assert!(turns < 100, "a turn goes on");
    }
    let expected: Vec<_> = (0..40u8)
        .flat_map(|number| [0, 10, 20].map(|line| (node(number), line)))
        .chain([7, 50_007, 100_007, 150_007].map(|line| (node(40), line)))
        .collect();
    assert!(turns > 5 && told == expected, "{turns} turns: {told:?}");
}

#[tokio::test]
async fn what_was_not_kept_is_passed_and_a_long_line_shows_what_is_around_the_hit() {
    let it = shelf().await;
    let long = format!("{}needle{}\n", "x".repeat(20_000), "y".repeat(9_000));
    let end = it.keep(1, &[(Stdout, "before"), (Stdout, "\n"), (Stdout, &long)]).await;
    let job = JobId { command: it.command.clone(), instance: node(1) };
    let payload = Payload::Dropped { bytes: 500, lines: 10, why: Lost::Spool };
    let hole = Chunk { offset: end, step: 0, stream: Stdout, at: Millis(7), payload };
    it.outputs.append(&job, vec![hole]).await.unwrap();
    let end = it.keep(1, &[(Stdout, "a needle at the end")]).await;
    let hits = it.find(&text("needle"), &[Shelf::searched(1, 0, end, true)]).await;
    assert_eq!(hits.iter().map(|hit| hit.line).collect::<Vec<_>>(), [1, 12]);
    let (from, to) = hits[0].ranges[0];
    assert_eq!(&hits[0].text[from as usize..to as usize], b"needle");
    assert!(hits[0].text.len() <= 4096 && hits[0].offset == 7 + 20_000 - 1024);
}

#[tokio::test]
async fn a_pattern_that_is_too_big_is_refused_and_a_nasty_one_takes_its_time_and_no_more() {
    for bomb in ["(((a{100}){100}){100})", "a{1000}{1000}", r"(\pL{500}){10}", &"(".repeat(500)] {
        let began = Instant::now();
        let fault = Finder::new(&pattern(bomb)).unwrap_err();
        assert_eq!(fault.code, "ValidationException");
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
    let it = shelf().await;
    let mut end = 0;
    for _ in 0..100 {
        end = it.keep(1, &[(Stdout, &"a".repeat(30_000)), (Stdout, "\n")]).await;
    }
    // What backtracks for ever elsewhere; and one whose states are many.
    for nasty in ["(a+)+$b", "(a|aa)*c", "(a?){60}a{60}z", "[ab]*a[ab]{60}c"] {
        let began = Instant::now();
        let budget = Budget { time: Duration::from_millis(100), ..PLENTY };
        let searched = [Shelf::searched(1, 0, end, true)];
        turn(&it.outputs, &it.command, &finder(&pattern(nasty)), &searched, budget).await.unwrap();
        assert!(began.elapsed() < Duration::from_secs(20), "{nasty}: {:?}", began.elapsed());
    }
    assert!(Finder::new(&text("")).is_err() && Finder::new(&text(&"x".repeat(2_000))).is_err());
}
