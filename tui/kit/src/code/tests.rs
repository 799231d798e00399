use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;

use super::*;
use crate::pager::Went;
use crate::theme::{Depth, Role, Theme};

fn press(code: &mut Code, key: KeyCode) -> bool {
    code.key(KeyEvent::new(key, KeyModifiers::NONE))
}

fn control(code: &mut Code, char: char) -> bool {
    code.key(KeyEvent::new(KeyCode::Char(char), KeyModifiers::CONTROL))
}

fn shift(code: &mut Code, key: KeyCode) -> bool {
    code.key(KeyEvent::new(key, KeyModifiers::SHIFT))
}

fn type_in(code: &mut Code, text: &str) {
    for char in text.chars() {
        press(code, if char == '\n' { KeyCode::Enter } else { KeyCode::Char(char) });
    }
}

fn plain(text: &str) -> Code {
    Code::new(Language::Plain, text)
}

fn terminal(code: &Code, theme: &Theme, marks: &[Mark], width: u16, height: u16) -> Terminal<TestBackend> {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| code.view_marked(frame, frame.area(), theme, true, marks)).unwrap();
    terminal
}

fn drawn_marked(code: &Code, marks: &[Mark], width: u16, height: u16) -> TestBackend {
    let theme = Theme::builtin("terminal", Depth::Ansi16).unwrap();
    terminal(code, &theme, marks, width, height).backend().clone()
}

fn drawn(code: &Code, width: u16, height: u16) -> TestBackend {
    drawn_marked(code, &[], width, height)
}

fn mark(line: usize, column: Option<usize>, message: &str) -> Mark {
    Mark { line, column, gravity: Gravity::Error, message: message.to_owned() }
}

const DOCUMENT: &str = r#"# Restarts the web servers.
schemaVersion: "2.2"
parameters:
  service: {type: String, default: nginx}   # which
mainSteps:
  - action: aws:runShellScript
    name: restart
    inputs:
      timeoutSeconds: 60
      runCommand:
        - |
          # not a note of YAML
          systemctl restart {{ service }}
        - "echo 日本語"
    isEnd: true"#;

const SCRIPT: &str = r#"#!/bin/sh
set -eu
name=web-01
for host in "$@"; do
  echo "to $host: ${name:-none}" # done
done
cat <<'END'
if this were code
END
exit 0"#;

#[test]
fn code_in_every_theme_and_in_ascii() {
    for (name, depth) in [("dark", Depth::True), ("light", Depth::True), ("plain", Depth::None)] {
        let theme = Theme::builtin(if name == "plain" { "terminal" } else { name }, depth).unwrap();
        let theme = theme.with_ascii(name == "plain");
        for (what, language, text) in [("yaml", Language::Yaml, DOCUMENT), ("shell", Language::Shell, SCRIPT)]
        {
            let mut code = Code::new(language, text);
            code.go(3, 4);
            let marks = [mark(3, Some(18), "expected one of String, StringList, Boolean")];
            let terminal = terminal(&code, &theme, &marks, 60, 20);
            insta::assert_snapshot!(format!("{what}-{name}"), coloured(&terminal, &theme));
        }
    }
}

