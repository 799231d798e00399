//! The language of the command bar: places with their arguments, locators, and the name of everything that has a key.
//!
//! In: what was typed, what is known (nodes, tables of keys, themes). Out: something to say, or why it cannot be understood.
//! Never here: doing it.

mod documents;
mod parameters;
mod rights;

use std::collections::BTreeSet;

use pilothouse_api::commands::Target;
use pilothouse_api::protocol::{InstanceId, Millis};
use pilothouse_kit::keymap::Binding;

use super::keymaps::chords;
use super::keys::{Action, Say};
use super::layers::arm::TIMES;
use super::layers::bar::Completion;
use super::rooms::RoomMsg;
use crate::look;
use crate::mirror::Mirror;
use crate::route::{AccessTab, Route, RunSpec, SCHEME};
use crate::screens::command;

/// The most completions that are offered.
const MAX_OFFERED: usize = 200;

/// What can be named.
pub struct Vocabulary<'a> {
    /// Nodes and tags.
    pub mirror: &'a Mirror,
    /// Everything that has a name here.
    pub bindings: Vec<&'a Binding<Say>>,
    /// Themes.
    pub themes: Vec<String>,
    /// What time it is.
    pub now: Millis,
}

/// Words that are not the name of a key, with their arguments and meaning.
const WORDS: [(&str, &str); 23] = [
    ("nodes", "[@ENV] [TAG=VALUE] [/TEXT]: the fleet"),
    ("node", "NAME or ID: one node"),
    ("run", "[@ENV] [TAG=VALUE] [NODE] [-- SCRIPT]: prepare a run"),
    ("commands", "the history"),
    ("command", "ID: one command"),
    ("parameters", "[PATH] [@2026-11-01]: the tree of parameters, now or as it was"),
    ("parameter", "NAME: one parameter"),
    ("documents", "[/TEXT] [owner:own] [type:command]: what can be run, and what it says"),
    ("document", "NAME: one document"),
    ("new-document", "[TYPE]: write a document"),
    ("inbox", "requests for approval"),
    ("access", "[users|groups|roles|policies|simulate]: who may do what"),
    ("audit", "[who=TEXT] [what=TEXT] [where=TEXT] [result=TEXT] [writes]: who did what"),
    ("arm", "[ENV] [10m] [WHY]: the right to change an environment, for a while"),
    ("disarm", "[ENV]: end it before its time"),
    ("theme", "NAME"),
    ("tab", "NUMBER, or a place in a new tab"),
    ("tabnew", "a new tab, beginning here"),
    ("q", "close this view; quit from the first"),
    ("quit", "leave; asks when runs are attached"),
    ("qa", "leave; asks when runs are attached"),
    ("q!", "leave without asking"),
    ("quit!", "leave without asking"),
];

/// What `text` means.
///
/// # Errors
/// Why it means nothing, for people.
pub fn understand(text: &str, known: &Vocabulary<'_>) -> Result<Say, String> {
    let text = text.trim().trim_start_matches(':').trim_start();
    let (word, rest) =
        text.split_once(char::is_whitespace).map_or((text, ""), |(word, rest)| (word, rest.trim()));
    let open = |route| Ok(Say::Shell(Action::Open(route)));
    match word {
        "nodes" | "n" => open(Route::Nodes { filter: filter(rest, known.mirror) }),
        "node" => open(Route::Node(node(rest, known.mirror)?)),
        "run" => open(Route::Run(run(rest, known.mirror)?)),
        "commands" | "history" if rest.is_empty() => open(Route::Commands),
        "command" | "cmd" => open(format!("command/{rest}").parse().map_err(|error| format!("{error}"))?),
        "parameters" | "p" => open(parameters::tree(rest, known.now)?),
        "parameter" => open(parameters::one(rest)?),
        "documents" | "docs" => open(documents::list(rest)),
        "document" | "doc" => open(documents::one(rest)?),
        "new-document" => open(documents::new(rest)?),
        "inbox" if rest.is_empty() => open(Route::Inbox),
        "access" => open(format!("access/{rest}").parse().map_err(|error| format!("{error}"))?),
        "audit" => open(rights::audit(rest)?),
        "arm" => rights::arm(rest),
        "disarm" => Ok(Say::Shell(Action::Disarm((!rest.is_empty()).then(|| rest.to_owned())))),
        "theme" if rest.is_empty() => Ok(Say::Shell(Action::Themes)),
        "theme" => theme(rest, known),
        "tab" => tab(rest, known),
        "tabnew" => Ok(Say::Shell(Action::NewTab)),
        "q" => Ok(Say::Shell(Action::CloseView)),
        "quit" | "qa" => Ok(Say::Shell(Action::Quit)),
        "q!" | "quit!" | "qa!" => Ok(Say::Shell(Action::QuitNow)),
        _ => named(word, rest, known).or_else(|| line(word, known)).unwrap_or_else(|| locator(text, word)),
    }
}

