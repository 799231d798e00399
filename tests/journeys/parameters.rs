//! Parameter Store with the aws CLI, and what is kept of it: nothing that was secret in the trail or in the database.

use pilothouse_tests::cli::{ok, refused, text};
use pilothouse_tests::server::{Server, has_aws};
use serde_json::{Value, json};

fn put(server: &Server, name: &str, value: &str, more: &[&str]) -> Value {
    ok(server, &[&["put-parameter", "--name", name, "--value", value], more].concat())
}

const STRING: [&str; 2] = ["--type", "String"];
const PASSWORD: &str = "correct-horse-battery";

#[tokio::test(flavor = "multi_thread")]
async fn a_day_with_parameters() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    versions_and_labels(&server);
    a_secure_string(&server);
    below_a_path(&server);
    tags_and_listings(&server);
    what_goes(&server);
    nothing_secret_is_kept(&server).await;
}

fn versions_and_labels(server: &Server) {
    let made = put(server, "/app/url", "one", &STRING);
    assert_eq!(made, json!({ "Version": 1, "Tier": "Standard" }));
    let again = refused(server, &["put-parameter", "--name", "/app/url", "--value", "two"]);
    assert!(again.contains("(ParameterAlreadyExists)"), "{again}");
    assert_eq!(put(server, "/app/url", "two", &["--overwrite"])["Version"], 2);
    let label = [
        "label-parameter-version",
        "--name",
        "/app/url",
        "--parameter-version",
        "1",
        "--labels",
        "live",
        "1st",
    ];
    assert_eq!(ok(server, &label)["InvalidLabels"], json!(["1st"]));
    for (name, value) in [("/app/url", "two"), ("/app/url:1", "one"), ("/app/url:live", "one")] {
        let read = ok(server, &["get-parameter", "--name", name]);
        assert_eq!(text(&read, "/Parameter/Value"), value, "{name}");
        assert_eq!(text(&read, "/Parameter/Name"), "/app/url");
    }
    let arn = ok(server, &["get-parameter", "--name", "/app/url"]);
    let arn = text(&arn, "/Parameter/ARN").to_owned();
    let read = ok(server, &["get-parameter", "--name", &format!("{arn}:live")]);
    assert_eq!((text(&read, "/Parameter/Value"), text(&read, "/Parameter/Selector")), ("one", ":live"));
    for (name, code) in [("/app/url:9", "(ParameterVersionNotFound)"), ("/app/none", "(ParameterNotFound)")] {
        let said = refused(server, &["get-parameter", "--name", name]);
        assert!(said.contains(code), "{said}");
    }
    let history = ok(server, &["get-parameter-history", "--name", "/app/url", "--page-size", "1"]);
    let versions = history["Parameters"].as_array().unwrap();
    let seen: Vec<_> = versions.iter().map(|it| (it["Value"].clone(), it["Labels"].clone())).collect();
    assert_eq!(seen, [(json!("one"), json!(["live"])), (json!("two"), json!([]))]);
    let unlabel =
        ["unlabel-parameter-version", "--name", "/app/url", "--parameter-version", "1", "--labels", "live"];
    assert_eq!(ok(server, &unlabel)["RemovedLabels"], json!(["live"]));
}

fn a_secure_string(server: &Server) {
    put(server, "/app/password", PASSWORD, &["--type", "SecureString"]);
    let sealed = ok(server, &["get-parameter", "--name", "/app/password"]);
    assert!(!text(&sealed, "/Parameter/Value").contains(PASSWORD));
    let read = ok(server, &["get-parameter", "--name", "/app/password", "--with-decryption"]);
    assert_eq!(text(&read, "/Parameter/Value"), PASSWORD);
    assert_eq!(text(&read, "/Parameter/Type"), "SecureString");
    // It is found by who turns the master keys, and opens after that.
    let rotated = server.tool(&["keys", "rotate"]);
    assert!(rotated.status.success());
    let read =
        ok(server, &["get-parameters", "--names", "/app/password", "/app/url", "nope", "--with-decryption"]);
    assert_eq!((text(&read, "/Parameters/0/Value"), text(&read, "/Parameters/1/Value")), (PASSWORD, "two"));
    assert_eq!(read["InvalidParameters"], json!(["nope"]));
    // What is wrong with it is told without it.
    let bad = ["--overwrite", "--allowed-pattern", "^[0-9]+$"];
    let said = refused(
        server,
        &[&["put-parameter", "--name", "/app/password", "--value", PASSWORD], &bad[..]].concat(),
    );
    assert!(said.contains("(ParameterPatternMismatchException)") && !said.contains(PASSWORD), "{said}");
}

