use ratatui::style::{Color, Modifier};

use super::*;

const DEPTHS: [Depth; 4] = [Depth::True, Depth::Ansi256, Depth::Ansi16, Depth::None];

fn theme(text: &str) -> Result<Theme, ThemeError> {
    Theme::parse("mine", text, Depth::True, &|_| None)
}

fn problem(text: &str) -> String {
    theme(text).unwrap_err().to_string()
}

#[test]
fn every_theme_resolves_every_role_on_every_terminal() {
    for (name, text) in FILES {
        for depth in DEPTHS {
            let theme = Theme::parse(name, text, depth, &|_| None).unwrap();
            for &role in Role::ALL {
                let style = theme.style(role);
                for color in [style.fg, style.bg].into_iter().flatten() {
                    assert!(depth.shows(color), "{name} at {depth:?}: {} is {color:?}", role.name());
                }
            }
        }
    }
}

#[test]
fn every_coloured_theme_says_every_role_itself() {
    for name in Theme::names() {
        let text = Theme::builtin_text(name).unwrap();
        for role in Role::ALL {
            assert!(text.contains(&format!("\"{}\" = ", role.name())), "{name} has no {}", role.name());
        }
        assert!(!text.lines().any(|line| line.len() > 120), "{name} is meant to be read");
    }
}

#[test]
fn the_row_under_the_cursor_is_seen_in_every_theme_on_every_terminal() {
    for name in Theme::names() {
        for depth in DEPTHS {
            let theme = Theme::builtin(name, depth).unwrap();
            let (text, selection) = (theme.style(Role::Text), theme.style(Role::Selection));
            let reversed = selection.add_modifier.contains(Modifier::REVERSED);
            assert!(reversed || (selection.bg.is_some() && selection.bg != text.bg), "{name} at {depth:?}");
            assert!(depth != Depth::None || reversed);
        }
    }
}

#[test]
fn failed_stands_out_from_ok_in_every_theme_on_every_terminal() {
    for name in Theme::names() {
        for depth in DEPTHS {
            let theme = Theme::builtin(name, depth).unwrap();
            let (ok, failed) = (theme.style(Role::StateOk), theme.style(Role::StateFailed));
            assert!(
                failed.add_modifier.contains(Modifier::BOLD) && !ok.add_modifier.contains(Modifier::BOLD)
            );
            assert!(depth == Depth::None || ok.fg != failed.fg, "{name} at {depth:?}");
        }
    }
}

#[test]
fn without_colours_only_bold_underline_and_reverse_are_left() {
    let allowed = Modifier::BOLD | Modifier::UNDERLINED | Modifier::REVERSED;
    for name in Theme::names() {
        let theme = Theme::builtin(name, Depth::None).unwrap();
        for &role in Role::ALL {
            let style = theme.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{name}: {}", role.name());
            assert!(allowed.contains(style.add_modifier), "{name}: {}", role.name());
        }
    }
}

#[test]
fn the_default_theme_leaves_the_terminal_its_own_ground_and_colours() {
    let theme = Theme::builtin("terminal", Depth::True).unwrap();
    for &role in Role::ALL {
        let style = theme.style(role);
        assert!(!matches!(style.fg, Some(Color::Rgb(..) | Color::Indexed(_))), "{}", role.name());
    }
    assert_eq!((theme.style(Role::Text).bg, theme.style(Role::Overlay).bg), (None, None));
}

