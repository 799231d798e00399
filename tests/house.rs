//! The laws of the house, read from its manifests and sources: who may import whom, what a room must never name, how long files
//! and functions may be, and what stands at the head of each folder.
//!
//! A law that fails says what to do. Lists of offenders (`house/*.txt`) may only shrink: who mends one strikes it off.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails where something is not as it should be")]

#[path = "house/laws.rs"]
mod laws;
#[path = "house/lists.rs"]
mod lists;
#[path = "house/rooms.rs"]
mod rooms;
#[path = "house/rust.rs"]
mod rust;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use pilothouse_api::operation::{Access, OPERATIONS};
use pilothouse_kit::theme::{Depth, Role, Theme};
use pilothouse_protocol::InstanceId;
use pilothouse_server::cx::Caller;
use pilothouse_server::door::Run;
use pilothouse_server::internal::INTERNAL;

use laws::{CONTRACTS, LAWS, Law, MAY_IMPORT, MAY_SLEEP, OUTSIDE, PLAIN, STRANGERS};
use rooms::{Crate, File, crates, members, root};

/// Fails with what is wrong, one line each, and what to do about it.
fn lawful(offences: Vec<String>, mend: &str) {
    assert!(offences.is_empty(), "\n{}\n\n{mend}\n", offences.join("\n"));
}

/// Files of the house that ship, with their crates.
fn shipped(crates: &[Crate]) -> impl Iterator<Item = (&Crate, &File)> {
    crates.iter().flat_map(|it| it.files.iter().map(move |file| (it, file))).filter(|(_, file)| !file.is_test)
}

#[test]
fn the_workspace_lists_every_crate_that_stands_in_the_house() {
    let mut standing = BTreeSet::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for path in
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir())
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.starts_with('.') || name == "target" {
                continue;
            }
            if path.join("Cargo.toml").exists() {
                standing.insert(path.strip_prefix(root()).unwrap().to_string_lossy().into_owned());
            }
            folders.push(path);
        }
    }
    // libFuzzer's way of building is its own: a workspace apart.
    let apart = ["tests/fuzz"];
    let listed: BTreeSet<String> = members().into_iter().chain(apart.map(str::to_owned)).collect();
    assert_eq!(listed, standing, "the root Cargo.toml lists members by name: add or strike the missing one");
}

#[test]
fn nothing_else_stands_at_the_top() {
    let known = [
        "agent",
        "assets",
        "server",
        "tests",
        "themes",
        "tui",
        "target",
        "Cargo.lock",
        "Cargo.toml",
        "README.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
    ];
    let strays = fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.') && !known.contains(&name.as_str()))
        .collect();
    lawful(
        strays,
        "The top of the house reads as a table of contents: move this into the floor that it belongs to.",
    );
}

#[test]
fn no_attic_is_built() {
    const ATTICS: &[&str] = &["common", "shared", "utils", "util", "helpers", "helper", "misc", "types"];
    let crates = crates();
    let attics = crates
        .iter()
        .flat_map(|it| &it.files)
        .filter(|file| file.module.iter().any(|part| ATTICS.contains(&part.as_str())))
        .map(|file| file.path.clone())
        .collect();
    lawful(attics, "A room is named after what it does; a contract belongs to the one who keeps it.");
}

#[test]
fn crates_import_only_downwards() {
    let crates = crates();
    let ours: BTreeSet<&str> = crates.iter().map(|it| it.name.as_str()).collect();
    let mut offences = Vec::new();
    for it in crates.iter().filter(|it| it.name != "pilothouse-tests") {
        let Some((_, may)) = MAY_IMPORT.iter().find(|(name, _)| *name == it.name) else {
            offences.push(format!("{} has no place in the order of imports", it.name));
            continue;
        };
        for dependency in it.dependencies.iter().filter(|name| ours.contains(name.as_str())) {
            if !may.contains(&dependency.as_str()) {
                offences.push(format!("{}/Cargo.toml depends on {dependency}", it.folder));
            }
        }
    }
    lawful(
        offences,
        "Imports go down: tui on server, server on agent; document <- protocol <- api <- client <- tui.",
    );
}