/// A number is a line of the output that is shown.
fn line(word: &str, known: &Vocabulary<'_>) -> Option<Result<Say, String>> {
    let number: u64 = word.replace(',', "").parse().ok()?;
    let goes = |binding: &Binding<Say>| matches!(&binding.msg, Say::Room(RoomMsg::Command(_)));
    if !known.bindings.iter().any(|binding| goes(binding)) {
        return Some(Err(String::from("there are no lines here: a number goes to a line of an output")));
    }
    let msg = command::Msg::Output(command::OutputMsg::Line(number));
    Some(Ok(Say::Room(RoomMsg::Command(msg))))
}

/// The filter that the words mean. The list knows them all; only what is no tag must not be meant to the letter:
/// `os=debian` finds `Debian GNU/Linux`.
fn filter(words: &str, mirror: &Mirror) -> Option<String> {
    let word = |word: &str| match word.split_once('=') {
        Some((key, value)) if !key.contains(':') && !mirror.nodes.tag_keys().contains_key(key) => {
            format!("{key}:{value}")
        }
        _ => word.to_owned(),
    };
    let words: Vec<String> = words.split_whitespace().map(word).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The node of that id, name or beginning of a name.
fn node(name: &str, mirror: &Mirror) -> Result<InstanceId, String> {
    if name.is_empty() {
        return Err(String::from("which node? :node NAME or :node mi-…"));
    }
    if let Ok(id) = name.parse() {
        return Ok(id);
    }
    let list = mirror.nodes.list();
    let lower = name.to_lowercase();
    let by = |fits: &dyn Fn(&str) -> bool| -> Vec<&InstanceId> {
        list.iter().filter(|it| fits(&it.name.to_lowercase())).map(|it| &it.instance_id).collect()
    };
    let mut found = by(&|it| it == lower);
    if found.is_empty() {
        found = by(&|it| it.starts_with(&lower));
    }
    match found[..] {
        [only] => Ok(only.clone()),
        [] => Err(format!("no node is called {name:?}; `:nodes /{name}` searches")),
        _ => Err(format!("{} nodes are called like {name:?}: give the id, or `:nodes /{name}`", found.len())),
    }
}

fn run(words: &str, mirror: &Mirror) -> Result<RunSpec, String> {
    let (targets, script) = match words.split_once("--") {
        Some((targets, script)) => {
            (targets, Some(script.trim().to_owned()).filter(|script| !script.is_empty()))
        }
        None => (words, None),
    };
    let mut spec = RunSpec { script, ..RunSpec::default() };
    for word in targets.split_whitespace() {
        match (word.strip_prefix('@'), word.split_once('=')) {
            (Some(env), _) => spec.targets.push(target("env", env)),
            (None, Some((key, values))) => spec.targets.push(target(key.trim_start_matches("tag:"), values)),
            (None, None) => spec.nodes.push(node(word, mirror)?),
        }
    }
    if !spec.nodes.is_empty() && !spec.targets.is_empty() {
        return Err(String::from("a run goes to nodes or to tags, not to both"));
    }
    Ok(spec)
}

fn target(tag: &str, values: &str) -> Target {
    Target { key: format!("tag:{tag}"), values: values.split(',').map(str::to_owned).collect() }
}

fn theme(name: &str, known: &Vocabulary<'_>) -> Result<Say, String> {
    if known.themes.iter().any(|theme| theme == name) {
        return Ok(Say::Shell(Action::Theme(name.to_owned())));
    }
    Err(format!("no theme {name:?}; there are {}", known.themes.join(", ")))
}

fn tab(rest: &str, known: &Vocabulary<'_>) -> Result<Say, String> {
    match rest.parse::<usize>() {
        Ok(number) => Ok(Say::Shell(Action::Tab(number))),
        Err(_) if rest.is_empty() => Ok(Say::Shell(Action::NewTab)),
        Err(_) => match understand(rest, known)? {
            Say::Shell(Action::Open(route)) => Ok(Say::Shell(Action::OpenInTab(route))),
            _ => Err(format!("{rest:?} is no place")),
        },
    }
}

/// What has that name; only when nothing follows it, as nothing with a key takes arguments.
fn named(word: &str, rest: &str, known: &Vocabulary<'_>) -> Option<Result<Say, String>> {
    let binding = known.bindings.iter().find(|binding| binding.name == word)?;
    if rest.is_empty() {
        Some(Ok(binding.msg.clone()))
    } else {
        Some(Err(format!("{word} takes no arguments")))
    }
}

fn locator(text: &str, word: &str) -> Result<Say, String> {
    if text.starts_with(SCHEME) || text.contains(['/', '?']) {
        return text.parse().map(|route| Say::Shell(Action::Open(route))).map_err(|error| format!("{error}"));
    }
    Err(format!("there is no command {word:?}; Tab completes, Ctrl-p finds"))
}

/// What the word before the cursor could become.
#[must_use]
pub fn complete(before: &str, known: &Vocabulary<'_>) -> Vec<Completion> {
    let (line, begun) = before.rsplit_once(' ').map_or(("", before), |(line, begun)| (line, begun));
    let mut words = line.split_whitespace();
    let offer = match (words.next(), words.next()) {
        (None, _) => commands(known),
        (Some("node"), None) => nodes(known.mirror),
        (Some("arm" | "disarm"), None) => environments(known.mirror),
        (Some("arm"), Some(_)) if words.next().is_none() => {
            TIMES.iter().map(|it| completion(it, "")).collect()
        }
        (Some("access"), None) => AccessTab::ALL.iter().map(|it| completion(it.name(), "")).collect(),
        (Some("audit"), _) => {
            ["who=", "what=", "where=", "result=", "writes"].map(|it| completion(it, "")).into()
        }
        (Some("theme"), None) => known.themes.iter().map(|name| completion(name, "")).collect(),
        (Some("nodes" | "n"), _) => tags(known.mirror, begun),
        (Some("run"), _) if !line.contains(" --") => {
            let mut offer = tags(known.mirror, begun);
            offer.extend(nodes(known.mirror));
            offer
        }
        (Some("tab"), None) => commands(known).into_iter().take(5).collect(),
        _ => Vec::new(),
    };
    let begun = begun.to_lowercase();
    offer.into_iter().filter(|it| it.word.to_lowercase().starts_with(&begun)).take(MAX_OFFERED).collect()
}

fn completion(word: &str, detail: &str) -> Completion {
    Completion { word: word.to_owned(), detail: detail.to_owned() }
}

fn commands(known: &Vocabulary<'_>) -> Vec<Completion> {
    let mut offer: Vec<_> = WORDS.iter().map(|(word, detail)| completion(word, detail)).collect();
    for binding in &known.bindings {
        if !offer.iter().any(|it| it.word == binding.name) {
            let keys = chords(binding);
            let keys = if keys.is_empty() { keys } else { format!(" ({keys})") };
            offer.push(completion(binding.name, &format!("{}{keys}", binding.doc)));
        }
    }
    offer
}

fn environments(mirror: &Mirror) -> Vec<Completion> {
    let found: BTreeSet<&str> = mirror.nodes.list().iter().filter_map(look::environment).collect();
    found.into_iter().map(|it| completion(it, "environment")).collect()
}

fn nodes(mirror: &Mirror) -> Vec<Completion> {
    let mut names: Vec<_> =
        mirror.nodes.list().iter().map(|it| completion(&it.name, it.instance_id.as_str())).collect();
    names.sort_by(|a, b| a.word.cmp(&b.word));
    names
}

/// `@prod`, `role=`, and once a tag is named, its values.
fn tags(mirror: &Mirror, begun: &str) -> Vec<Completion> {
    let values = |key: &str| -> BTreeSet<&String> {
        mirror.nodes.list().iter().filter_map(|it| it.tags.get(key)).collect()
    };
    if begun.starts_with('@') {
        return values("env").into_iter().map(|env| completion(&format!("@{env}"), "environment")).collect();
    }
    if let Some((key, _)) = begun.split_once('=') {
        return values(key).into_iter().map(|value| completion(&format!("{key}={value}"), "")).collect();
    }
    let keys = mirror.nodes.tag_keys().iter();
    keys.map(|(key, n)| completion(&format!("{key}="), &format!("{n} nodes"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use pilothouse_api::arming::Arm;
    use pilothouse_api::audit::AuditFilter;

    use crate::screens::fixtures::{fleet, id};

    fn said(text: &str) -> Result<Say, String> {
        let mirror = fleet(12);
        let shell = crate::shell::keys::keys().map(Say::Shell);
        let bindings = shell.bindings.iter().collect();
        understand(
            text,
            &Vocabulary {
                mirror: &mirror,
                bindings,
                themes: vec!["dark".into(), "light".into()],
                now: crate::screens::fixtures::NOW,
            },
        )
    }

    fn open(route: Route) -> Result<Say, String> {
        Ok(Say::Shell(Action::Open(route)))
    }

    #[test]
    fn nodes_take_an_environment_tags_and_a_text() {
        let filter = Some("@prod role=web os:debian /web".to_owned());
        assert_eq!(said(":nodes @prod role=web os=debian /web"), open(Route::Nodes { filter }));
        assert_eq!(said("nodes"), open(Route::Nodes { filter: None }));
    }

    #[test]
    fn a_node_is_known_by_its_name_or_by_the_beginning_of_it() {
        assert_eq!(said("node web-08"), open(Route::Node(id(8))));
        assert_eq!(said("node WORKER-1"), open(Route::Node(id(11))));
        assert!(said("node web").unwrap_err().contains("3 nodes"));
        assert!(said("node nope").unwrap_err().contains("nope"));
    }

    #[test]
    fn a_run_is_prepared_in_one_line() {
        let spec = RunSpec {
            targets: vec![target("env", "prod"), target("role", "web,db")],
            script: Some("df -h /".into()),
            ..RunSpec::default()
        };
        assert_eq!(said("run @prod role=web,db -- df -h /"), open(Route::Run(spec)));
        assert!(said("run @prod web-08").is_err());
    }

    #[test]
    fn everything_with_a_key_has_a_name_and_locators_are_understood() {
        assert_eq!(said("palette"), Ok(Say::Shell(Action::Palette)));
        assert_eq!(said("pilothouse:commands"), open(Route::Commands));
        assert_eq!(said("q!"), Ok(Say::Shell(Action::QuitNow)));
        assert_eq!(
            said("tab nodes @dev"),
            Ok(Say::Shell(Action::OpenInTab(Route::Nodes { filter: Some("@dev".into()) })))
        );
    }

    #[test]
    fn arming_is_said_in_one_line_or_begun() {
        let arm = Arm { environment: "prod".into(), seconds: 600, reason: "OPS-7: roll out".into() };
        assert_eq!(said("arm prod 10m OPS-7: roll out"), Ok(Say::Shell(Action::ArmNow(arm))));
        let begun = Action::ArmFor { environment: "prod".into(), seconds: Some(90) };
        assert_eq!(said("arm @prod 90s"), Ok(Say::Shell(begun)));
        assert_eq!(said("arm"), Ok(Say::Shell(Action::Arm)));
        assert_eq!(said("disarm prod"), Ok(Say::Shell(Action::Disarm(Some("prod".into())))));
        assert!(said("arm prod forever and ever").unwrap_err().contains("forever"));
    }

    #[test]
    fn access_and_audit_are_places_with_conditions() {
        let filter = AuditFilter {
            who: "anna".into(),
            what: "Send".into(),
            writes_only: true,
            ..AuditFilter::default()
        };
        assert_eq!(said("audit who=anna Send writes"), open(Route::Audit { filter }));
        assert!(said("audit when=now").is_err());
        assert_eq!(said("access policies"), open(Route::Access { tab: AccessTab::Policies, selected: None }));
        assert_eq!(said("inbox"), open(Route::Inbox));
    }

    #[test]
    fn what_is_not_understood_is_named() {
        assert!(said("frobnicate").unwrap_err().contains("frobnicate"));
        assert!(said("theme pink").unwrap_err().contains("dark, light"));
    }

    #[test]
    fn completions_follow_what_was_typed_before() {
        let mirror = fleet(12);
        let known = Vocabulary {
            mirror: &mirror,
            bindings: Vec::new(),
            themes: vec!["dark".into(), "light".into()],
            now: crate::screens::fixtures::NOW,
        };
        let words = |before: &str| complete(before, &known).into_iter().map(|it| it.word).collect::<Vec<_>>();
        assert_eq!(words("no"), ["nodes", "node"]);
        assert_eq!(words("theme li"), ["light"]);
        assert_eq!(words("nodes @"), ["@dev", "@prod", "@staging"]);
        assert_eq!(words("nodes @prod role=w"), ["role=web", "role=worker"]);
        assert_eq!(words("node web-0"), ["web-00", "web-04", "web-08"]);
    }
}