/// Contrast as the web's accessibility rules compute it.
fn contrast(a: Color, b: Color) -> f64 {
    let luminance = |color| {
        let Color::Rgb(r, g, b) = color else { panic!("{color:?}") };
        let [r, g, b] = [r, g, b].map(|level| {
            let level = f64::from(level) / 255.0;
            if level <= 0.04045 { level / 12.92 } else { ((level + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[test]
fn text_can_be_read_on_the_ground_the_selection_and_in_dialogs() {
    let decoration = [Role::Border, Role::Scrollbar];
    for (name, least) in [("dark", 4.5), ("light", 4.5), ("high-contrast", 7.0)] {
        let theme = Theme::builtin(name, Depth::True).unwrap();
        let ground = theme.style(Role::Text);
        let selection = theme.style(Role::Selection);
        for &role in Role::ALL.iter().filter(|role| !decoration.contains(role)) {
            let style = ground.patch(theme.style(role));
            let own = contrast(style.fg.unwrap(), style.bg.unwrap());
            assert!(own >= least, "{name}: {} has a contrast of {own:.1}", role.name());
            let on_selection = theme.style(role).patch(selection);
            if theme.style(role).bg.is_none() {
                let over = contrast(on_selection.fg.unwrap(), on_selection.bg.unwrap());
                assert!(over >= 3.0, "{name}: {} on the selection has a contrast of {over:.1}", role.name());
                let dialog = contrast(style.fg.unwrap(), theme.style(Role::Overlay).bg.unwrap());
                assert!(dialog >= 4.0, "{name}: {} in a dialog has a contrast of {dialog:.1}", role.name());
            }
        }
    }
}

#[test]
fn a_theme_of_ones_own_says_only_what_differs() {
    let mine =
        theme("inherits = \"dark\"\n[palette]\nleaf = \"#00ff00\"\n[roles]\n\"state.failed\" = \"#ff00ff\"")
            .unwrap();
    let dark = Theme::builtin("dark", Depth::True).unwrap();
    assert_eq!(mine.style(Role::StateOk).fg, Some(Color::Rgb(0, 255, 0)), "its leaf in dark's role");
    assert_eq!(mine.style(Role::StateFailed).fg, Some(Color::Rgb(255, 0, 255)));
    assert_eq!(mine.style(Role::Selection), dark.style(Role::Selection));
    assert_eq!(mine.name(), "mine");
}

#[test]
fn a_theme_may_inherit_from_another_of_ones_own_and_bear_a_builtin_name() {
    let files = |name: &str| match name {
        "base" => Some("inherits = \"dark\"\n[roles]\naccent = \"red\"".to_owned()),
        "dark" => Some("inherits = \"dark\"\n[roles]\ntitle = \"blue\"".to_owned()),
        _ => None,
    };
    let mine = Theme::parse("mine", "inherits = \"base\"", Depth::True, &files).unwrap_err();
    assert_eq!(mine.to_string(), "theme mine, line 1: more than 8 themes inherit from one another");
    let dark = Theme::parse("dark", &files("dark").unwrap(), Depth::True, &files).unwrap();
    assert_eq!(dark.style(Role::Title).fg, Some(Color::Blue));
}

#[test]
fn what_is_not_named_is_looked_for_up_the_dots() {
    let theme =
        theme("[roles]\ntext = \"white\"\nstate = \"yellow\"\n\"state.ok\" = \"green bold\"").unwrap();
    assert_eq!(theme.style(Role::StateOk).fg, Some(Color::Green));
    assert_eq!(theme.style(Role::StateTimedOut).fg, Some(Color::Yellow));
    assert_eq!(theme.style(Role::Border).fg, Some(Color::Gray), "none of its family: as text");
    assert_eq!(Role::StateTimedOut.lineage().collect::<Vec<_>>(), ["state.timed_out", "state", "text"]);
}

#[test]
fn a_style_is_words_or_a_table() {
    let theme = theme("[roles]\nbad = \"red bold underline\"\nchip = { fg = \"black\", bg = \"cyan\", dim = true, bold = false }").unwrap();
    assert_eq!(theme.style(Role::Bad).add_modifier, Modifier::BOLD | Modifier::UNDERLINED);
    let chip = theme.style(Role::Chip);
    assert_eq!((chip.fg, chip.bg), (Some(Color::Black), Some(Color::Cyan)));
    assert_eq!((chip.add_modifier, chip.sub_modifier), (Modifier::DIM, Modifier::BOLD));
}

#[test]
fn a_colour_may_say_what_poorer_terminals_show() {
    let text = "[palette]\nmine = [\"#ff8800\", 208, \"bright-red\"]\n[roles]\nbad = \"mine\"";
    let fg = |depth| Theme::parse("mine", text, depth, &|_| None).unwrap().style(Role::Bad).fg;
    assert_eq!(fg(Depth::True), Some(Color::Rgb(255, 136, 0)));
    assert_eq!(fg(Depth::Ansi256), Some(Color::Indexed(208)));
    assert_eq!(fg(Depth::Ansi16), Some(Color::LightRed));
    assert_eq!(fg(Depth::None), None);
}

#[test]
fn a_mistake_is_named_with_its_line() {
    assert_eq!(
        problem("[roles]\n\n\"state.fine\" = \"red\""),
        "theme mine, line 3: there is no role \"state.fine\""
    );
    assert_eq!(
        problem("[roles]\nbad = \"rde\""),
        "theme mine, line 2: neither the palette nor the terminal has a colour \"rde\""
    );
    assert!(
        problem("[palette]\nred = \"#ff00\"")
            .starts_with("theme mine, line 2: \"#ff00\" is no colour; write")
    );
    assert!(problem("[palette]\nred = 300").starts_with("theme mine, line 2: \"300\" is no colour"));
    assert!(problem("[palette]\nred = []").starts_with("theme mine, line 2: no colour"));
    assert!(problem("[roles]\nbad = \"red blue\"").contains("second colour"));
    assert!(
        problem("[roles]\nbad = { fg = \"red\", blink = true }").contains("\"blink\" does not belong here")
    );
    assert!(problem("[roles]\nbad = 7").contains("a style is text or a table, not integer"));
    assert_eq!(
        problem("inherits = \"drak\""),
        "theme mine, line 1: there is no theme \"drak\" to inherit from"
    );
    assert!(problem("\n[rolls]\n").starts_with("theme mine, line 2: unknown key \"rolls\""));
    assert!(problem("[roles]\nbad = \"red").starts_with("theme mine, line 2: "));
}

#[test]
fn a_mistake_in_an_ancestor_is_named_as_the_ancestors() {
    let find = |name: &str| (name == "base").then(|| "[roles]\n\nbad = \"nosuch\"".to_owned());
    let error = Theme::parse("mine", "inherits = \"base\"", Depth::True, &find).unwrap_err();
    assert_eq!((error.theme.as_str(), error.line), ("base", 3));
}

#[test]
fn ascii_replaces_the_signs_alone() {
    let theme = Theme::builtin("dark", Depth::True).unwrap();
    let ascii = theme.clone().with_ascii(true);
    assert_eq!(ascii.style(Role::Bad), theme.style(Role::Bad));
    assert_eq!((ascii.symbols().failed, ascii.with_ascii(false).symbols().failed), ("!", "✗"));
}