fn below_a_path(server: &Server) {
    for number in 0..12 {
        put(server, &format!("/deep/{number:02}/x"), "1", &STRING);
    }
    // The CLI asks for page after page.
    let all = ok(server, &["get-parameters-by-path", "--path", "/deep", "--recursive"]);
    let names: Vec<&str> =
        all["Parameters"].as_array().unwrap().iter().filter_map(|it| it["Name"].as_str()).collect();
    assert_eq!(names.len(), 12);
    assert!(names.is_sorted());
    let level = ok(server, &["get-parameters-by-path", "--path", "/deep"]);
    assert_eq!(level["Parameters"], json!([]));
    let first = ok(
        server,
        &["get-parameters-by-path", "--path", "/deep", "--recursive", "--no-paginate", "--max-results", "5"],
    );
    assert_eq!(first["Parameters"].as_array().unwrap().len(), 5);
    let next = text(&first, "/NextToken");
    let second = ok(
        server,
        &["get-parameters-by-path", "--path", "/deep", "--recursive", "--no-paginate", "--next-token", next],
    );
    assert_eq!(second["Parameters"].as_array().unwrap().len(), 7);
    assert!(second.get("NextToken").is_none_or(Value::is_null));
}

fn tags_and_listings(server: &Server) {
    put(server, "root", "1", &["--type", "String", "--tags", "Key=env,Value=prod"]);
    let resource = ["--resource-type", "Parameter", "--resource-id", "/root"];
    ok(server, &[&["add-tags-to-resource", "--tags", "Key=team,Value=db"], &resource[..]].concat());
    ok(server, &[&["remove-tags-from-resource", "--tag-keys", "env"], &resource[..]].concat());
    let tags = ok(server, &[&["list-tags-for-resource"], &resource[..]].concat());
    assert_eq!(tags["TagList"], json!([{ "Key": "team", "Value": "db" }]));
    let names = |filter: &str| -> Vec<String> {
        let listed = ok(server, &["describe-parameters", "--page-size", "3", "--parameter-filters", filter]);
        let rows = listed["Parameters"].as_array().unwrap();
        rows.iter().map(|it| text(it, "/Name").to_owned()).collect()
    };
    assert_eq!(names("Key=tag:team,Values=db"), ["root"]);
    assert_eq!(names("Key=Type,Values=SecureString"), ["/app/password"]);
    assert_eq!(names("Key=Name,Option=BeginsWith,Values=/deep/0").len(), 10);
    assert_eq!(names("Key=Path,Option=Recursive,Values=/app"), ["/app/password", "/app/url"]);
    let said = refused(server, &["describe-parameters", "--parameter-filters", "Key=Label,Values=x"]);
    assert!(said.contains("(InvalidFilterKey)"), "{said}");
}

fn what_goes(server: &Server) {
    ok(server, &["delete-parameter", "--name", "/root"]);
    let said = refused(server, &["delete-parameter", "--name", "root"]);
    assert!(said.contains("(ParameterNotFound)"), "{said}");
    let gone = ok(server, &["delete-parameters", "--names", "/app/url", "/app/none"]);
    assert_eq!(gone["DeletedParameters"], json!(["/app/url"]));
    assert_eq!(gone["InvalidParameters"], json!(["/app/none"]));
    let said = refused(server, &["put-parameter", "--name", "/aws/x", "--value", "1", "--type", "String"]);
    assert!(said.contains("(AccessDeniedException)"), "{said}");
}

async fn nothing_secret_is_kept(server: &Server) {
    use pilothouse_api::audit::ListAuditRecords;
    let list = ListAuditRecords { max_results: Some(1000), ..ListAuditRecords::default() };
    let records = server.call(list).await.unwrap().records;
    assert!(records.iter().filter(|it| it.operation == "PutParameter").count() >= 17);
    assert!(!serde_json::to_string(&records).unwrap().contains(PASSWORD));
    for file in std::fs::read_dir(server.data_dir()).unwrap().map(|file| file.unwrap().path()) {
        let bytes = if file.is_file() { std::fs::read(&file).unwrap() } else { Vec::new() };
        let is_there = bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
        assert!(!is_there, "{} holds the password", file.display());
    }
}
