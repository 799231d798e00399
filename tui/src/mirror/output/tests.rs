use pilothouse_api::protocol::Lost;

use super::append::MAX_LINE;
use super::*;

fn node(n: usize) -> InstanceId {
    format!("mi-{n:017x}").parse().unwrap()
}

fn command() -> pilothouse_api::protocol::CommandId {
    "0b0d5a8e-3f6e-4f9e-9a6b-2f6f1c1d0e11".parse().unwrap()
}

fn topic(n: usize, from: u64) -> Topic {
    Topic::Output { command_id: command(), instance_id: node(n), from }
}

fn chunk(offset: u64, stream: Stream, bytes: &[u8]) -> Chunk {
    Chunk {
        offset,
        step: 0,
        stream,
        at: Millis(offset.cast_signed()),
        payload: Payload::Data(bytes.to_vec()),
    }
}

/// One node says these pieces on stdout, one after the other.
fn says(pieces: &[&[u8]]) -> Output {
    let mut output = Output::default();
    for piece in pieces {
        say(&mut output, 1, Stream::Stdout, piece);
    }
    output
}

fn say(output: &mut Output, n: usize, stream: Stream, bytes: &[u8]) {
    let chunk = chunk(output.end(&node(n)), stream, bytes);
    let next = topic(n, chunk.end());
    output.take([(node(n), chunk)].into_iter(), false, &next);
}

fn texts(output: &Output) -> Vec<&str> {
    output.lines().map(|line| line.text.as_str()).collect()
}

#[test]
fn a_line_grows_until_it_is_ended_however_it_was_cut() {
    let whole = "one\ntwo\n\nthrée\nfour";
    let mut output = Output::default();
    for byte in whole.bytes() {
        say(&mut output, 1, Stream::Stdout, &[byte]);
    }
    assert_eq!(texts(&output), ["one", "two", "", "thrée", "four"]);
    assert_eq!(texts(&output), texts(&says(&[whole.as_bytes()])));
    assert_eq!(output.end(&node(1)), whole.len() as u64);
}

#[test]
fn nodes_and_streams_that_talk_at_once_do_not_cut_each_others_lines() {
    let mut output = Output::default();
    say(&mut output, 1, Stream::Stdout, b"up");
    say(&mut output, 2, Stream::Stdout, b"other\n");
    say(&mut output, 1, Stream::Stderr, b"warn");
    say(&mut output, 1, Stream::Stdout, b"load\n");
    say(&mut output, 1, Stream::Stderr, b"ing\n");
    let lines: Vec<_> = output
        .lines()
        .map(|line| (output.node(line).unwrap().clone(), line.said, line.text.as_str()))
        .collect();
    assert_eq!(
        lines,
        [(node(1), Said::Out, "upload"), (node(2), Said::Out, "other"), (node(1), Said::Err, "warning")]
    );
}

#[test]
fn what_is_known_already_is_not_taken_twice() {
    let mut output = says(&[b"abcdef"]);
    output.take([(node(1), chunk(3, Stream::Stdout, b"defghi"))].into_iter(), false, &topic(1, 9));
    assert_eq!(texts(&output), ["abcdefghi"]);
    output.take([(node(1), chunk(0, Stream::Stdout, b"abc"))].into_iter(), false, &topic(1, 9));
    assert_eq!(texts(&output), ["abcdefghi"]);
}

#[test]
fn a_hole_is_a_line_that_says_how_much_and_why() {
    let mut output = says(&[b"before"]);
    let hole = Chunk {
        offset: 6,
        step: 0,
        stream: Stream::Stdout,
        at: Millis(0),
        payload: Payload::Dropped { bytes: 1_312, lines: 4, why: Lost::Spool },
    };
    output.take([(node(1), hole)].into_iter(), false, &topic(1, 1_318));
    output.take([(node(1), chunk(1_320, Stream::Stdout, b"after\n"))].into_iter(), false, &topic(1, 1_327));
    assert_eq!(
        texts(&output),
        [
            "before",
            "… 1,312 bytes (4 lines) not kept: the node's spool was full",
            "… 2 bytes missing",
            "after",
            "… 1 byte missing"
        ]
    );
    assert_eq!(output.cursor(&topic(1, 0)), topic(1, 1_327));
}

#[test]
fn a_progress_bar_shows_its_last_state_and_that_it_had_others() {
    let mut output = says(&[b"10 %\r50", b" %\r", b"100 %"]);
    assert_eq!(texts(&output), ["␍100 %"]);
    say(&mut output, 1, Stream::Stdout, b"\r\nnext\r\n");
    assert_eq!(texts(&output), ["␍100 %", "next"], "a line that ends with CR LF is not overwritten");
}

