//! Searching output on the server, and reading any place of a long one, while it is written and after.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pilothouse_api::commands::{Hit, Place, ReadOutput, SearchOutput, SearchQuery};
use pilothouse_api::topics::{News, Topic};
use pilothouse_client::{EventStream, StreamEvent};
use pilothouse_protocol::{CommandId, InstanceId, Payload};
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::following::Following;
use pilothouse_tests::server::Server;
use pilothouse_tests::wait;

fn pattern(text: &str) -> SearchQuery {
    SearchQuery { text: text.into(), regex: true, ..SearchQuery::default() }
}

/// A search that is followed.
struct Search {
    stream: EventStream,
    hits: Vec<Hit>,
    scanned: u64,
}

impl Search {
    fn of(server: &Server, command: &CommandId, query: SearchQuery) -> Self {
        let stream = EventStream::open(server.client());
        stream.follow(Topic::Search { command_id: command.clone(), query, from: BTreeMap::new(), after: 0 });
        Self { stream, hits: Vec::new(), scanned: 0 }
    }

    /// Takes in what is told next; whether it is complete.
    async fn next(&mut self) -> bool {
        let deadline = tokio::time::Instant::now() + wait::PATIENCE;
        loop {
            let event = tokio::time::timeout_at(deadline, self.stream.next()).await;
            match event.unwrap_or_else(|_| panic!("no more hits after {}", self.hits.len())).unwrap() {
                StreamEvent::News { news: News::Hits { hits, complete, scanned_bytes, .. }, .. } => {
                    self.hits.extend(hits);
                    self.scanned = scanned_bytes;
                    return complete;
                }
                StreamEvent::Refused { code, reason, .. } => panic!("{code}: {reason}"),
                StreamEvent::Broken { why } => panic!("{why}"),
                _ => {}
            }
        }
    }
}

