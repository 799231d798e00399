//! Texts told as stories: what is read, what is refused, and that nothing is lost on the way.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Entry, Format, Given, MOST, Written, WrittenSealed, read, write};

fn said(text: &str, format: Format) -> Vec<(String, String)> {
    let entries = read(text, format).unwrap();
    entries.into_iter().map(|it| (it.name.clone(), plain(&it))).collect()
}

fn plain(entry: &Entry) -> String {
    match &entry.value {
        Given::Plain(value) => value.to_string(),
        Given::Sealed { item, bytes } => format!("{item} {bytes:?}"),
    }
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn wrong(text: &str, format: Format) -> String {
    read(text, format).unwrap_err().to_string()
}

#[test]
fn maps_of_maps_are_levels_and_values() {
    let expected = pairs(&[("a/b", "v"), ("a/c/d", "5432"), ("a/on", "true"), ("l", "x,y")]);
    let json = r#"{"a": {"b": "v", "c": {"d": 5432}, "on": true}, "l": ["x", "y"]}"#;
    assert_eq!(said(json, Format::Json), expected);
    assert_eq!(said("a:\n  b: v\n  c: {d: 5432}\n  on: true\nl: [x, y]\n", Format::Yaml), expected);
    assert_eq!(read(json, Format::Json).unwrap()[3].kind.as_deref(), Some("StringList"));
    assert_eq!(
        said(r#"{"/app/x": "1.10", "y": 1.10}"#, Format::Json),
        pairs(&[("app/x", "1.10"), ("y", "1.10")])
    );
    assert!(said("", Format::Yaml).is_empty() && said("{}", Format::Json).is_empty());
}

#[test]
fn what_yaml_would_make_something_else_of_is_refused_with_its_place() {
    for value in ["1.10", "0x1f", "1_000", "+5", "1e3", ".inf"] {
        let text = format!("a:\n  b: {value}\n");
        match read(&text, Format::Yaml) {
            Ok(entries) => assert_eq!(plain(&entries[0]), value),
            Err(misread) => {
                assert!(misread.to_string().starts_with("line 2, column 6: expected "), "{value}: {misread}");
            }
        }
    }
    for value in ["007", "yes", "no", "2026-11-24", "12:30", "\"1.10\"", "5", "-5", "0.5"] {
        let text = format!("a: {value}\n");
        assert_eq!(said(&text, Format::Yaml), pairs(&[("a", value.trim_matches('"'))]));
    }
}

#[test]
fn a_broken_line_is_told_with_line_and_column() {
    assert_eq!(
        wrong("{\n  \"a\": 1,\n  b: 2\n}", Format::Json),
        "line 3, column 3: expected a name in quotes, found something else"
    );
    assert_eq!(
        wrong("{\"ä\": \"é\", \"b\" 2}", Format::Json),
        "line 1, column 16: expected a colon, found something else"
    );
    assert_eq!(
        wrong("{\"a\": \"x", Format::Json),
        "line 1, column 7: expected a text with quotes at both ends"
    );
    assert_eq!(
        wrong("{\"a\": null}", Format::Json),
        "line 1, column 7: expected a value or a map, found nothing"
    );
    assert_eq!(wrong("[1]", Format::Json), "line 1, column 1: expected a map of names, found a list");
    assert!(wrong("a: 1\nb: [x\nc: 2\n", Format::Yaml).starts_with("line "));
    assert_eq!(wrong("a: 1\na: 2\n", Format::Yaml).split(", ").next(), Some("line 2"));
    assert_eq!(wrong("A=1\nno sign\n", Format::Dotenv), "line 2, column 1: expected NAME=VALUE");
    assert_eq!(wrong("A=\"x\ny", Format::Dotenv), "line 1, column 3: expected a closing quote");
    assert!(
        wrong("A=1\nB=2\nA=3\n", Format::Dotenv)
            .starts_with("line 3, column 1: \"a\" stands here a second time")
    );
}

#[test]
fn what_is_wrong_is_told_without_what_stands_there() {
    for (text, format) in [
        ("{\"a\": \"hunter2", Format::Json),
        ("{\"a\": hunter2}", Format::Json),
        ("a: \"hunter2\nb: x", Format::Yaml),
        ("a: &x hunter2\nb: *hunter2\n", Format::Yaml),
        ("A='hunter2' hunter2", Format::Dotenv),
    ] {
        let message = wrong(text, format);
        assert!(!message.contains("hunter2"), "{message}");
    }
}

#[test]
fn bombs_and_deep_nesting_are_bounded() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        bomb += &format!("a{level}: &a{level} [{}]\n", [before.as_str(); 10].join(", "));
    }
    assert!(wrong(&bomb, Format::Yaml).contains("aliases written out"));
    let deep = "[".repeat(100_000);
    assert!(wrong(&deep, Format::Json).contains("levels"));
    assert!(wrong(&deep, Format::Yaml).starts_with("line 1, "));
    let levels = format!("{}x{}", "{a: ".repeat(40), "}".repeat(40));
    assert!(wrong(&levels, Format::Yaml).contains("levels"), "{}", wrong(&levels, Format::Yaml));
    let many: String = (0..=MOST).map(|n| format!("N{n}=x\n")).collect();
    assert!(wrong(&many, Format::Dotenv).contains("more than 5000"));
}

