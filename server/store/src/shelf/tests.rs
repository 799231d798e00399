//! Stories of the shelf: it never tells what is not so.

use super::*;

const REGION: &str = "here";

fn place(path: &str) -> Place {
    (REGION.to_owned(), path.to_owned())
}

fn item(text: &str) -> Item {
    text.as_bytes().into()
}

fn whole(paths: &[&str]) -> Shelf {
    let shelf = Shelf::default();
    let load = shelf.load().unwrap();
    assert!(load.take(paths.iter().map(|path| (place(path), item(path))).collect()));
    load.finish();
    shelf
}

fn change(shelf: &Shelf, path: &str, becomes: Found) -> Changing {
    shelf.change([(place(path), becomes)].into())
}

fn level(shelf: &Shelf, below: &str, after: &str, count: usize) -> Option<Vec<String>> {
    let found = shelf.list(REGION, below, Reach::Level, after, count)?;
    Some(found.into_iter().map(|(path, _)| path).collect())
}

#[test]
fn what_is_not_kept_is_unknown_until_everything_is_kept() {
    let shelf = Shelf::default();
    assert_eq!(shelf.get(REGION, "/a"), Found::Unknown);
    shelf.put(shelf.epoch(), place("/a"), item("1"));
    assert_eq!(shelf.get(REGION, "/a"), Found::Item(item("1")));
    assert_eq!(level(&shelf, "/", "", 9), None);
    let shelf = whole(&["/a"]);
    assert_eq!(shelf.get(REGION, "/b"), Found::Nothing);
    assert_eq!(shelf.get("elsewhere", "/a"), Found::Nothing);
}

#[test]
fn a_change_is_told_from_when_it_is_committed_and_nothing_while_it_is() {
    let shelf = whole(&["/a", "/b"]);
    let began = shelf.epoch();
    let changing = change(&shelf, "/a", Found::Item(item("2")));
    assert_eq!(shelf.get(REGION, "/a"), Found::Unknown);
    assert_eq!(level(&shelf, "/", "", 9), None);
    shelf.put(began, place("/a"), item("1"));
    assert_eq!(shelf.get(REGION, "/a"), Found::Unknown, "whoever reads the former one does not put it back");
    changing.committed();
    assert_eq!(shelf.get(REGION, "/a"), Found::Item(item("2")));
    shelf.put(began, place("/a"), item("1"));
    assert_eq!(shelf.get(REGION, "/a"), Found::Item(item("2")));
    change(&shelf, "/a", Found::Nothing).committed();
    assert_eq!(
        (shelf.get(REGION, "/a"), level(&shelf, "/", "", 9)),
        (Found::Nothing, Some(vec!["/b".into()]))
    );
}

#[test]
fn what_may_have_become_of_a_change_is_unknown_until_it_is_read() {
    let shelf = whole(&["/a", "/b/c"]);
    drop(change(&shelf, "/a", Found::Item(item("2"))));
    change(&shelf, "/new", Found::Unknown).committed();
    for path in ["/a", "/new"] {
        assert_eq!(shelf.get(REGION, path), Found::Unknown);
    }
    assert_eq!((level(&shelf, "/", "", 9), level(&shelf, "/b/", "", 9)), (None, Some(vec!["/b/c".into()])));
    shelf.put(shelf.epoch(), place("/a"), item("1"));
    shelf.put(shelf.epoch(), place("/new"), item("1"));
    assert_eq!(level(&shelf, "/", "", 9), Some(vec!["/a".into(), "/new".into()]));
}

#[test]
fn what_changes_while_everything_is_read_is_not_told_as_it_was() {
    let shelf = Shelf::default();
    let load = shelf.load().unwrap();
    assert!(shelf.load().is_none(), "one is enough");
    change(&shelf, "/changed", Found::Item(item("2"))).committed();
    change(&shelf, "/gone", Found::Nothing).committed();
    change(&shelf, "/hazy", Found::Unknown).committed();
    let changing = change(&shelf, "/late", Found::Item(item("2")));
    assert!(
        load.take(["/changed", "/gone", "/hazy", "/late", "/still"].map(|it| (place(it), item("1"))).into())
    );
    changing.committed();
    load.finish();
    let found = |path| shelf.get(REGION, path);
    assert_eq!([found("/changed"), found("/late")], [Found::Item(item("2")), Found::Item(item("2"))]);
    assert_eq!([found("/gone"), found("/hazy")], [Found::Nothing, Found::Unknown]);
    assert_eq!(found("/still"), Found::Item(item("1")));
}

#[test]
fn what_was_read_before_everything_was_forgotten_is_of_no_use() {
    let shelf = whole(&["/a"]);
    let began = shelf.epoch();
    shelf.clear();
    assert_eq!(shelf.get(REGION, "/a"), Found::Unknown);
    shelf.put(began, place("/a"), item("1"));
    assert_eq!(shelf.get(REGION, "/a"), Found::Unknown);
    let load = shelf.load().unwrap();
    shelf.clear();
    assert!(!load.take(vec![(place("/a"), item("1"))]));
    drop(load);
    assert_eq!(shelf.get(REGION, "/a"), Found::Unknown);
}

#[test]
fn a_level_is_listed_in_order_page_by_page_without_what_is_below_it() {
    let paths = ["/a", "/a!/x", "/a/b", "/a/b/c", "/a/b/d", "/a/c/x/y", "/a/c0", "/a/d", "/b"];
    let shelf = whole(&paths);
    let is = |below, after, count| level(&shelf, below, after, count).unwrap().join(" ");
    assert_eq!(is("/a/", "", 9), "/a/b /a/c0 /a/d");
    assert_eq!(is("/a/", "", 2), "/a/b /a/c0");
    assert_eq!(is("/a/", "/a/c0", 2), "/a/d");
    assert_eq!(is("/", "", 9), "/a /b");
    assert_eq!(is("/a/b/", "/a", 9), "/a/b/c /a/b/d");
    assert_eq!(is("/none/", "", 9), "");
    let below = shelf.list(REGION, "/a/", Reach::Below, "/a/b", 3).unwrap();
    let below: Vec<_> = below.iter().map(|(path, _)| path.as_str()).collect();
    assert_eq!(below, ["/a/b/c", "/a/b/d", "/a/c/x/y"]);
}

#[test]
fn what_there_is_no_room_for_is_not_kept_as_a_whole_and_not_loaded_again() {
    let shelf = Shelf::default();
    let load = shelf.load().unwrap();
    let large: Item = vec![0; 1024 * 1024].into();
    let fits = (0..100).take_while(|n| load.take(vec![(place(&format!("/{n}")), large.clone())])).count();
    load.finish();
    assert_eq!(fits, 63);
    assert_eq!(shelf.get(REGION, "/200"), Found::Unknown);
    assert!(matches!(shelf.get(REGION, "/0"), Found::Item(_)), "what was read is kept while there is room");
    assert!(shelf.load().is_none());
}
