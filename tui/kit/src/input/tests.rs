use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::theme::Depth;

fn typed(line: &mut Line, keys: &str) -> LineEvent {
    let mut last = LineEvent::Ignored;
    for chord in keys.split_whitespace() {
        let (modifiers, rest) = match chord.split_once('-') {
            Some(("C", rest)) => (KeyModifiers::CONTROL, rest),
            Some(("A", rest)) => (KeyModifiers::ALT, rest),
            _ => (KeyModifiers::NONE, chord),
        };
        let code = match rest {
            "Left" => KeyCode::Left,
            "Right" => KeyCode::Right,
            "Home" => KeyCode::Home,
            "End" => KeyCode::End,
            "Back" => KeyCode::Backspace,
            "Del" => KeyCode::Delete,
            "Enter" => KeyCode::Enter,
            "Esc" => KeyCode::Esc,
            "Up" => KeyCode::Up,
            char => KeyCode::Char(char.chars().next().unwrap()),
        };
        last = line.key(KeyEvent::new(code, modifiers));
    }
    last
}

fn shown(line: &Line, width: u16, label: &str, placeholder: &str) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, 1)).unwrap();
    let theme = Theme::builtin("terminal", Depth::Ansi16).unwrap();
    terminal.draw(|frame| line.view(frame, frame.area(), &theme, label, placeholder, true)).unwrap();
    let buffer = terminal.backend().buffer();
    (0..width)
        .map(|x| {
            let cell = &buffer[(x, 0)];
            let cursor = cell.modifier.contains(Modifier::REVERSED);
            if cursor { format!("[{}]", cell.symbol()) } else { cell.symbol().to_owned() }
        })
        .collect()
}

#[test]
fn it_edits_like_a_shells_line() {
    let mut line = Line::new("systemctl restart nginx");
    assert_eq!(typed(&mut line, "C-w"), LineEvent::Changed);
    assert_eq!(line.text(), "systemctl restart ");
    typed(&mut line, "A-b C-k");
    assert_eq!(line.text(), "systemctl ");
    typed(&mut line, "C-a x C-e y Left Back");
    assert_eq!(line.text(), "xsystemctly");
    typed(&mut line, "C-e C-u");
    assert_eq!(line.text(), "");
    assert_eq!(typed(&mut line, "Back"), LineEvent::Moved, "nothing is left to take away");
}

#[test]
fn the_cursor_moves_over_whole_characters() {
    let mut line = Line::new("ae\u{301}日");
    typed(&mut line, "Left Left");
    assert_eq!(line.before(), "a");
    typed(&mut line, "Del");
    assert_eq!(line.text(), "a日");
}

#[test]
fn what_it_does_not_know_is_left_to_others() {
    let mut line = Line::new("x");
    assert_eq!(typed(&mut line, "Up"), LineEvent::Ignored);
    assert_eq!(typed(&mut line, "C-p"), LineEvent::Ignored);
    assert_eq!(typed(&mut line, "Enter"), LineEvent::Submit);
    assert_eq!(typed(&mut line, "Esc"), LineEvent::Cancel);
}

#[test]
fn pasted_lines_become_one_and_nothing_hidden_comes_along() {
    let mut line = Line::new("");
    assert_eq!(line.paste("uptime\r\nid\x1b[2J\n"), LineEvent::Changed);
    assert_eq!(line.text(), "uptime id[2J");
}

#[test]
fn a_line_is_not_endless() {
    let mut line = Line::new("");
    line.paste(&"日".repeat(1_000_000));
    assert!(line.text().len() <= LIMIT && line.text().len() > LIMIT - 4);
    assert_eq!(typed(&mut line, "日"), LineEvent::Moved);
}

#[test]
fn the_cursor_stays_in_sight() {
    let mut line = Line::new("0123456789");
    assert_eq!(shown(&line, 8, "/ ", ""), "/ ‹6789[ ]");
    typed(&mut line, "Home");
    assert_eq!(shown(&line, 8, "/ ", ""), "/ [0]12345");
    assert_eq!(shown(&Line::new("日本語"), 4, "", ""), "‹語 [ ]");
    assert_eq!(shown(&Line::new(""), 8, "/ ", "filter"), "/ [f]ilter");
    assert_eq!(shown(&Line::new("x"), 2, "label", ""), "l…", "no room for the text");
}

#[test]
fn a_hidden_mark_is_shown_while_it_is_typed() {
    assert_eq!(shown(&Line::new("a\u{202e}b"), 12, "", ""), "a<U+202E>b[ ] ");
}

#[test]
fn it_is_stored_as_its_text() {
    let line = Line::new("os=debian");
    assert_eq!(serde_json::to_string(&line).unwrap(), "\"os=debian\"");
    assert_eq!(serde_json::from_str::<Line>("\"os=debian\"").unwrap(), line);
}