/// The picture, then which role stands where: a letter for each.
fn coloured(terminal: &Terminal<TestBackend>, theme: &Theme) -> String {
    let buffer = terminal.backend().buffer();
    let roles = [
        ('k', Role::CodeKey),
        ('t', Role::CodeText),
        ('w', Role::CodeWord),
        ('n', Role::CodeNote),
        ('s', Role::CodeSlot),
        ('!', Role::Bad),
    ];
    let letter = |x, y| {
        let cell: &ratatui::buffer::Cell = &buffer[(x, y)];
        let style = cell.style();
        let is = |role: Role| {
            let own = theme.style(Role::Input).patch(theme.style(role));
            x >= 4
                && cell.symbol() != " "
                && own != theme.style(Role::Input)
                && style.fg == own.fg
                && style.add_modifier.contains(own.add_modifier)
        };
        roles.iter().find(|(_, role)| is(*role)).map_or(' ', |it| it.0)
    };
    let mut out = terminal.backend().to_string();
    for y in 0..buffer.area.height {
        let line: String = (0..buffer.area.width).map(|x| letter(x, y)).collect();
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out
}

#[test]
fn a_script_is_typed_line_by_line() {
    let mut code = plain("");
    type_in(&mut code, "id");
    press(&mut code, KeyCode::Enter);
    press(&mut code, KeyCode::Char('w'));
    assert_eq!((code.text().as_str(), code.lines().len()), ("id\nw", 2));
    assert!(!press(&mut code, KeyCode::Up), "the cursor moved, the text is the same");
}

#[test]
fn nothing_hidden_is_pasted_and_what_is_odd_is_seen() {
    let mut code = plain("");
    assert!(code.paste("a\r\nb\x1b[2J\tc"));
    assert_eq!(code.text(), "a\nb[2J\tc");
    let picture = format!("{}", drawn(&plain("rm\u{202e}x\u{200b}y\r\n\x1b]0;t\x07"), 40, 3));
    assert!(picture.contains("rm<U+202E>x<U+200B>y␍"), "{picture}");
    assert!(picture.contains("␛]0;t␇"), "{picture}");
}

#[test]
fn what_is_there_is_kept_byte_for_byte() {
    for text in ["", "\n", "a\r\nb", "\x1b[31m\0", "trailing \n\n", "日\u{301}\u{202e}"] {
        assert_eq!(plain(text).text(), text);
        assert_eq!(plain(text).bytes(), text.len());
    }
}

#[test]
fn a_text_is_not_endless() {
    let mut code = plain("");
    assert!(!code.paste(&"x".repeat(LIMIT + 1)));
    assert!(code.paste(&"x".repeat(LIMIT)));
    assert!(!press(&mut code, KeyCode::Char('y')));
    assert_eq!(code.text().len(), LIMIT);
    code.set("short");
    assert!(code.paste(" and more"));
    let mut small = plain("four").with_limit(4);
    assert!(!press(&mut small, KeyCode::Char('!')) && press(&mut small, KeyCode::Backspace));
}

#[test]
fn what_was_too_long_when_it_came_can_still_be_shortened() {
    let mut code = plain(&"x".repeat(100)).with_limit(10);
    assert!(press(&mut code, KeyCode::Backspace));
    assert!(!press(&mut code, KeyCode::Char('y')), "longer it does not become");
}

#[test]
fn the_cursor_is_in_sight_and_lines_have_numbers() {
    let text = (1..=12).map(|number| format!("echo line {number}")).collect::<Vec<_>>().join("\n");
    let mut code = plain(&text);
    insta::assert_snapshot!(drawn(&code, 24, 4), @r#"
    "  9 echo line 9         "
    " 10 echo line 10        "
    " 11 echo line 11        "
    " 12 echo line 12        "
    "#);
    for _ in 0..11 {
        press(&mut code, KeyCode::Up);
    }
    insta::assert_snapshot!(drawn(&code, 10, 2), @r#"
    "o line 1  "
    "o line 2  "
    "#);
}

#[test]
fn long_lines_are_scrolled_sideways_and_say_so() {
    let mut code = plain("0123456789abcdefghijklmnopqrstuvwxyz\nshort");
    code.go(0, 30);
    insta::assert_snapshot!(drawn(&code, 20, 2), @r#"
    "  1‹ghijklmnopqrstu›"
    "  2‹                "
    "#);
    press(&mut code, KeyCode::Down);
    insta::assert_snapshot!(drawn(&code, 20, 2), @r#"
    "  1‹56789abcdefghij›"
    "  2‹                "
    "#);
}

#[test]
fn long_lines_can_be_folded_and_wide_letters_stay_whole() {
    let mut code = Code::reading(Language::Plain, "0123456789ab日本語cd\n\u{202e}x\n\nlast");
    code.set_folds(true);
    insta::assert_snapshot!("folded", drawn(&code, 16, 7));
    code.go(3, 4);
    insta::assert_snapshot!("folded-end", drawn(&code, 16, 3));
    code.go(0, 15);
    insta::assert_snapshot!("folded-begin", drawn(&code, 16, 2));
}

#[test]
fn wide_letters_are_whole_and_the_cursor_goes_over_letters() {
    let mut code = plain("日本語 e\u{301}x\tz");
    code.go(0, 0);
    for _ in 0..5 {
        press(&mut code, KeyCode::Right);
    }
    assert_eq!(code.cursor(), (0, 6), "a letter with its accent is one step");
    press(&mut code, KeyCode::Left);
    press(&mut code, KeyCode::Backspace);
    assert_eq!(code.text(), "日本語e\u{301}x\tz");
    press(&mut code, KeyCode::Delete);
    assert_eq!(code.text(), "日本語x\tz");
    insta::assert_snapshot!(drawn(&code, 24, 1));
    code.go(0, 6);
    insta::assert_snapshot!(drawn(&code, 9, 1));
}

#[test]
fn going_up_and_down_keeps_the_cell() {
    let mut code = plain("日本語日本語\nab\n0123456789");
    code.go(2, 7);
    press(&mut code, KeyCode::Up);
    assert_eq!(code.cursor(), (1, 2));
    press(&mut code, KeyCode::Up);
    assert_eq!(code.cursor(), (0, 3), "the letter that is over the eighth cell");
    press(&mut code, KeyCode::Down);
    press(&mut code, KeyCode::Down);
    assert_eq!(code.cursor(), (2, 7));
    press(&mut code, KeyCode::Down);
    assert_eq!(code.cursor(), (2, 10), "below the last line is its end");
}

#[test]
fn a_word_is_taken_back_at_once_and_comes_again() {
    let mut code = plain("");
    type_in(&mut code, "systemctl restart");
    assert!(control(&mut code, 'z'));
    assert_eq!(code.text(), "systemctl ");
    assert!(control(&mut code, 'z'));
    assert_eq!(code.text(), "");
    assert!(!control(&mut code, 'z'));
    assert!(code.redo() && code.redo() && !code.redo());
    assert_eq!((code.text().as_str(), code.cursor()), ("systemctl restart", (0, 17)));
    control(&mut code, 'z');
    type_in(&mut code, "stop");
    assert!(!code.redo(), "what was typed since cannot be undone by redoing");
}

#[test]
fn letters_rubbed_out_come_back_together() {
    let mut code = plain("abc def");
    for _ in 0..3 {
        press(&mut code, KeyCode::Backspace);
    }
    code.undo();
    assert_eq!((code.text().as_str(), code.cursor()), ("abc def", (0, 7)));
    code.go(0, 0);
    press(&mut code, KeyCode::Delete);
    press(&mut code, KeyCode::Delete);
    code.undo();
    assert_eq!(code.text(), "abc def");
}

#[test]
fn keys_of_a_shells_line_mean_the_same() {
    let mut code = plain("one two three\nfour");
    code.go(0, 8);
    control(&mut code, 'w');
    assert_eq!(code.lines()[0], "one three");
    control(&mut code, 'k');
    control(&mut code, 'k');
    assert_eq!(code.text(), "one four", "at the end of a line its line feed goes");
    control(&mut code, 'u');
    assert_eq!(code.text(), "four");
    control(&mut code, 'e');
    control(&mut code, 'h');
    control(&mut code, 'a');
    control(&mut code, 'd');
    assert_eq!(code.text(), "ou");
}

#[test]
fn what_is_selected_is_replaced_and_can_be_indented() {
    let mut code = Code::new(Language::Yaml, "a:\nb: 1\nc: 2");
    code.go(1, 0);
    shift(&mut code, KeyCode::Down);
    assert_eq!(code.selected().as_deref(), Some("b: 1\n"));
    press(&mut code, KeyCode::Tab);
    assert_eq!(code.text(), "a:\n  b: 1\nc: 2", "a line that is only touched is not meant");
    press(&mut code, KeyCode::BackTab);
    assert_eq!(code.text(), "a:\nb: 1\nc: 2");
    press(&mut code, KeyCode::Char('x'));
    assert_eq!(code.text(), "a:\nxc: 2");
    code.undo();
    assert_eq!(code.text(), "a:\nb: 1\nc: 2");
}

#[test]
fn a_new_line_is_indented_as_what_is_above_it_wants() {
    let mut code = Code::new(Language::Json, "");
    type_in(&mut code, "{\n\"a\": [\n1\n]\n}");
    assert_eq!(code.text(), "{\n  \"a\": [\n    1\n  ]\n}");
    let mut code = Code::new(Language::Json, "{}");
    code.go(0, 1);
    press(&mut code, KeyCode::Enter);
    assert_eq!((code.text().as_str(), code.cursor()), ("{\n  \n}", (1, 2)));
    let mut code = Code::new(Language::Yaml, "");
    type_in(&mut code, "inputs:\nrunCommand:\n- |");
    assert_eq!(code.text(), "inputs:\n  runCommand:\n    - |");
    let mut code = Code::new(Language::Shell, "");
    type_in(&mut code, "if true; then\nid");
    press(&mut code, KeyCode::Enter);
    press(&mut code, KeyCode::Backspace);
    type_in(&mut code, "fi");
    assert_eq!(code.text(), "if true; then\n  id\nfi", "a step of blanks is rubbed out as one");
}

#[test]
fn what_is_pasted_is_not_indented_anew() {
    let mut code = Code::new(Language::Json, "  ");
    assert!(code.paste("{\n  \"a\": 1\n}"));
    assert_eq!(code.text(), "  {\n  \"a\": 1\n}");
}

#[test]
fn a_text_to_read_is_not_changed() {
    let mut code = Code::reading(Language::Json, "{}");
    for key in [KeyCode::Char('x'), KeyCode::Enter, KeyCode::Tab, KeyCode::Delete] {
        assert!(!press(&mut code, key));
    }
    assert!(!code.paste("x") && !code.undo() && !control(&mut code, 'k'));
    press(&mut code, KeyCode::End);
    assert_eq!((code.text().as_str(), code.cursor()), ("{}", (0, 2)));
}

#[test]
fn hits_are_gone_through_round_the_ends() {
    let mut code = plain("one\ntwo one\nthree");
    code.go(0, 0);
    assert_eq!((code.look_for("one"), code.cursor()), (Went::There, (0, 0)), "typing on stays at a hit");
    assert_eq!((code.next_hit(true), code.cursor()), (Went::There, (1, 4)));
    assert_eq!((code.next_hit(true), code.cursor()), (Went::Around, (0, 0)));
    assert_eq!((code.next_hit(false), code.cursor()), (Went::Around, (1, 4)));
    assert_eq!(code.look_for("nothing"), Went::Nowhere);
    assert_eq!(code.cursor(), (1, 4));
    code.stop_search();
    assert_eq!(code.next_hit(true), Went::Nowhere);
}

#[test]
fn marks_are_gone_to_and_what_they_say_stands_below() {
    let mut code = Code::new(Language::Json, "{\n  \"a\": 1,\n  \"b\": x\n}\n\n\n\n");
    let marks = [
        mark(2, Some(7), "expected a value, found x, which is no word of JSON"),
        mark(0, None, "a member is missing"),
    ];
    code.go(0, 0);
    assert!(code.go_to_mark(&marks, true));
    assert_eq!(code.cursor(), (2, 7));
    assert!(code.go_to_mark(&marks, true));
    assert_eq!(code.cursor(), (0, 0), "round the end");
    assert!(code.go_to_mark(&marks, false));
    assert!(!code.go_to_mark(&[], true));
    insta::assert_snapshot!(drawn_marked(&code, &marks, 34, 12), @r#"
    "✗ 1 {                             "
    "  2   "a": 1,                     "
    "✗ 3   "b": x                      "
    "  4 }                             "
    "  5                               "
    "  6                               "
    "  7                               "
    "  8                               "
    "                                  "
    "✗ 3:8 expected a value, found x,  "
    "which is no word of JSON          "
    "✗ 1 a member is missing           "
    "#);
}

#[test]
fn the_cursor_goes_where_it_is_sent_and_no_further() {
    let mut code = plain("permit (\nprincipal\n);");
    code.go(1, 4);
    assert_eq!(code.cursor(), (1, 4));
    press(&mut code, KeyCode::Char('!'));
    assert_eq!(code.lines()[1], "prin!cipal");
    code.go(9, 9);
    assert_eq!(code.cursor(), (2, 2));
    code.go(0, 99);
    assert_eq!(code.cursor(), (0, 8));
}

#[test]
fn brackets_that_belong_together_are_found_over_lines() {
    let mut code = Code::new(Language::Json, "{\"a\": [1,\n(2)]}");
    code.go(0, 0);
    assert_eq!(code.pair(), Some((Place::new(0, 0), Place::new(1, 4))));
    code.go(1, 4);
    assert_eq!(code.pair(), Some((Place::new(1, 4), Place::new(0, 0))));
    code.go(0, 3);
    assert_eq!(code.pair(), None);
}

#[test]
fn it_is_stored_as_its_text_and_tells_nobody() {
    let code = Code::new(Language::Json, "{\"password\": \"x\"}");
    let stored = serde_json::to_string(&code).unwrap();
    let back: Code = serde_json::from_str(&stored).unwrap();
    assert_eq!(back, code);
    assert!(!format!("{code:?}").contains("password"), "{code:?}");
    let mut typed = plain("");
    type_in(&mut typed, "hunter2");
    assert!(!format!("{typed:?}").contains("hunter"), "{typed:?}");
}

#[test]
fn another_text_has_another_number() {
    let mut code = plain("a");
    let first = code.revision();
    press(&mut code, KeyCode::Left);
    assert_eq!(code.revision(), first);
    press(&mut code, KeyCode::Char('b'));
    let second = code.revision();
    code.undo();
    assert!(first != second && code.revision() != second);
    assert!(code.rewrite("all else") && code.undo());
    assert_eq!(code.text(), "a", "even that can be taken back");
}

#[test]
fn colours_follow_what_is_changed_above() {
    let mut code = Code::new(Language::Shell, "echo a\nif b");
    code.go(0, 6);
    drawn(&code, 40, 5);
    press(&mut code, KeyCode::Char('"'));
    let theme = Theme::builtin("dark", Depth::True).unwrap();
    let picture = coloured(&terminal(&code, &theme, &[], 20, 2), &theme);
    assert!(picture.contains("\n    tt t"), "it is in quotes now: {picture}");
}

#[test]
fn as_much_as_a_document_holds_is_pasted_and_drawn_in_no_time() {
    for line in ["x: {a: [1, 2], b: \"日本 語\"}  # note\n", "y", "\n"] {
        let text = line.repeat(LIMIT / line.len());
        let mut code = Code::new(Language::Yaml, "");
        let begun = std::time::Instant::now();
        assert!(code.paste(&text));
        drawn(&code, 120, 40);
        code.go(0, 0);
        for _ in 0..20 {
            press(&mut code, KeyCode::Char('q'));
            drawn(&code, 120, 40);
        }
        assert!(begun.elapsed().as_millis() < 3000, "{line:?} took {:?}", begun.elapsed());
    }
}

#[test]
fn no_size_is_too_small() {
    let mut code = Code::new(Language::Json, "{\"日本\": [\x1b, \"\t\u{202e}\"]}\n\n}");
    let marks = [mark(0, Some(9), "odd"), mark(7, None, "no such line")];
    for width in 1..40 {
        for height in 1..14 {
            code.go(usize::from(height) % 3, usize::from(width));
            drawn_marked(&code, &marks, width, height);
        }
    }
}

#[derive(Clone, Debug)]
enum Act {
    Key(KeyEvent),
    Paste(String),
    Undo,
    Redo,
    Go(usize, usize),
    Draw(u16, u16),
}

fn act() -> impl Strategy<Value = Act> {
    let letters = prop_oneof![
        Just('a'),
        Just(' '),
        Just('"'),
        Just('{'),
        Just('}'),
        Just('日'),
        Just('\u{301}'),
        Just('\u{202e}'),
        Just('-'),
        Just(':'),
        Just('\t'),
        Just('🏴'),
        Just('\u{200d}')
    ];
    let codes = prop_oneof![
        letters.prop_map(KeyCode::Char),
        Just(KeyCode::Enter),
        Just(KeyCode::Backspace),
        Just(KeyCode::Delete),
        Just(KeyCode::Left),
        Just(KeyCode::Right),
        Just(KeyCode::Up),
        Just(KeyCode::Down),
        Just(KeyCode::Home),
        Just(KeyCode::End),
        Just(KeyCode::PageUp),
        Just(KeyCode::PageDown),
        Just(KeyCode::Tab),
        Just(KeyCode::BackTab)
    ];
    let modifiers = prop_oneof![
        4 => Just(KeyModifiers::NONE), 1 => Just(KeyModifiers::SHIFT), 1 => Just(KeyModifiers::CONTROL),
        1 => Just(KeyModifiers::ALT)
    ];
    let controls = "[a-z]".prop_map(|char| {
        KeyEvent::new(KeyCode::Char(char.chars().next().unwrap_or('a')), KeyModifiers::CONTROL)
    });
    prop_oneof![
        8 => (codes, modifiers).prop_map(|(code, modifiers)| Act::Key(KeyEvent::new(code, modifiers))),
        2 => controls.prop_map(Act::Key),
        2 => "[ -~\n\t日本\u{301}\u{202e}\r]{0,40}".prop_map(Act::Paste),
        1 => Just(Act::Undo),
        1 => Just(Act::Redo),
        1 => (0..9_usize, 0..40_usize).prop_map(|(line, column)| Act::Go(line, column)),
        2 => (1..50_u16, 1..12_u16).prop_map(|(width, height)| Act::Draw(width, height)),
    ]
}

proptest! {
    #[test]
    fn whatever_is_typed_the_cursor_stands_between_letters_and_in_sight(
        begin in "[ -~\n日\u{301}]{0,80}",
        language in 0..5_usize,
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let languages = [Language::Plain, Language::Json, Language::Yaml, Language::Shell, Language::Cedar];
        let mut code = Code::new(languages[language], &begin);
        for act in acts {
            let (before, revision) = (code.text(), code.revision());
            match act {
                Act::Key(key) => {
                    let changed = code.key(key);
                    prop_assert_eq!(changed, code.text() != before, "{:?}", key);
                }
                Act::Paste(text) => drop(code.paste(&text)),
                Act::Undo => drop(code.undo()),
                Act::Redo => drop(code.redo()),
                Act::Go(line, column) => code.go(line, column),
                Act::Draw(width, height) => {
                    code.set_folds(width % 2 == 0);
                    let picture = drawn(&code, width, height);
                    let (rows, (row, cell)) = code.rows(Rect::new(0, 0, width, height));
                    prop_assert_eq!(rows[row].line, code.cursor.line);
                    // Behind a row that is full, the cursor has no cell of its own.
                    prop_assert!(cell <= usize::from(rows[row].cells));
                    prop_assert!(code.folds || cell < usize::from(width));
                    drop(picture);
                }
            }
            prop_assert_eq!(code.text() == before, code.revision() == revision);
            prop_assert_eq!(code.bytes(), code.text().len());
            prop_assert!(code.cursor.line < code.lines().len());
            prop_assert!(code.text.line(code.cursor.line).is_char_boundary(code.cursor.byte));
        }
    }

    #[test]
    fn everything_can_be_taken_back_and_made_again(
        begin in "[a-c \n{}日]{0,60}",
        acts in prop::collection::vec(act(), 1..40),
    ) {
        let mut code = Code::new(Language::Json, &begin);
        for act in acts {
            match act {
                Act::Key(key) if !matches!(key.code, KeyCode::Char('z' | 'y' | '_' | '7')) => drop(code.key(key)),
                Act::Paste(text) => drop(code.paste(&text)),
                Act::Go(line, column) => code.go(line, column),
                _ => {}
            }
        }
        let end = code.text();
        let mut steps = 0;
        while code.undo() {
            steps += 1;
        }
        prop_assert_eq!(code.text(), begin);
        for _ in 0..steps {
            prop_assert!(code.redo());
        }
        prop_assert_eq!(code.text(), end);
    }

    #[test]
    fn colours_do_not_depend_on_where_one_began_to_look(
        text in "[ -~\n日]{0,200}",
        language in 1..5_usize,
        edits in prop::collection::vec((0..12_usize, 0..20_usize, "[\"'|{\n#a ]"), 0..8),
    ) {
        let languages = [Language::Plain, Language::Json, Language::Yaml, Language::Shell, Language::Cedar];
        let mut code = Code::new(languages[language], &text);
        for (line, column, typed) in edits {
            drawn(&code, 40, 6);
            code.go(line, column);
            code.paste(&typed);
        }
        drawn(&code, 40, 6);
        let fresh = Code::new(languages[language], &code.text());
        for line in 0..code.lines().len() {
            let parts = code.parts(line);
            prop_assert_eq!(&parts, &fresh.parts(line), "line {}", line);
            let mut end = 0;
            for (range, _) in parts {
                prop_assert!(range.start >= end && range.start < range.end);
                end = range.end;
                let text = code.text.line(line);
                prop_assert!(text.is_char_boundary(range.start) && text.is_char_boundary(range.end));
            }
        }
    }
}
