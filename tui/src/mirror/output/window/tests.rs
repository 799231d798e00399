use pilothouse_api::protocol::{CommandId, Lost, Millis, Stream};

use super::*;

fn node() -> InstanceId {
    "mi-00000000000000001".parse().unwrap()
}

fn topic(from: u64) -> Topic {
    let command_id: CommandId = "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".parse().unwrap();
    Topic::Output { command_id, instance_id: node(), from }
}

fn chunk(offset: u64, text: &str) -> Chunk {
    let payload = Payload::Data(text.as_bytes().to_vec());
    Chunk { offset, step: 0, stream: Stream::Stdout, at: Millis(1), payload }
}

/// Lines `from` to `to` of an output in which each has 8 bytes: `00000007`.
fn text(from: u64, to: u64) -> String {
    (from..to).map(|line| format!("{line:07}\n")).collect()
}

/// What the server answers when so many lines are asked for, of an output of so many.
fn page(from: u64, to: u64, all: u64) -> ReadOutputResult {
    ReadOutputResult {
        first_line: from,
        chunks: if from < to { vec![chunk(from * 8, &text(from, to))] } else { vec![] },
        end: all * 8,
        total_lines: all,
        complete: to == all,
    }
}

fn read(output: &mut Output, page: ReadOutputResult) -> bool {
    output.read(&node(), page, true, &topic(0))
}

fn ends(output: &Output) -> (String, String) {
    let text = |at: usize| output.line(at).unwrap().text.clone();
    (text(0), text(output.len() - 1))
}

fn window(from: u64, to: u64, all: u64) -> Output {
    let mut output = Output::windowed();
    read(&mut output, page(from, to, all));
    output
}

#[test]
fn it_grows_at_both_ends_and_its_lines_keep_their_numbers() {
    let mut output = window(5_000, 5_100, 10_000_000);
    assert_eq!((output.first_number(), output.whole_lines()), (5_000, 10_000_000));
    let moved = output.moved();
    read(&mut output, page(4_900, 5_050, 10_000_000));
    read(&mut output, page(5_100, 5_200, 10_000_000));
    assert_eq!(ends(&output), ("0004901".to_owned(), "0005199".to_owned()), "the first may be half a line");
    assert_eq!((output.len(), output.moved() - moved, output.moves()), (299, -99, 0));
    assert_eq!(
        (output.place_of(5_000), output.place_of(4_899), output.place_of(5_200)),
        (Some(99), None, None)
    );
    assert!(!output.is_at_end());
}

#[test]
fn a_piece_from_elsewhere_takes_its_place() {
    let mut output = window(0, 100, 10_000);
    read(&mut output, page(9_900, 10_000, 10_000));
    assert_eq!(ends(&output), ("0009900".to_owned(), "0009999".to_owned()));
    assert!(output.moves() == 1 && output.is_at_end() && output.is_complete());
    assert_eq!(output.place_of(20_000), Some(99), "what is beyond the end of what is over is the end");
}

#[test]
fn what_goes_on_from_it_and_does_not_reach_it_is_not_wanted() {
    let mut output = window(500, 600, 10_000);
    output.read(&node(), page(100, 200, 10_000), false, &topic(0));
    assert_eq!(ends(&output), ("0000500".to_owned(), "0000599".to_owned()));
}

#[test]
fn a_piece_that_begins_in_the_middle_of_a_line_is_put_before_it_from_the_next_line_on() {
    let mut output = window(500, 600, 10_000);
    let bytes = text(400, 500).split_off(5);
    let read = ReadOutputResult { chunks: vec![chunk(400 * 8 + 5, &bytes)], ..page(400, 500, 10_000) };
    output.read(&node(), read, false, &topic(0));
    assert_eq!((ends(&output).0, output.first_number()), ("0000401".to_owned(), 401));
}

