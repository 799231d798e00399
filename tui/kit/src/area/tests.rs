use crossterm::event::{KeyCode, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::theme::Depth;

fn press(area: &mut Area, code: KeyCode) -> bool {
    area.key(KeyEvent::new(code, KeyModifiers::NONE))
}

fn drawn(area: &Area, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let theme = Theme::builtin("terminal", Depth::Ansi16).unwrap();
    terminal.draw(|frame| area.view(frame, frame.area(), &theme, true)).unwrap();
    terminal.backend().clone()
}

#[test]
fn a_script_is_typed_line_by_line() {
    let mut area = Area::new("");
    for char in "id".chars() {
        assert!(press(&mut area, KeyCode::Char(char)));
    }
    press(&mut area, KeyCode::Enter);
    press(&mut area, KeyCode::Char('w'));
    assert_eq!((area.text().as_str(), area.lines().len()), ("id\nw", 2));
    assert!(!press(&mut area, KeyCode::Up), "the cursor moved, the text is the same");
}

#[test]
fn nothing_hidden_is_pasted_and_what_is_odd_is_seen() {
    let mut area = Area::new("");
    assert!(area.paste("a\r\nb\x1b[2J\tc"));
    assert_eq!(area.text(), "a\nb[2J\tc");
    let area = Area::new("rm\u{202e}x");
    assert!(format!("{}", drawn(&area, 24, 2)).contains("rm<U+202E>x"));
}

#[test]
fn a_script_is_not_endless() {
    let mut area = Area::new("");
    assert!(!area.paste(&"x".repeat(LIMIT + 1)));
    assert!(area.paste(&"x".repeat(LIMIT)));
    press(&mut area, KeyCode::Char('y'));
    assert_eq!(area.text().len(), LIMIT);
    area.set("short");
    assert!(area.paste(" and more"));
}

#[test]
fn the_cursor_is_in_sight_and_lines_have_numbers() {
    let script = (1..=12).map(|number| format!("echo line {number}")).collect::<Vec<_>>().join("\n");
    let mut area = Area::new(&script);
    insta::assert_snapshot!(drawn(&area, 24, 5), @r#"
    " 8 echo line 8          "
    " 9 echo line 9          "
    "10 echo line 10         "
    "11 echo line 11         "
    "12 echo line 12         "
    "#);
    for _ in 0..11 {
        press(&mut area, KeyCode::Up);
    }
    insta::assert_snapshot!(drawn(&area, 8, 2), @r#"
    " line 1 "
    " line 2 "
    "#);
}

#[test]
fn it_is_stored_as_its_text_and_is_its_text() {
    let area: Area = serde_json::from_str("\"a\\nb\"").unwrap();
    assert_eq!(area, Area::new("a\nb"));
    assert_eq!(serde_json::to_string(&area).unwrap(), "\"a\\nb\"");
    assert!(Area::new(" \n\t").is_blank() && !area.is_blank());
}

#[test]
fn the_cursor_goes_where_it_is_sent_and_no_further() {
    let mut area = Area::new("permit (\nprincipal\n);");
    area.go(1, 4);
    assert_eq!(area.cursor(), (1, 4));
    press(&mut area, KeyCode::Char('!'));
    assert_eq!(area.lines()[1], "prin!cipal");
    area.go(9, 9);
    assert_eq!(area.cursor(), (2, 2));
}

#[test]
fn a_marked_line_stands_out_with_its_number() {
    let area = Area::new("fine\nwrong\nfine");
    let theme = Theme::builtin("dark", Depth::True).unwrap();
    let mut terminal = Terminal::new(TestBackend::new(20, 3)).unwrap();
    let mark = |line| (line == 1).then_some(Role::Bad);
    terminal.draw(|frame| area.view_marked(frame, frame.area(), &theme, false, mark)).unwrap();
    let buffer = terminal.backend().buffer();
    let red = theme.style(Role::Bad).fg;
    let is_red = |x: u16, y: u16| buffer[(x, y)].style().fg == red;
    assert!(is_red(1, 1) && is_red(3, 1), "the number and the text");
    assert!(!is_red(1, 0) && !is_red(3, 2));
}