#[test]
fn dotenv_is_read_as_it_is_written_elsewhere() {
    let text = "# a comment\nexport DB__HOST = db.example # where\n\nDB__PASSWORD='a b $c \\n'\n  Q=\"line\\nnext \\\"x\\\" \\$y\"\nM=\"one\ntwo\"\nEMPTY=\n";
    let expected = [
        ("db/host", "db.example"),
        ("db/password", "a b $c \\n"),
        ("q", "line\nnext \"x\" $y"),
        ("m", "one\ntwo"),
        ("empty", ""),
    ];
    assert_eq!(said(text, Format::Dotenv), pairs(&expected));
    let told = read("# parameter: db/Host-1 (StringList)\nDB__HOST_1=a,b\nX=1\n", Format::Dotenv).unwrap();
    assert_eq!((told[0].name.as_str(), told[0].kind.as_deref()), ("db/Host-1", Some("StringList")));
    assert_eq!((told[1].name.as_str(), told[1].kind.as_deref()), ("x", None));
}

fn written(name: &str, value: Option<&str>) -> Written {
    let item = "parameter/eu-test-1/a#1".to_owned();
    let sealed = WrittenSealed { item, key: "k".into(), bytes: "AAE=".into() };
    Written {
        name: name.into(),
        r#type: if value.is_some() { "String" } else { "SecureString" }.into(),
        value: value.map(str::to_owned),
        sealed: value.is_none().then_some(sealed),
        description: Some("d".into()),
        tier: "Standard".into(),
        allowed_pattern: Some("^.*$".into()),
        data_type: "text".into(),
        key_id: value.is_none().then(|| "alias/aws/ssm".to_owned()),
        policies: None,
        tags: BTreeMap::from([("env".to_owned(), "prod".to_owned())]),
    }
}

#[test]
fn a_document_comes_back_whole() {
    for format in [Format::Json, Format::Yaml] {
        let text = write("/app", &[written("x", Some("1.10")), written("y/s", None)], format).unwrap();
        let back = read(&text, format).unwrap();
        assert_eq!((back[0].name.as_str(), plain(&back[0])), ("x", "1.10".to_owned()), "{text}");
        assert_eq!(plain(&back[1]), "parameter/eu-test-1/a#1 [0, 1]");
        let second = &back[1];
        assert_eq!(
            (second.kind.as_deref(), second.key_id.as_deref()),
            (Some("SecureString"), Some("alias/aws/ssm"))
        );
        assert_eq!((second.description.as_deref(), second.tier.as_deref()), (Some("d"), Some("Standard")));
        assert_eq!(
            (second.allowed_pattern.as_deref(), second.data_type.as_deref()),
            (Some("^.*$"), Some("text"))
        );
        assert_eq!(second.tags["env"], "prod");
    }
    let text = write("/app", &[written("x", Some("1")), written("s", None)], Format::Dotenv).unwrap();
    assert_eq!(text, "# /app\nX=1\n# s is sealed\n");
    let both = [written("a.b", Some("1")), written("a-b", Some("2"))];
    assert!(write("/", &both, Format::Dotenv).unwrap_err().contains("both called A_B"));
    let typo = r#"{"format": "pilothouse-parameters/1", "parameters": [{"name": "x", "vlaue": "1"}]}"#;
    assert!(wrong(typo, Format::Json).starts_with("line 1, column 68: expected one of name"));
}

proptest! {
    #[test]
    fn whatever_stands_in_a_value_comes_back(value in "[^\u{0}\u{feff}]{1,40}", name in "[a-zA-Z0-9_.-]{1,8}(/[a-zA-Z0-9_.-]{1,8}){0,3}") {
        for format in [Format::Json, Format::Yaml, Format::Dotenv] {
            let text = write("/p", &[written(&name, Some(&value))], format).unwrap();
            let back = read(&text, format).map_err(|misread| TestCaseError::fail(format!("{misread}: {text}")))?;
            prop_assert_eq!(&back[0].name, &name);
            prop_assert_eq!(plain(&back[0]), value.clone(), "{:?}", text);
        }
    }

    #[test]
    fn no_text_breaks_a_reader(text in "\\PC{0,60}|[\\[\\]{}:,\"'a1\\n #&*-]{0,60}") {
        for format in [Format::Json, Format::Yaml, Format::Dotenv] {
            let _ = read(&text, format);
        }
    }
}