async fn line(server: &Server, command: &CommandId, node: &InstanceId, from: Place) -> (u64, String) {
    let read = ReadOutput {
        command_id: command.to_string(),
        instance_id: node.to_string(),
        from,
        max_lines: Some(1),
        max_bytes: None,
    };
    let read = server.call(read).await.unwrap();
    let text = read.chunks.iter().flat_map(|chunk| match &chunk.payload {
        Payload::Data(bytes) => bytes.clone(),
        Payload::Dropped { .. } => panic!("nothing was dropped"),
    });
    (read.first_line, String::from_utf8(text.collect()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_lines_are_searched_while_they_are_written_across_a_restart_and_any_is_read_at_once() {
    let mut server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let dir = tempfile::tempdir().unwrap();
    let go = dir.path().join("go");
    let script =
        format!("seq 1 500000; while [ ! -e {} ]; do sleep 0.05; done; seq 500001 1000000", go.display());
    let command = server.send(std::slice::from_ref(node), &script).await;
    let mut search = Search::of(&server, &command, pattern("^[0-9]*77777$"));
    while search.hits.len() < 5 {
        assert!(!search.next().await, "it is told what was found while the script still runs");
    }
    server.program().kill();
    server.start_again().await;
    std::fs::write(&go, "").unwrap();
    while !search.next().await {}
    let lines: Vec<u64> = search.hits.iter().map(|hit| hit.line).collect();
    let expected: Vec<u64> = (0..10).map(|n| n * 100_000 + 77_776).collect();
    assert_eq!(lines, expected, "each once, in order, across the restart");
    server.runs_when_over(&command).await;
    for place in [0, 1, 499_999, 500_000, 999_998, 999_999] {
        let began = Instant::now();
        let read = line(&server, &command, node, Place::Line(place)).await;
        assert_eq!(read, (place, format!("{}\n", place + 1)));
        assert!(began.elapsed() < Duration::from_secs(1), "line {place} took {:?}", began.elapsed());
    }
    assert_eq!(line(&server, &command, node, Place::LastLines(1)).await, (999_999, "1000000\n".into()));
    let hit = &search.hits[3];
    assert_eq!(line(&server, &command, node, Place::Offset(hit.offset)).await, (hit.line, "377777\n".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_search_what_many_nodes_said_and_bombs_are_defused() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 3).await;
    let command = server.send(&fleet.ids(), "echo fine; echo 'disk is full' >&2; echo done").await;
    server.runs_when_over(&command).await;
    let search = |query| SearchOutput { command_id: command.to_string(), query, ..SearchOutput::default() };
    let found = server.call(search(pattern("FULL$"))).await.unwrap();
    assert_eq!(found.hits, [], "case matters unless it is said that it does not");
    let found = server.call(search(SearchQuery { ignore_case: true, ..pattern("FULL$") })).await.unwrap();
    let nodes: Vec<&InstanceId> = found.hits.iter().map(|hit| &hit.instance_id).collect();
    assert_eq!((nodes.len(), found.next_token), (3, None));
    let one = SearchQuery { nodes: [fleet.ids()[1].clone()].into(), ..pattern("full") };
    assert_eq!(server.call(search(one)).await.unwrap().hits.len(), 1);
    for bomb in ["(((a{100}){100}){100})", "a{1000}{1000}", "(unclosed"] {
        let fault = server.call(search(pattern(bomb))).await.unwrap_err();
        assert_eq!(fault.code, "ValidationException", "{bomb}");
    }
    let began = Instant::now();
    server.call(search(pattern("(a|aa|[a-z ])*zzz$"))).await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(5));
    let mut refused = EventStream::open(server.client());
    let query = pattern("(unclosed");
    refused.follow(Topic::Search { command_id: command.clone(), query, from: BTreeMap::new(), after: 0 });
    loop {
        match refused.next().await.unwrap() {
            StreamEvent::Refused { code, reason, .. } => {
                assert_eq!(code, "ValidationException");
                assert!(reason.contains("pattern"), "{reason}");
                break;
            }
            StreamEvent::News { .. } => panic!("it was followed"),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_over_the_quota_is_a_hole_with_its_reason_and_the_run_is_not_disturbed() {
    let server = Server::options().with("outputs__per_run", 100_000).start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let command = server.send(std::slice::from_ref(node), "seq 1 200000; echo end; exit 3").await;
    let mut output = Following::of(&server, &command, node);
    while !output.next().await {}
    assert_eq!(output.bytes.len(), 100_000);
    let reasons: Vec<_> = output
        .chunks
        .iter()
        .filter_map(|it| if let Payload::Dropped { why, .. } = it.payload { Some(why) } else { None })
        .collect();
    assert!(!reasons.is_empty() && reasons.iter().all(|why| *why == pilothouse_protocol::Lost::RunQuota));
    let run = server.runs_when_over(&command).await.remove(0);
    assert_eq!(run.exit_code, Some(3));
    let whole: u64 = (1..=200_000u64).map(|n| n.to_string().len() as u64 + 1).sum::<u64>() + 4;
    assert_eq!(run.output_end, whole, "how much there was is known");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscriber_that_reads_slowly_misses_nothing_and_slows_nobody() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 2).await;
    let dir = tempfile::tempdir().unwrap();
    let done = dir.path().join("done");
    let script = format!("seq 1 300000; touch {}.$(cat /proc/sys/kernel/random/uuid)", done.display());
    // It asks, and then reads nothing at all.
    let command = server.send(&fleet.ids(), &script).await;
    let slow = EventStream::open(server.client());
    slow.follow(Topic::Merged { command_id: command.clone(), from: BTreeMap::new(), after: 0 });
    slow.follow(Topic::Search {
        command_id: command.clone(),
        query: pattern("7"),
        from: BTreeMap::new(),
        after: 0,
    });
    let began = Instant::now();
    server.runs_when_over(&command).await;
    assert!(began.elapsed() < Duration::from_secs(60), "the runs were held back: {:?}", began.elapsed());
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    // Now it reads, and everything is there.
    let mut slow = slow;
    let (mut bytes, mut hits, mut complete) = (0u64, 0usize, (false, false));
    let deadline = tokio::time::Instant::now() + wait::PATIENCE;
    while complete != (true, true) {
        let event = tokio::time::timeout_at(deadline, slow.next()).await;
        match event.unwrap_or_else(|_| panic!("it stops after {bytes} bytes, {hits} hits")).unwrap() {
            StreamEvent::News { news: News::Merged { chunks, complete: all }, .. } => {
                bytes += chunks.iter().map(|(_, chunk)| chunk.len()).sum::<u64>();
                complete.0 |= all;
            }
            StreamEvent::News { news: News::Hits { hits: found, complete: all, .. }, .. } => {
                hits += found.len();
                complete.1 |= all;
            }
            _ => {}
        }
    }
    let (whole, sevens) = (1..=300_000u64).map(|n| n.to_string()).fold((0, 0), |(bytes, sevens), n| {
        (bytes + n.len() as u64 + 1, sevens + usize::from(n.contains('7')))
    });
    assert_eq!((bytes, hits), (2 * whole, 2 * sevens));
}