#[test]
fn contracts_are_plain_data() {
    let offences = crates()
        .iter()
        .filter(|it| CONTRACTS.contains(&it.name.as_str()))
        .flat_map(|it| it.shipped.iter().map(move |name| (it, name)))
        .filter(|(_, name)| !name.starts_with("pilothouse-") && !PLAIN.contains(&name.as_str()))
        .map(|(it, name)| format!("{}/Cargo.toml depends on {name}", it.folder))
        .collect();
    lawful(
        offences,
        "Contracts are read by everyone: what does something belongs to the crate that keeps the contract.",
    );
}

#[test]
fn what_stamps_a_floor_is_used_on_that_floor_alone() {
    let mut offences = Vec::new();
    for it in crates() {
        for (name, may) in OUTSIDE {
            if it.dependencies.contains(*name) && !may.contains(&it.name.as_str()) {
                offences.push(format!(
                    "{}/Cargo.toml depends on {name}, which is for {}",
                    it.folder,
                    may.join(", ")
                ));
            }
        }
    }
    lawful(offences, "Ask the crate that is there for it.");
}

#[test]
fn every_room_keeps_to_its_floor() {
    let crates = crates();
    let mut offences = Vec::new();
    for (it, file) in shipped(&crates) {
        let laws: Vec<&Law> = LAWS
            .iter()
            .filter(|law| {
                file.path.starts_with(law.room) && !law.except.iter().any(|it| file.path.starts_with(it))
            })
            .collect();
        for named in it.named_in(file, &file.code.without_tests) {
            let path = named.path.join("::");
            for law in &laws {
                for never in law.never {
                    if path == *never || path.starts_with(&format!("{never}::")) {
                        offences.push(format!("{}:{} names {path}: {}", file.path, named.line, law.why));
                    }
                }
            }
        }
    }
    lawful(offences, "The table of rooms stands in tests/house/laws.rs.");
}

#[test]
fn rooms_of_a_kind_do_not_know_each_other() {
    let crates = crates();
    let mut offences = Vec::new();
    for (it, file) in shipped(&crates) {
        for hall in STRANGERS.iter().filter(|hall| file.path.starts_with(hall.folder)) {
            let Some(own) = file.module.get(hall.hall.len()) else { continue };
            if hall.shared.contains(&own.as_str()) {
                continue;
            }
            for named in it.named_in(file, &file.code.without_tests) {
                let inside = named.path.strip_prefix(["crate".to_owned()].as_slice()).unwrap_or_default();
                let other =
                    inside.get(hall.hall.len()).filter(|_| inside.iter().zip(hall.hall).all(|(a, b)| a == b));
                // A name that is no room is something that the hall itself says.
                let is_room = |name: &String| {
                    it.files.iter().any(|file| file.module.get(hall.hall.len()) == Some(name))
                };
                if let Some(other) = other
                    .filter(|other| *other != own && is_room(other) && !hall.shared.contains(&other.as_str()))
                {
                    offences
                        .push(format!("{}:{} looks into {other}: {}", file.path, named.line, hall.instead));
                }
            }
        }
    }
    lawful(offences, "Rooms of a kind are strangers.");
}

/// The top-level modules of a crate and what each names of the others.
fn imports(it: &Crate) -> BTreeMap<String, BTreeSet<String>> {
    let tops: BTreeSet<&String> = it.files.iter().filter_map(|file| file.module.first()).collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in it.files.iter().filter(|file| !file.is_test) {
        let Some(own) = file.module.first() else { continue };
        for named in it.named_in(file, &file.code.without_tests) {
            let other = named.path.get(1).filter(|_| named.path[0] == "crate");
            if let Some(other) = other.filter(|other| *other != own && tops.contains(other)) {
                imports.entry(own.clone()).or_default().insert(other.clone());
            }
        }
    }
    imports
}