#[test]
fn escapes_and_bidi_marks_are_shown_and_never_passed_on() {
    let output = says(&["\u{1b}[31mred\u{1b}]52;c;aGk=\u{7}\u{202e}dlrow\u{200d}\u{9b}2J\0\n".as_bytes()]);
    let text = &output.line(0).unwrap().text;
    assert!(!text.chars().any(|c| c.is_control() || "\u{202e}\u{200d}".contains(c)), "{text:?}");
    assert!(text.contains("[31mred") && text.contains("dlrow") && text.contains("2J"), "{text:?}");
}

#[test]
fn bytes_that_are_no_text_are_shown_as_bytes_and_a_cut_character_is_put_together() {
    let mut output = says(&[b"\xff\xfe ok \xe2\x82", b"\xac \xe2\x82", b"x"]);
    assert_eq!(texts(&output), ["<FF><FE> ok € <E2><82>x"]);
    say(&mut output, 1, Stream::Stdout, b"\xf0\x9f");
    assert_eq!(texts(&output), ["<FF><FE> ok € <E2><82>x"], "the rest may still come");
    output.take(std::iter::empty(), true, &topic(1, output.end(&node(1))));
    assert_eq!(texts(&output), ["<FF><FE> ok € <E2><82>x<F0><9F>"], "now it cannot");
    assert!(output.is_complete());
}

#[test]
fn a_line_of_six_megabytes_is_shown_in_pieces_and_nothing_of_it_is_lost() {
    let mut output = Output::default();
    for _ in 0..200 {
        say(&mut output, 1, Stream::Stdout, &[b'x'; 32 * 1024]);
    }
    say(&mut output, 1, Stream::Stdout, b"\nend\n");
    let longest = output.lines().map(|line| line.text.len()).max().unwrap();
    let all: usize = output.lines().map(|line| line.text.len()).sum();
    assert!(longest <= MAX_LINE, "{longest}");
    assert_eq!(all, 200 * 32 * 1024 + 3);
    assert_eq!(texts(&output).last(), Some(&"end"));
}

#[test]
fn the_oldest_lines_go_and_the_first_line_says_how_many() {
    let mut output = Output::default();
    for block in 0..(MAX_LINES / 1_000 + 1) {
        let text: String = (0..1_000).map(|line| format!("line {}\n", block * 1_000 + line)).collect();
        say(&mut output, 1, Stream::Stdout, text.as_bytes());
    }
    assert_eq!(output.len() as i64 + output.moved(), MAX_LINES as i64 + 1_000);
    assert!(output.moved() > 0 && output.len() <= MAX_LINES);
    let first = output.line(0).unwrap();
    assert_eq!(first.said, Said::Gap);
    assert_eq!(first.text, format!("… {} earlier lines not kept here", "4,750"));
    assert_eq!(output.line(1).unwrap().text, format!("line {}", output.moved() + 1));
    assert_eq!(output.line(output.len() - 1).unwrap().text, format!("line {}", MAX_LINES + 999));
}

#[test]
fn a_line_that_was_forgotten_while_it_grew_goes_on_as_a_new_one() {
    let mut output = Output::default();
    say(&mut output, 1, Stream::Stdout, b"slow ");
    let flood = "x\n".repeat(10_000);
    for _ in 0..(MAX_LINES / 10_000 + 1) {
        say(&mut output, 2, Stream::Stdout, flood.as_bytes());
    }
    say(&mut output, 1, Stream::Stdout, b"end\n");
    assert_eq!(texts(&output).last(), Some(&"end"));
}

#[test]
fn another_step_begins_another_line() {
    let mut output = says(&[b"no line end"]);
    let second = Chunk { step: 1, ..chunk(11, Stream::Stdout, b"step two\n") };
    output.take([(node(1), second)].into_iter(), false, &topic(1, 20));
    assert_eq!(texts(&output), ["no line end", "step two"]);
}

#[test]
fn lines_that_look_like_errors_are_found_in_either_stream() {
    let mut output = says(&[b"all fine\nE: Permission DENIED\nsh: apt-gett: not found\nok\n"]);
    say(&mut output, 1, Stream::Stderr, b"anything\n");
    let found: Vec<bool> = output.lines().map(Line::is_error).collect();
    assert_eq!(found, [false, true, true, false, true]);
}

#[test]
fn the_merged_cursor_names_the_end_of_every_node() {
    let mut output = says(&[b"abc"]);
    say(&mut output, 2, Stream::Stdout, b"de");
    let merged = Topic::Merged { command_id: command(), from: BTreeMap::new(), after: 0 };
    let Topic::Merged { from, .. } = output.cursor(&merged) else { panic!() };
    assert_eq!(from, [(node(1), 3), (node(2), 2)].into());
}

#[test]
fn tabs_stop_where_they_would_in_a_terminal_however_the_line_was_cut() {
    let whole = says(&[b"a\tbc\t\td\n\te\n12345678\tf\r\tg"]);
    assert_eq!(texts(&whole), ["a       bc              d", "        e", "␍        g"]);
    assert_eq!(texts(&says(&[b"a", b"\tb", b"c\t", b"\td\n\te\n1234", b"5678\tf\r", b"\tg"])), texts(&whole));
}
