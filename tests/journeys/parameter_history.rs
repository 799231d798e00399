//! The past of parameters from the outside: verbs as processes, with the aws CLI beside them.

use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use pilothouse_tests::cli::ok as aws;
use pilothouse_tests::program::{binary, command, run};
use pilothouse_tests::server::{Server, has_aws};
use serde_json::{Value, json};

const PASSWORD: &str = "correct-horse-battery";

/// Somebody at a shell.
struct Shell<'a> {
    server: &'a Server,
    home: tempfile::TempDir,
}

impl Shell<'_> {
    fn command(&self, arguments: &[&str]) -> std::process::Command {
        let aws = self.home.path().join(".aws");
        std::fs::create_dir_all(&aws).unwrap();
        std::fs::copy(self.server.data_dir().join("credentials"), aws.join("credentials")).unwrap();
        let mut command = command(&binary("pilothouse"));
        command.env("HOME", self.home.path()).args(["--endpoint", self.server.url(), "parameters"]);
        command.args(arguments);
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        run(self.command(arguments))
    }

    fn ok(&self, arguments: &[&str]) -> String {
        let out = self.run(arguments);
        assert!(out.status.success(), "{arguments:?}: {}", err(&out));
        String::from_utf8(out.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.ok(&[arguments, &["--output", "json"]].concat())).unwrap()
    }

    /// With something on standard input.
    fn fed(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

fn err(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn value(server: &Server, name: &str) -> String {
    let read = aws(server, &["get-parameter", "--with-decryption", "--name", name]);
    read["Parameter"]["Value"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_go_out_and_come_back_and_what_was_is_not_forgotten() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let shell = Shell { server: &server, home: tempfile::tempdir().unwrap() };
    for (name, value, kind) in [
        ("/app/db/host", "db.example", "String"),
        ("/app/db/password", PASSWORD, "SecureString"),
        ("/app/list", "a,b", "StringList"),
    ] {
        aws(
            &server,
            &["put-parameter", "--name", name, "--value", value, "--type", kind, "--description", "d"],
        );
    }
    out_and_back(&server, &shell);
    what_is_broken(&server, &shell);
    dotenv(&server, &shell);
    blame_and_the_way_back(&server, &shell);
    what_was(&server, &shell);
    nothing_secret_is_kept(&server, shell.home.path());
}

fn out_and_back(server: &Server, shell: &Shell<'_>) {
    for format in ["json", "yaml"] {
        let exported = shell.run(&["export", "/app", "--format", format]);
        assert!(exported.status.success(), "{}", err(&exported));
        assert_eq!(err(&exported), "sealed (--reveal opens them): /app/db/password\n");
        let text = String::from_utf8(exported.stdout).unwrap();
        assert!(!text.contains(PASSWORD));
        let file = shell.file(&format!("app.{format}"), &text);
        let path = format!("/{format}");
        let told = shell.json(&["import", &path, &file, "--dry-run"]);
        let listed = aws(server, &["get-parameters-by-path", "--path", &path, "--recursive"]);
        assert_eq!(listed["Parameters"], json!([]), "a dry run does nothing");
        let done = shell.json(&["import", &path, &file]);
        assert_eq!((&done["Changes"], &done["Written"]), (&told["Changes"], &json!(3)));
        assert_eq!(value(server, &format!("{path}/db/password")), PASSWORD);
        let again = shell.ok(&["import", &path, &file]);
        assert!(again.contains("same") && again.ends_with("0 written\n"), "{again}");
        let described = aws(
            server,
            &["describe-parameters", "--parameter-filters", &format!("Key=Name,Values={path}/list")],
        );
        let known = &described["Parameters"][0];
        assert_eq!((&known["Type"], &known["Description"]), (&json!("StringList"), &json!("d")));
    }
    let diff = shell.run(&["diff", "/json", "/yaml"]);
    assert_eq!(diff.status.code(), Some(0), "{}{}", String::from_utf8_lossy(&diff.stdout), err(&diff));
}

fn what_is_broken(server: &Server, shell: &Shell<'_>) {
    let broken = shell.file("broken.yaml", "good: 1\nbad: [x\n");
    let out = shell.run(&["import", "/broken", &broken]);
    assert_eq!(out.status.code(), Some(1));
    assert!(err(&out).contains("nothing was changed. line "), "{}", err(&out));
    let reserved =
        shell.fed(&["import", "/", "-", "--format", "json"], "{\"fine\": \"1\",\n\"aws\": {\"x\": \"1\"}}");
    assert!(err(&reserved).contains("line 2, column 9: /aws/x"), "{}", err(&reserved));
    let told = shell.run(&["import", "/json", &shell.file("x.json", "{\"list\": [\"c\"]}"), "--dry-run"]);
    assert_eq!(told.status.code(), Some(1), "something is refused");
    assert!(String::from_utf8_lossy(&told.stdout).contains("ParameterAlreadyExists"));
    let none = server.aws(&["get-parameter", "--name", "/fine"]);
    assert!(err(&none).contains("ParameterNotFound"));
}

fn dotenv(server: &Server, shell: &Shell<'_>) {
    let text = "# of a friend\nexport API__URL=\"https://x.example/?a=1\"\nAPI__TOKEN='to$ken'\n";
    let out = shell.fed(&["import", "/env", "-", "--format", "dotenv", "--secure", "api/token"], text);
    assert!(out.status.success(), "{}", err(&out));
    assert_eq!(value(server, "/env/api/token"), "to$ken");
    let sealed = aws(server, &["get-parameter", "--name", "/env/api/token"]);
    assert_eq!(sealed["Parameter"]["Type"], "SecureString");
    let text = shell.ok(&["export", "/env", "--format", "dotenv", "--reveal"]);
    assert!(text.contains("API__TOKEN=\"to\\$ken\"\n"), "{text}");
}

fn blame_and_the_way_back(server: &Server, shell: &Shell<'_>) {
    aws(server, &["put-parameter", "--overwrite", "--name", "/app/db/password", "--value", "oops"]);
    let back = shell.ok(&["rollback", "/app/db/password", "1"]);
    assert_eq!(back, "/app/db/password has version 3, which is as version 1 was\n");
    assert_eq!(value(server, "/app/db/password"), PASSWORD);
    let blame = shell.json(&["blame", "/app/db/password"]);
    let versions = blame["Versions"].as_array().unwrap();
    assert_eq!(versions.len(), 3);
    assert!(versions[1]["UserAgent"].as_str().unwrap().contains("aws-cli"), "{}", versions[1]);
    assert!(versions.iter().all(|it| it["From"] == "127.0.0.1"), "{blame}");
    let reader = &blame["Readers"][0];
    assert_eq!(reader["Who"], "root");
    assert!(
        reader["Opened"].as_i64() >= Some(1) && reader["Times"].as_i64() > reader["Opened"].as_i64(),
        "{reader}"
    );
    let people = shell.ok(&["blame", "/app/db/password"]);
    assert!(
        people.starts_with("VERSION") && people.contains("read since") && !people.contains(PASSWORD),
        "{people}"
    );
    let diff = shell.run(&["diff", "/app/db/password:1", "/app/db/password:2"]);
    assert_eq!(diff.status.code(), Some(1));
    assert!(!String::from_utf8_lossy(&diff.stdout).contains("oops"));
}

fn what_was(server: &Server, shell: &Shell<'_>) {
    let listed = shell.ok(&["list", "/app"]);
    let row = listed.lines().find(|line| line.starts_with("/app/list")).unwrap();
    let then = row.split_whitespace().find(|word| word.ends_with('Z')).unwrap().to_owned();
    aws(server, &["delete-parameter", "--name", "/app/list"]);
    assert!(!shell.ok(&["list", "/app"]).contains("/app/list"));
    assert!(shell.ok(&["list", "/app", "--at", &then]).contains("/app/list"));
    let past = shell.ok(&["export", "/app", "--at", &then]);
    assert!(past.contains("a,b"), "{past}");
    let diff = shell.run(&["diff", &format!("/app@{then}"), "/app"]);
    assert!(
        String::from_utf8_lossy(&diff.stdout).contains("-  /app/list"),
        "{}",
        String::from_utf8_lossy(&diff.stdout)
    );
    let copied = shell.ok(&["copy", "/app", "/copy", "--recursive", "--move"]);
    assert!(copied.ends_with("2 written\n"), "{copied}");
    assert_eq!(value(server, "/copy/db/password"), PASSWORD);
    assert_eq!(shell.ok(&["find", "copwd"]), "/copy/db/password\n");
}

/// Neither the database nor what was written on the way holds it.
fn nothing_secret_is_kept(server: &Server, home: &Path) {
    for dir in [server.data_dir(), home.to_path_buf()] {
        for file in std::fs::read_dir(dir).unwrap().map(|file| file.unwrap().path()).filter(|it| it.is_file())
        {
            let bytes = std::fs::read(&file).unwrap();
            let is_there = bytes.windows(PASSWORD.len()).any(|window| window == PASSWORD.as_bytes());
            assert!(!is_there, "{} holds the password", file.display());
        }
    }
}