/// Everything that a module imports, and what that imports, and so on.
fn reach(imports: &BTreeMap<String, BTreeSet<String>>, from: &str) -> BTreeSet<String> {
    let (mut reached, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(module) = next.pop() {
        for other in imports.get(module).into_iter().flatten() {
            if reached.insert(other.clone()) {
                next.push(other);
            }
        }
    }
    reached
}

#[test]
fn no_modules_import_each_other_in_a_circle() {
    let mut circles = BTreeMap::new();
    for it in crates() {
        let imports = imports(&it);
        let reached: BTreeMap<&String, _> =
            imports.keys().map(|module| (module, reach(&imports, module))).collect();
        for module in reached.keys().filter(|module| reached[*module].contains(**module)) {
            let circle: Vec<&str> = reached
                .keys()
                .filter(|other| reached[module].contains(**other) && reached[*other].contains(*module))
                .map(|it| it.as_str())
                .collect();
            circles.insert(format!("{}:{}", it.folder, circle.join("+")), circle.len());
        }
    }
    let offences = lists::offences("circles.txt", &circles, 1, usize::MAX);
    lawful(
        offences,
        "Modules import each other in a circle: move what both need below both, or turn one arrow into a trait.",
    );
}

#[test]
fn files_and_functions_are_short() {
    let crates = crates();
    let (mut files, mut functions) = (BTreeMap::new(), BTreeMap::new());
    for (_, file) in shipped(&crates) {
        files.insert(file.path.clone(), file.code.lines_without_tests(&file.text));
        for function in rust::functions(&file.code.without_tests) {
            let longest: &mut usize =
                functions.entry(format!("{}:{}", file.path, function.name)).or_default();
            *longest = (*longest).max(function.length());
        }
    }
    let mut offences = lists::offences("long-files.txt", &files, 300, 500);
    offences.extend(lists::offences("long-functions.txt", &functions, 40, 80));
    lawful(offences, "Short files and functions are read, long ones are skimmed.");
}

#[test]
fn every_file_says_what_it_is_and_every_folder_what_it_is_not() {
    let mut offences = Vec::new();
    for file in crates().iter().flat_map(|it| &it.files) {
        let head = file.text.lines().take_while(|line| line.starts_with("//!")).count();
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let is_face = ["mod.rs", "lib.rs"].contains(&name) && !file.is_test;
        match head {
            0 if file.is_test && file.path.contains("/src/") => {}
            0 => offences.push(format!("{} does not begin with //!", file.path)),
            1..=2 if is_face => {
                offences.push(format!("{} says in {head} lines what its folder is", file.path));
            }
            19.. => offences.push(format!("{} begins with {head} lines: say it in 5 to 12", file.path)),
            _ => {}
        }
    }
    lawful(
        offences,
        "One sentence for a file; for a folder what this room is, what comes in, what goes out, what must never be here.",
    );
}

#[test]
fn nothing_is_left_undone_or_switched_off() {
    // Put together here, so that this file does not offend itself.
    let never = [["todo", "!("], ["unimplemented", "!("], ["#[ign", "ore"], ["#[all", "ow("], ["dbg", "!("]]
        .map(|it| it.concat());
    let mut offences = Vec::new();
    for file in crates().iter().flat_map(|it| &it.files) {
        for (i, line) in file.code.all.lines().enumerate() {
            for what in never.iter().filter(|what| line.contains(what.as_str())) {
                offences.push(format!("{}:{} says {what}", file.path, i + 1));
            }
        }
    }
    lawful(offences, "Finish it, delete it, or #[expect] it with a reason.");
}

#[test]
fn tests_wait_for_conditions_and_never_for_a_time() {
    let mut offences = Vec::new();
    for file in crates().iter().flat_map(|it| &it.files) {
        let tests = file.code.all.lines().zip(file.code.without_tests.lines());
        for (i, (line, shipped)) in tests.enumerate() {
            let is_test = file.is_test || line != shipped;
            let may = MAY_SLEEP.iter().any(|room| file.path.starts_with(room));
            if is_test && !may && line.contains("sleep(") {
                offences.push(format!("{}:{}", file.path, i + 1));
            }
        }
    }
    lawful(
        offences,
        "Wait for what must become so: pilothouse_tests::wait, a channel, or tokio's paused clock.",
    );
}

#[test]
fn every_theme_resolves_every_role_and_tells_good_from_bad() {
    // Who sees no difference here is misled; without colours, words and symbols make it.
    let opposites = [
        (Role::Good, Role::Bad),
        (Role::StateOk, Role::StateFailed),
        (Role::StateRunning, Role::StateFailed),
        (Role::NodeOnline, Role::NodeLost),
        (Role::EnvProd, Role::EnvDev),
        (Role::Text, Role::Selection),
    ];
    for name in Theme::names() {
        for depth in [Depth::None, Depth::Ansi16, Depth::Ansi256, Depth::True] {
            let theme =
                Theme::builtin(name, depth).unwrap_or_else(|| panic!("{name} cannot be read at {depth:?}"));
            for role in Role::ALL {
                let style = theme.style(*role);
                assert!(
                    depth != Depth::None || (style.fg.is_none() && style.bg.is_none()),
                    "{name} gives {role:?} a colour where none is wanted"
                );
            }
            for (one, other) in opposites.iter().filter(|_| depth != Depth::None) {
                assert_ne!(
                    theme.style(*one),
                    theme.style(*other),
                    "{one:?} and {other:?} look alike in {name} at {depth:?}"
                );
            }
        }
    }
}

#[test]
fn every_operation_has_a_permission_of_its_own_and_strangers_are_refused() {
    let root = Caller::root("PILOTESTROOT");
    let node = Caller::Node(InstanceId::from_random([1; 9]));
    let mut seen = BTreeSet::new();
    for operation in OPERATIONS {
        let permission = operation.permission;
        // One that does another's work needs that one's permission.
        let is_its_own = permission.ends_with(&format!(":{}", operation.name));
        assert!(
            is_its_own || OPERATIONS.iter().any(|other| permission.ends_with(&format!(":{}", other.name))),
            "{permission} is not named after an operation"
        );
        assert!(seen.insert(permission) || !is_its_own, "two operations need {permission}");
        assert!(root.is_of_kind(permission), "root may not {permission}");
        for stranger in [&node, &Caller::Candidate, &Caller::System] {
            assert!(!stranger.is_of_kind(permission), "{stranger} may {permission}: see Caller::is_of_kind");
        }
    }
    for (name, permission) in INTERNAL {
        assert!(seen.insert(permission), "two operations need {permission}");
        assert!(!root.is_of_kind(permission), "an operator may {name}: see Caller::is_of_kind");
        let may = [&node, &Caller::Candidate, &Caller::System]
            .into_iter()
            .filter(|it| it.is_of_kind(permission))
            .count();
        assert_eq!(may, 1, "{name} is for one kind of caller");
    }
}

#[test]
fn everything_that_an_operator_changes_is_audited() {
    fn quiet<O: Run>(found: &mut Vec<&'static str>) {
        if O::ACCESS == Access::Write && !O::AUDITED {
            found.push(O::NAME);
        }
    }
    macro_rules! all {
        ($($operation:ty,)*) => {{
            let mut found = Vec::new();
            $(quiet::<$operation>(&mut found);)*
            found
        }};
    }
    let quiet: Vec<&str> = pilothouse_api::for_each_operation!(all);
    assert!(quiet.is_empty(), "{quiet:?} change something and leave no row in the audit trail");
}