#[test]
fn what_was_told_before_it_moved_is_not_put_behind_it() {
    let mut output = window(0, 100, 100);
    output.follow();
    output.hear([(node(), chunk(800, &text(100, 101)))].into_iter(), false, &topic(808));
    assert_eq!((output.len(), output.whole_lines()), (101, 101));
    assert!(read(&mut output, page(500, 600, 9_000)), "the topic goes on elsewhere");
    output.hear([(node(), chunk(808, &text(101, 102)))].into_iter(), false, &topic(816));
    assert_eq!(ends(&output), ("0000500".to_owned(), "0000599".to_owned()));
}

#[test]
fn however_far_one_reads_what_is_kept_is_bounded_and_contiguous() {
    let mut output = window(0, 5_000, 1_000_000);
    for at in 1..40 {
        read(&mut output, page(at * 5_000, (at + 1) * 5_000, 1_000_000));
    }
    assert!(output.len() <= MAX_LINES);
    assert_eq!(ends(&output).1, "0199999");
    assert_eq!(output.start(), output.first_number() * 8, "a page that is put before it begins there");
    let top = output.first_number();
    read(&mut output, page(top - 5_000, top, 1_000_000));
    assert_eq!(output.first_number(), top - 4_999);
    while output.first_number() > 0 {
        let first = output.first_number();
        read(&mut output, page(first.saturating_sub(5_000), first, 1_000_000));
    }
    assert_eq!(ends(&output).0, "0000000");
    assert!(output.len() <= MAX_LINES && !output.is_at_end());
    let last = output.first_number() + output.len() as u64;
    assert_eq!(output.stop(), last * 8);
    read(&mut output, page(last, last + 10, 1_000_000));
    assert_eq!(ends(&output).1, format!("{:07}", last + 9));
}

#[test]
fn a_hole_counts_its_lines_and_says_why_it_is_there() {
    let mut output = Output::windowed();
    let hole = Payload::Dropped { bytes: 800, lines: 100, why: Lost::RunQuota };
    let chunks =
        vec![chunk(0, &text(0, 2)), Chunk { payload: hole, ..chunk(16, "") }, chunk(816, &text(102, 104))];
    read(&mut output, ReadOutputResult { chunks, ..page(0, 104, 104) });
    let numbers: Vec<(u64, &str)> = output.lines().map(|line| (line.number, line.text.as_str())).collect();
    let why = "… 800 bytes (100 lines) not kept: the quota of one run is used up";
    assert_eq!(numbers, [(0, "0000000"), (1, "0000001"), (2, why), (102, "0000102"), (103, "0000103")]);
    assert_eq!(output.place_of(50), Some(2), "what is in the hole is where the hole is");
}

#[test]
fn one_line_of_a_hundred_megabytes_is_read_piece_by_piece() {
    let mut output = Output::windowed();
    let piece = "x".repeat(1 << 20);
    for at in 0..40_u64 {
        let chunks = vec![chunk(at << 20, &piece)];
        read(
            &mut output,
            ReadOutputResult { first_line: 0, chunks, end: 100 << 20, total_lines: 1, complete: false },
        );
    }
    assert_eq!(output.stop(), 40 << 20);
    assert!(output.start() >= 30 << 20, "{}", output.start());
    let back = output.start();
    let chunks = vec![chunk(back - (1 << 20), &piece)];
    read(
        &mut output,
        ReadOutputResult { first_line: 0, chunks, end: 100 << 20, total_lines: 1, complete: false },
    );
    assert_eq!(output.start(), back - (1 << 20));
}

#[test]
fn merged_output_begins_near_its_end_and_says_what_is_before() {
    let mut output = Output::default();
    output.begin_merged([(node(), 1_000)].into());
    output.hear([(node(), chunk(1_000, "end\n"))].into_iter(), false, &topic(1_004));
    let texts: Vec<&str> = output.lines().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["… 1,000 bytes before that: the output of each node has them", "end"]);
}
