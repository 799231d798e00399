use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::table::{Align, Cell as TableCell, Column, RowLook, Width};
use crate::theme::{Depth, Role, Theme};

const COLUMNS: [Column<'static>; 2] = [
    Column { title: "Name", width: Width::Flex { min: 20, weight: 1 }, align: Align::Left, pinned: true },
    Column { title: "Version", width: Width::Fixed(8), align: Align::Right, pinned: false },
];

fn entries(names: &[&str]) -> Vec<Entry<String>> {
    names.iter().map(|name| Entry { key: (*name).to_owned(), branch: name.ends_with('/') }).collect()
}

fn drawn_in(theme: &Theme, tree: &Tree<String>, width: u16, height: u16) -> TestBackend {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    let how = TreeView { columns: &COLUMNS, first_column: 0, empty: "There are no parameters." };
    let item = |key: &String| {
        let name = key.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        let look = RowLook { marked: name == "host", ..RowLook::default() };
        (look, vec![TableCell::new(name.to_owned()), TableCell::of(Role::TextMuted, "3")])
    };
    terminal.draw(|frame| tree.view(frame, frame.area(), theme, true, &how, item)).unwrap();
    terminal.backend().clone()
}

fn drawn(tree: &Tree<String>, height: u16) -> String {
    drawn_in(&Theme::builtin("dark", Depth::True).unwrap(), tree, 40, height).to_string()
}

fn key(text: &str) -> String {
    text.to_owned()
}

fn want(parent: Option<&str>, behind: usize) -> Want<String> {
    Want { parent: parent.map(str::to_owned), behind }
}

/// A tree whose first levels were read.
fn planted() -> Tree<String> {
    let mut tree = Tree::new();
    assert_eq!(tree.wants(), [want(None, 0)]);
    tree.put(None, entries(&["dev/", "prod/", "region"]), false);
    assert!(tree.select(&key("prod/")));
    tree.hear(TreeMsg::Open);
    assert_eq!(tree.wants(), [want(Some("prod/"), 0)]);
    tree.put(Some(&key("prod/")), entries(&["prod/db/", "prod/host", "prod/port"]), true);
    tree
}

#[test]
fn a_tree_in_every_theme_and_in_ascii() {
    let mut tree = planted();
    tree.select(&key("prod/db/"));
    tree.hear(TreeMsg::Open);
    tree.select(&key("dev/"));
    tree.hear(TreeMsg::Open);
    tree.fail(Some(&key("dev/")), "not permitted: ssm:DescribeParameters");
    for (name, depth) in [("dark", Depth::True), ("light", Depth::True), ("terminal", Depth::None)] {
        let theme = Theme::builtin(name, depth).unwrap().with_ascii(depth == Depth::None);
        insta::assert_snapshot!(name, drawn_in(&theme, &tree, 56, 12));
    }
    let mut empty: Tree<String> = Tree::new();
    assert!(drawn(&empty, 6).contains("loading"));
    empty.put(None, Vec::new(), false);
    assert!(empty.is_empty() && drawn(&empty, 6).contains("There are no parameters."));
}

#[test]
fn what_is_opened_is_asked_for_once() {
    let mut tree = planted();
    assert_eq!(tree.wants(), [], "more is not in sight before it was drawn");
    drawn(&tree, 12);
    assert_eq!(tree.wants(), [want(Some("prod/"), 3)], "more is in sight");
    assert_eq!(tree.wants(), [], "it was asked for");
    tree.append(Some(&key("prod/")), entries(&["prod/port", "prod/user"]), false);
    let shown: Vec<&String> = tree.shown().collect();
    assert_eq!(shown, ["dev/", "prod/", "prod/db/", "prod/host", "prod/port", "prod/user", "region"]);
    tree.hear(TreeMsg::Close);
    tree.hear(TreeMsg::Open);
    assert_eq!(tree.wants(), [], "it is known");
}

