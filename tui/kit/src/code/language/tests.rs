use super::*;

/// The line's parts in words.
fn said(language: Language, text: &str) -> Vec<String> {
    let mut state = State::Closed;
    let mut out = Vec::new();
    for line in text.lines() {
        let (parts, next) = language.read(state, line);
        state = next;
        let word = |role| match role {
            Role::CodeKey => "key",
            Role::CodeText => "text",
            Role::CodeWord => "word",
            Role::CodeNote => "note",
            _ => "slot",
        };
        let parts: Vec<String> =
            parts.into_iter().map(|(range, role)| format!("{}:{}", word(role), &line[range])).collect();
        out.push(parts.join(" "));
    }
    out
}

#[test]
fn json_has_names_texts_and_words() {
    assert_eq!(
        said(Language::Json, r#"{"a\"b" : [1, -2.5e3, true, null, "x {{ y }} z"], "open"#),
        [r#"key:"a\"b" word:1 word:-2.5e3 word:true word:null text:"x  slot:{{ y }} text: z" text:"open"#]
    );
}

#[test]
fn yaml_has_names_blocks_and_notes() {
    assert_eq!(
        said(Language::Yaml, "a b: c # d\n- e: 1\n  'f': \"g\""),
        ["key:a b note:# d", "key:e word:1", "key:'f' text:\"g\"",]
    );
    assert_eq!(
        said(Language::Yaml, "k: |-\n  a: b\n\n  # c {{ d }}\nl: 2"),
        ["key:k word:|-", "text:  a: b", "", "text:  # c  slot:{{ d }}", "key:l word:2",]
    );
    assert_eq!(said(Language::Yaml, "- - |\n    x\n  - y: 1"), ["word:|", "text:    x", "key:y word:1"]);
    assert_eq!(
        said(Language::Yaml, "- key: >\n    deep\n  next: true"),
        ["key:key word:>", "text:    deep", "key:next word:true",]
    );
}

#[test]
fn yaml_is_not_misled_by_colons_and_hashes_in_words() {
    assert_eq!(said(Language::Yaml, "action: aws:runShellScript"), ["key:action"]);
    assert_eq!(said(Language::Yaml, "url: http://x/#y"), ["key:url"]);
    assert_eq!(said(Language::Yaml, "t: \"a\n  b\" # c"), ["key:t text:\"a", "text:  b\" note:# c"]);
    assert_eq!(said(Language::Yaml, "{a: 1, b: [x, 'y']}"), ["key:a word:1 key:b text:'y'"]);
    assert_eq!(said(Language::Yaml, "v: {{ name }}"), ["key:v slot:{{ name }}"]);
    assert_eq!(said(Language::Yaml, "&a !t *b"), ["word:&a word:!t word:*b"]);
}

#[test]
fn a_shell_has_words_texts_variables_and_documents() {
    assert_eq!(
        said(Language::Shell, "if x; then echo \"a $b ${c:-d} $(e)\" # f"),
        ["word:if word:then text:\"a  slot:$b text:  slot:${c:-d} text: $(e)\" note:# f",]
    );
    assert_eq!(said(Language::Shell, "echo 'a\nfi $b' fi"), ["text:'a", "text:fi $b' word:fi"]);
    assert_eq!(
        said(Language::Shell, "cat <<-\"END\"\n  $a {{ b }}\n\tEND\ndone"),
        ["word:\"END\"", "text:  $a  slot:{{ b }}", "word:\tEND", "word:done",]
    );
    assert_eq!(said(Language::Shell, "NAME=value\n/usr/bin/if.sh $? a#b x<<<y"), ["key:NAME", "slot:$?"]);
}

#[test]
fn cedar_has_words_and_notes() {
    assert_eq!(
        said(Language::Cedar, "@id(\"x\")\npermit (principal, action == Action::\"a\"); // all"),
        ["key:@id text:\"x\"", "word:permit word:principal word:action text:\"a\" note:// all",]
    );
}

#[test]
fn what_opens_something_is_known() {
    for (language, line, opens) in [
        (Language::Json, "\"a\": [", true),
        (Language::Json, "\"a\": 1,", false),
        (Language::Yaml, "inputs:", true),
        (Language::Yaml, "- |", true),
        (Language::Yaml, "a: b", false),
        (Language::Shell, "for x in y; do", true),
        (Language::Shell, "undo", false),
        (Language::Plain, "{", false),
    ] {
        assert_eq!(language.opens(line), opens, "{line}");
    }
}