#[test]
fn open_goes_in_and_close_goes_out() {
    let mut tree = planted();
    tree.hear(TreeMsg::Open);
    assert_eq!(tree.on(), Some(&key("prod/db/")), "it was open: in");
    tree.hear(TreeMsg::Step(1));
    assert_eq!((tree.on(), tree.inside()), (Some(&key("prod/host")), Some(&key("prod/"))));
    tree.hear(TreeMsg::Close);
    assert_eq!(tree.on(), Some(&key("prod/")));
    tree.hear(TreeMsg::Close);
    assert!(!tree.is_open(&key("prod/")) && tree.len() == 3);
    tree.hear(TreeMsg::Last);
    tree.hear(TreeMsg::Open);
    assert_eq!(tree.on(), Some(&key("region")), "there is nothing in it");
    tree.hear(TreeMsg::Close);
    assert_eq!((tree.on(), tree.inside()), (Some(&key("region")), None));
}

#[test]
fn the_cursor_stays_with_what_it_is_on_when_rows_come_and_go_above() {
    let mut tree = planted();
    tree.select(&key("region"));
    tree.put(None, entries(&["alpha", "beta", "dev/", "prod/", "region"]), false);
    assert_eq!(tree.on(), Some(&key("region")));
    assert!(tree.is_open(&key("prod/")) && tree.contains(&key("prod/host")), "what was open stays open");
    tree.take_out(&key("alpha"));
    assert_eq!(tree.on(), Some(&key("region")));
    tree.put(None, entries(&["dev/", "prod/"]), false);
    assert_eq!(tree.on(), None, "it is gone: the last row, which says that there is more");
    assert!(!tree.contains(&key("region")));
}

#[test]
fn the_cursor_falls_on_what_was_closed_over_it() {
    let mut tree = planted();
    tree.select(&key("prod/port"));
    tree.hear(TreeMsg::CloseAll);
    assert_eq!(tree.on(), Some(&key("prod/")));
    assert!(tree.select(&key("prod/port")), "it is opened again to be seen");
    assert_eq!(tree.on(), Some(&key("prod/port")));
    assert!(!tree.select(&key("nobody")));
}

#[test]
fn the_next_page_takes_the_place_of_more() {
    let mut tree = planted();
    tree.select(&key("prod/port"));
    tree.hear(TreeMsg::Step(1));
    assert_eq!((tree.on(), tree.inside()), (None, Some(&key("prod/"))));
    drawn(&tree, 12);
    tree.wants();
    assert!(drawn(&tree, 12).contains("loading more"));
    tree.append(Some(&key("prod/")), entries(&["prod/user", "prod/zone"]), false);
    assert_eq!(tree.on(), Some(&key("prod/user")));
}

#[test]
fn what_could_not_be_read_says_so_and_is_asked_for_again() {
    let mut tree = planted();
    tree.fail(Some(&key("prod/")), "the server is not reached");
    assert!(drawn(&tree, 12).contains("✗ the server is not"), "{}", drawn(&tree, 12));
    tree.select(&key("prod/port"));
    tree.hear(TreeMsg::Step(1));
    assert_eq!(tree.trouble(), Some("the server is not reached"));
    tree.hear(TreeMsg::Open);
    assert_eq!(tree.wants(), [want(Some("prod/"), 3)]);
    tree.renew_all();
    assert_eq!(tree.wants(), [want(None, 0), want(Some("prod/"), 0)], "what is open is read again");
    assert!(drawn(&tree, 12).contains("host"), "and stays in sight until then");
}

#[test]
fn the_same_thing_is_never_in_two_places() {
    let mut tree = planted();
    tree.put(Some(&key("dev/")), entries(&["prod/host", "dev/x"]), false);
    tree.select(&key("dev/x"));
    assert_eq!(tree.inside(), Some(&key("dev/")));
    tree.select(&key("prod/host"));
    assert_eq!(tree.inside(), Some(&key("prod/")));
}

#[test]
fn a_hundred_thousand_rows_are_smooth() {
    let mut tree = Tree::new();
    tree.put(None, entries(&["a/", "z/"]), false);
    let begun = std::time::Instant::now();
    for (folder, pages) in [("a/", 500), ("z/", 10)] {
        tree.select(&key(folder));
        tree.hear(TreeMsg::Open);
        tree.wants();
        for page in 0..pages {
            let names: Vec<String> = (0..200).map(|n| format!("{folder}{page:03}-{n:03}")).collect();
            let page = names.into_iter().map(|key| Entry { key, branch: false }).collect();
            tree.append(Some(&key(folder)), page, true);
        }
    }
    assert!(tree.len() > 100_000);
    let read = begun.elapsed();
    let begun = std::time::Instant::now();
    for msg in [TreeMsg::First, TreeMsg::Last, TreeMsg::Page(false), TreeMsg::Half(false)].repeat(10) {
        tree.hear(msg);
        drawn(&tree, 50);
        tree.wants();
    }
    tree.select(&key("a/"));
    for _ in 0..10 {
        tree.hear(TreeMsg::Toggle);
        drawn(&tree, 50);
    }
    assert!(read.as_secs() < 8 && begun.elapsed().as_secs() < 4, "{read:?} {:?}", begun.elapsed());
}

/// What a tree does, in numbers.
#[derive(Clone, Debug)]
enum Act {
    Hear(u8),
    Put(u8, Vec<u8>, bool),
    Append(u8, Vec<u8>),
    TakeOut(u8),
    Fail(u8),
    Wants,
    Draw(u16),
}

fn act() -> impl Strategy<Value = Act> {
    let page = prop::collection::vec(0..30_u8, 0..8);
    prop_oneof![
        6 => (0..10_u8).prop_map(Act::Hear),
        3 => (0..30_u8, page.clone(), any::<bool>()).prop_map(|(at, page, more)| Act::Put(at, page, more)),
        2 => (0..30_u8, page).prop_map(|(at, page)| Act::Append(at, page)),
        1 => (0..30_u8).prop_map(Act::TakeOut),
        1 => (0..30_u8).prop_map(Act::Fail),
        2 => Just(Act::Wants),
        2 => (1..12_u16).prop_map(Act::Draw),
    ]
}

fn page(of: u8, names: &[u8]) -> Vec<Entry<String>> {
    // Nothing is inside itself.
    let names = names.iter().filter(|name| **name > of || of == 0);
    names.map(|name| Entry { key: name.to_string(), branch: name % 2 == 0 }).collect()
}

proptest! {
    #[test]
    fn rows_are_always_what_is_open_and_the_cursor_is_on_one(acts in prop::collection::vec(act(), 1..80)) {
        let mut tree: Tree<String> = Tree::new();
        for act in acts {
            let parent = |at: u8| (at > 0).then(|| at.to_string());
            match act {
                Act::Hear(msg) => tree.hear(match msg {
                    0 => TreeMsg::Step(1),
                    1 => TreeMsg::Step(-1),
                    2 => TreeMsg::First,
                    3 => TreeMsg::Last,
                    4 => TreeMsg::Half(true),
                    5 => TreeMsg::Page(false),
                    6 => TreeMsg::Open,
                    7 => TreeMsg::Close,
                    8 => TreeMsg::Toggle,
                    _ => TreeMsg::CloseAll,
                }),
                Act::Put(at, names, more) => {
                    let on = tree.on().cloned();
                    tree.put(parent(at).as_ref(), page(at, &names), more);
                    if let Some(on) = on.filter(|on| tree.shown().any(|key| key == on)) {
                        prop_assert_eq!(tree.on(), Some(&on), "it is still there: the cursor is on it");
                    }
                }
                Act::Append(at, names) => tree.append(parent(at).as_ref(), page(at, &names), false),
                Act::TakeOut(at) => tree.take_out(&at.to_string()),
                Act::Fail(at) => tree.fail(parent(at).as_ref(), "no"),
                Act::Wants => drop(tree.wants()),
                Act::Draw(height) => {
                    drawn(&tree, height);
                    let seen = tree.top.get()..tree.top.get() + tree.height.get().max(1);
                    prop_assert!(tree.is_empty() || seen.contains(&tree.cursor));
                }
            }
            let rows = tree.rows.clone();
            let mut fresh = tree.clone();
            fresh.rebuild();
            prop_assert_eq!(rows, fresh.rows, "what was spliced is what would be built");
            prop_assert!(tree.rows.is_empty() || tree.cursor < tree.rows.len());
            prop_assert_eq!(tree.on, tree.rows.get(tree.cursor).copied());
            prop_assert_eq!(tree.by_key.len() + tree.free.len() + 1, tree.nodes.len());
        }
    }
}
