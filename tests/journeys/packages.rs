//! Packages: pushed without a screen, installed, updated and uninstalled by the aws CLI on real agents; and an agent that replaces
//! itself.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Output;

use aws_lc_rs::digest::{SHA256, digest};
use pilothouse_api::commands::SendCommand;
use pilothouse_api::documents::GetDocument;
use pilothouse_api::topics::InvocationView;
use pilothouse_protocol::{CommandId, InstanceId, InvocationState};
use pilothouse_tests::agent::{Agent, Fleet, activation, has_ping};
use pilothouse_tests::person::{self, Person};
use pilothouse_tests::program::{binary, command, run, said};
use pilothouse_tests::server::{Server, has_aws};
use pilothouse_tests::wait;
use serde_json::{Value, json};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A folder that can be pushed.
struct Package {
    dir: TempDir,
}

impl Package {
    fn new(version: &str, files: &[(&str, &[u8])]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("all.zip");
        let mut zip = ZipWriter::new(File::create(&path).unwrap());
        for (name, content) in files {
            let options = SimpleFileOptions::default().unix_permissions(0o755);
            zip.start_file(*name, options).unwrap();
            zip.write_all(content).unwrap();
        }
        zip.finish().unwrap();
        let package = Self { dir };
        package.describe(version, &sum(&path));
        package
    }

    fn describe(&self, version: &str, sha256: &str) {
        let manifest = json!({
            "schemaVersion": "2.0", "version": version, "publisher": "Us",
            "packages": { "_any": { "_any": { "_any": { "file": "all.zip" } } } },
            "files": { "all.zip": { "checksums": { "sha256": sha256 } } }
        });
        fs::write(self.dir.path().join("manifest.json"), format!("{manifest:#}")).unwrap();
    }
}

fn sum(path: &Path) -> String {
    let bytes = fs::read(path).unwrap();
    digest(&SHA256, &bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What scripts of packages wrote down, and what holds them back or has them fail.
struct Witness(TempDir);

impl Witness {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A version of a package whose scripts write down that they ran, and fail where a file `fail-ACTION-VERSION` lies.
    fn package(&self, version: &str) -> Package {
        let dir = self.0.path().display();
        let script = |action: &str| {
            format!(
                "echo \"{action} {version} $SSM_color\" >> {dir}/$AWS_SSM_INSTANCE_ID\n\
                 while [ -e {dir}/hold-{action}-{version} ]; do sleep 0.05; done\n\
                 [ ! -e {dir}/fail-{action}-{version} ] || exit 7\necho {action} of {version} is done\n"
            )
            .into_bytes()
        };
        let files: Vec<(String, Vec<u8>)> =
            ["install", "update", "uninstall"].map(|action| (format!("{action}.sh"), script(action))).into();
        let files: Vec<(&str, &[u8])> =
            files.iter().map(|(name, content)| (name.as_str(), content.as_slice())).collect();
        Package::new(version, &files)
    }

    fn told(&self, node: &InstanceId) -> String {
        fs::read_to_string(self.0.path().join(node.as_str())).unwrap_or_default()
    }

    fn lay(&self, name: &str) {
        fs::write(self.0.path().join(name), "").unwrap();
    }

    fn take_away(&self, name: &str) {
        fs::remove_file(self.0.path().join(name)).unwrap();
    }
}

fn pilothouse(server: &Server, arguments: &[&str]) -> Output {
    let home = pilothouse_tests::home::home();
    fs::create_dir_all(home.path().join(".aws")).unwrap();
    fs::copy(server.data_dir().join("credentials"), home.path().join(".aws/credentials")).unwrap();
    let mut command = command(&binary("pilothouse"));
    command.env("HOME", home.path()).args(["--endpoint", server.url()]).args(arguments);
    run(command)
}

fn push(server: &Server, name: &str, package: &Package, more: &[&str]) -> String {
    let dir = package.dir.path().to_str().unwrap();
    let output = pilothouse(server, &[&["package", "push", dir, "--name", name], more].concat());
    assert!(output.status.success(), "{}", said(&output));
    said(&output)
}

/// AWS-ConfigureAWSPackage by the aws CLI, on nodes.
fn configure(server: &Server, nodes: &[InstanceId], parameters: Value) -> CommandId {
    let ids: Vec<&str> = nodes.iter().map(InstanceId::as_str).collect();
    let parameters = parameters.to_string();
    let send = ["send-command", "--document-name", "AWS-ConfigureAWSPackage", "--parameters", &parameters];
    let output = server.aws(&[&send[..], &["--instance-ids"], &ids].concat());
    assert!(output.status.success(), "{}", said(&output));
    let sent: Value = serde_json::from_slice(&output.stdout).unwrap();
    sent["Command"]["CommandId"].as_str().unwrap().parse().unwrap()
}

async fn ends(server: &Server, command: &CommandId, state: InvocationState) -> Vec<InvocationView> {
    let runs = server.runs_when_over(command).await;
    for run in &runs {
        let said = String::from_utf8(server.output_of(command, &run.instance_id).await).unwrap();
        assert_eq!(run.state, state, "{}: {}\n{said}", run.instance_id, run.message);
    }
    runs
}

/// Waits until a command failed on its only node; gives why.
async fn fails(server: &Server, command: &CommandId) -> String {
    ends(server, command, InvocationState::Failed).await.remove(0).message
}

#[tokio::test(flavor = "multi_thread")]
async fn a_package_is_pushed_installed_updated_and_uninstalled() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 2).await;
    let (nodes, witness) = (fleet.ids(), Witness::new());
    let told = |expected: &str| {
        for node in &nodes {
            assert_eq!(witness.told(node), expected);
        }
    };
    let first = witness.package("1.0");
    let out = push(&server, "web", &first, &[]);
    assert!(out.contains("version 1 (1.0) is published, and is the default one"), "{out}");
    assert!(push(&server, "web", &first, &[]).contains("published already"));
    let get = GetDocument { name: "web".into(), ..GetDocument::default() };
    let got = server.call(get).await.unwrap();
    assert_eq!((got.document_type.as_str(), got.version_name.as_deref()), ("Package", Some("1.0")));
    assert_eq!(got.attachments_content[0].name, "all.zip");

    let color = json!(["{\"SSM_color\": \"deep blue\"}"]);
    let install = json!({ "action": ["Install"], "name": ["web"], "additionalArguments": color.clone() });
    let sent = configure(&server, &nodes, install.clone());
    ends(&server, &sent, InvocationState::Success).await;
    told("install 1.0 deep blue\n");
    let output = String::from_utf8(server.output_of(&sent, &nodes[0]).await).unwrap();
    assert!(output.contains("install of 1.0 is done"), "{output}");
    // Once more: nothing is to be done.
    let again = configure(&server, &nodes, install);
    ends(&server, &again, InvocationState::Success).await;
    told("install 1.0 deep blue\n");
    let output = String::from_utf8(server.output_of(&again, &nodes[0]).await).unwrap();
    assert!(output.contains("web 1.0 is already installed"), "{output}");

    let out = push(&server, "web", &witness.package("2.0"), &[]);
    assert!(out.contains("version 1 stays the default one"), "{out}");
    let second = json!({ "action": ["Install"], "name": ["web"], "version": ["2.0"] });
    ends(&server, &configure(&server, &nodes, second), InvocationState::Success).await;
    told("install 1.0 deep blue\nuninstall 1.0 \ninstall 2.0 \n");
    let out = push(&server, "web", &witness.package("3.0"), &["--default"]);
    assert!(out.contains("is the default one now"), "{out}");
    let in_place = json!({ "action": ["Install"], "name": ["web"], "installationType": ["In-place update"] });
    ends(&server, &configure(&server, &nodes, in_place), InvocationState::Success).await;
    told("install 1.0 deep blue\nuninstall 1.0 \ninstall 2.0 \nupdate 3.0 \n");

    let uninstall = json!({ "action": ["Uninstall"], "name": ["web"] });
    ends(&server, &configure(&server, &nodes, uninstall.clone()), InvocationState::Success).await;
    told("install 1.0 deep blue\nuninstall 1.0 \ninstall 2.0 \nupdate 3.0 \nuninstall 3.0 \n");
    let nothing = configure(&server, &nodes, uninstall);
    ends(&server, &nothing, InvocationState::Success).await;
    let output = String::from_utf8(server.output_of(&nothing, &nodes[0]).await).unwrap();
    assert!(output.contains("web is not installed"), "{output}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_what_it_says_is_neither_published_nor_run() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let (nodes, witness) = (fleet.ids(), Witness::new());
    let package = witness.package("1.0");
    package.describe("1.0", &"0".repeat(64));
    let refused =
        pilothouse(&server, &["package", "push", package.dir.path().to_str().unwrap(), "--name", "web"]);
    assert!(
        !refused.status.success() && said(&refused).contains("all.zip: its SHA-256 is"),
        "{}",
        said(&refused)
    );
    // A document whose file is not there, and one from elsewhere.
    for (source, why) in [
        (format!("pilothouse://sha256/{}", "0".repeat(64)), "is not here"),
        ("https://bucket.s3.amazonaws.com/web".to_owned(), "pilothouse package push"),
    ] {
        let content = fs::read_to_string(package.dir.path().join("manifest.json")).unwrap();
        let attachment = format!("Key=SourceUrl,Values={source},Name=all.zip");
        let create =
            ["create-document", "--name", "web", "--document-type", "Package", "--content", &content];
        let output = server.aws(&[&create[..], &["--attachments", &attachment]].concat());
        assert!(!output.status.success() && said(&output).contains(why), "{}", said(&output));
    }

    // Its bytes change on the server's disk: the node sees that, and runs nothing.
    let package = witness.package("1.0");
    push(&server, "web", &package, &[]);
    let sha256 = sum(&package.dir.path().join("all.zip"));
    let blob = server.data_dir().join("blobs").join(&sha256[..2]).join(&sha256);
    let mut bytes = fs::read(&blob).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&blob, bytes).unwrap();
    let install = json!({ "action": ["Install"], "name": ["web"] });
    let sent = configure(&server, &nodes, install);
    let why = fails(&server, &sent).await;
    assert!(why.contains("SHA-256") && witness.told(&nodes[0]).is_empty(), "{why}");
    let unknown = json!({ "action": ["Install"], "name": ["nothing"] });
    let sent = configure(&server, &nodes, unknown);
    let why = fails(&server, &sent).await;
    assert!(why.contains("nothing"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_fails_half_way_gives_way_to_the_one_before() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let (nodes, witness) = (fleet.ids(), Witness::new());
    push(&server, "web", &witness.package("1.0"), &[]);
    push(&server, "web", &witness.package("2.0"), &[]);
    let install = |version: &str| json!({ "action": ["Install"], "name": ["web"], "version": [version] });
    witness.lay("fail-install-1.0");
    let sent = configure(&server, &nodes, install("1.0"));
    let why = fails(&server, &sent).await;
    assert!(why.contains("install.sh of web 1.0 ended with exit code 7"), "{why}");
    witness.take_away("fail-install-1.0");
    ends(&server, &configure(&server, &nodes, install("1.0")), InvocationState::Success).await;
    assert_eq!(witness.told(&nodes[0]), "install 1.0 \ninstall 1.0 \n", "it was tried again");

    witness.lay("fail-install-2.0");
    let sent = configure(&server, &nodes, install("2.0"));
    let why = fails(&server, &sent).await;
    assert!(why.contains("install.sh of web 2.0 ended with exit code 7; 1.0 was installed again"), "{why}");
    let told = witness.told(&nodes[0]);
    assert!(told.ends_with("uninstall 1.0 \ninstall 2.0 \nuninstall 2.0 \ninstall 1.0 \n"), "{told}");
    // The one before is there: installing it again does nothing.
    ends(&server, &configure(&server, &nodes, install("1.0")), InvocationState::Success).await;
    assert_eq!(witness.told(&nodes[0]), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_killed_in_the_middle_goes_on_and_runs_nothing_twice() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let mut fleet = Fleet::start(&server, 1).await;
    let (nodes, witness) = (fleet.ids(), Witness::new());
    push(&server, "web", &witness.package("1.0"), &[]);
    push(&server, "web", &witness.package("2.0"), &[]);
    let install = |version: &str| json!({ "action": ["Install"], "name": ["web"], "version": [version] });
    ends(&server, &configure(&server, &nodes, install("1.0")), InvocationState::Success).await;
    let mut told = witness.told(&nodes[0]);
    witness.lay("hold-uninstall-1.0");
    witness.lay("hold-install-2.0");
    let sent = configure(&server, &nodes, install("2.0"));
    for (action, hold) in [("uninstall 1.0 \n", "hold-uninstall-1.0"), ("install 2.0 \n", "hold-install-2.0")]
    {
        told += action;
        wait::until("the script to begin", async || (witness.told(&nodes[0]) == told).then_some(())).await;
        let agent = &mut fleet.agents[0];
        agent.program().kill();
        witness.take_away(hold);
        agent.start();
    }
    ends(&server, &sent, InvocationState::Success).await;
    assert_eq!(witness.told(&nodes[0]), told, "each script ran once");
    let again = configure(&server, &nodes, install("2.0"));
    ends(&server, &again, InvocationState::Success).await;
    assert_eq!(witness.told(&nodes[0]), told);
}

/// A copy of the agent in a folder of its own, where it may replace itself.
fn own_agent(dir: &Path) -> PathBuf {
    let path = dir.join("pilothouse-agent");
    fs::copy(binary("pilothouse-agent"), &path).unwrap();
    path
}

/// The agent as if it were built from another version: the same program, whose own version is another one.
fn another_build(version: &str) -> Vec<u8> {
    let mut bytes = fs::read(binary("pilothouse-agent")).unwrap();
    let old = env!("CARGO_PKG_VERSION").as_bytes();
    assert_eq!(old.len(), version.len());
    let mut at = 0;
    while let Some(found) = bytes[at..].windows(old.len()).position(|it| it == old) {
        at += found;
        bytes[at..at + old.len()].copy_from_slice(version.as_bytes());
        at += old.len();
    }
    bytes
}

fn update(server: &Server, node: &InstanceId, parameters: Value) -> CommandId {
    let parameters = parameters.to_string();
    let send = ["send-command", "--document-name", "AWS-UpdateSSMAgent", "--parameters", &parameters];
    let output = server.aws(&[&send[..], &["--instance-ids", node.as_str()]].concat());
    assert!(output.status.success(), "{}", said(&output));
    let sent: Value = serde_json::from_slice(&output.stdout).unwrap();
    sent["Command"]["CommandId"].as_str().unwrap().parse().unwrap()
}

async fn version_of(server: &Server, node: &InstanceId) -> String {
    let list = pilothouse_api::fleet::ResolveTargets::default();
    let nodes = server.call(list).await.unwrap().nodes;
    nodes.into_iter().find(|it| it.instance_id == *node).unwrap().agent_version
}

#[tokio::test(flavor = "multi_thread")]
async fn the_agent_replaces_itself_and_its_jobs_go_on() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let mut agent = Agent::register(&server, &activation(&server, 1).await);
    let (bin, id) = (tempfile::tempdir().unwrap(), agent.id().clone());
    let path = own_agent(bin.path());
    agent.start_as(&path, &[]);
    has_ping(&server, &id, "Online").await;
    let (old, new) = (env!("CARGO_PKG_VERSION"), "9.9.9");
    assert_eq!(version_of(&server, &id).await, old);
    push(&server, "pilothouse-agent", &Package::new(new, &[("pilothouse-agent", &another_build(new))]), &[]);
    let pid = agent.program().id();
    let witness = Witness::new();
    let long = server
        .send(
            std::slice::from_ref(&id),
            &format!(
                "echo begun\nwhile [ ! -e {}/go ]; do sleep 0.1; done\necho done",
                witness.0.path().display()
            ),
        )
        .await;
    let sent = update(&server, &id, json!({}));
    ends(&server, &sent, InvocationState::Success).await;
    assert_eq!(version_of(&server, &id).await, new, "it says so over the link");
    assert_eq!((agent.program().id(), agent.program().ended()), (pid, None), "it is the same process");
    let says = |path: &Path| {
        let mut program = command(path);
        program.arg("--version");
        said(&run(program)).trim().to_owned()
    };
    assert_eq!(says(&path), format!("pilothouse-agent {new}"));
    assert_eq!(says(&path.with_extension("previous")), format!("pilothouse-agent {old}"));
    witness.lay("go");
    ends(&server, &long, InvocationState::Success).await;
    assert_eq!(server.output_of(&long, &id).await, b"begun\ndone\n", "what ran meanwhile went on");
    // The same again, and an older one without leave: nothing happens.
    ends(&server, &update(&server, &id, json!({})), InvocationState::Success).await;
    push(&server, "pilothouse-agent", &Package::new("0.0.1", &[("pilothouse-agent", b"#!/bin/sh\n")]), &[]);
    let older = update(&server, &id, json!({ "version": ["0.0.1"] }));
    let why = fails(&server, &older).await;
    assert!(why.contains("0.0.1 is older than 9.9.9"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_does_not_come_up_is_not_kept() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let mut agent = Agent::register(&server, &activation(&server, 1).await);
    let (bin, id) = (tempfile::tempdir().unwrap(), agent.id().clone());
    let path = own_agent(bin.path());
    agent.start_as(&path, &[("PILOTHOUSE_AGENT_UPDATE_PATIENCE_SECONDS", "3")]);
    has_ping(&server, &id, "Online").await;
    let before = sum(&path);
    let pretends = |version: &str, then: &str| {
        format!("#!/bin/sh\n[ \"$1\" != --version ] || exec echo pilothouse-agent {version}\n{then}\n")
            .into_bytes()
    };
    for (version, program, why) in [
        ("9.0.1", pretends("9.0.1", "exit 3"), "it ended (exit status: 3) before the server let it in"),
        ("9.0.2", pretends("9.0.2", "exec sleep 600"), "the server did not let it in within 3 s"),
        ("9.0.3", pretends("9.9.9", "exit 0"), "is not the version that its package says"),
        ("9.0.4", another_build("9.0.5"), "is not the version that its package says"),
        ("9.0.6", b"\x7fELF, but no program".to_vec(), "does not run here"),
    ] {
        push(&server, "pilothouse-agent", &Package::new(version, &[("pilothouse-agent", &program)]), &[]);
        let sent = update(&server, &id, json!({ "version": [version] }));
        let said = fails(&server, &sent).await;
        assert!(said.contains(why) && said.contains("goes on"), "{version}: {said}");
        let kept = fs::read_dir(bin.path()).unwrap().map(|it| it.unwrap().file_name());
        assert_eq!(kept.collect::<Vec<_>>(), ["pilothouse-agent"], "{version}: nothing is left of it");
    }
    assert_eq!(sum(&path), before);
    assert_eq!(version_of(&server, &id).await, env!("CARGO_PKG_VERSION"));
    let sent = server.send(std::slice::from_ref(&id), "echo here").await;
    ends(&server, &sent, InvocationState::Success).await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o111, 0o111);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_is_killed_while_it_tries_a_new_one_out_stays_what_it_is() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let mut agent = Agent::register(&server, &activation(&server, 1).await);
    let (bin, id) = (tempfile::tempdir().unwrap(), agent.id().clone());
    let path = own_agent(bin.path());
    agent.start_as(&path, &[]);
    has_ping(&server, &id, "Online").await;
    let begun = bin.path().join("begun");
    let program = format!(
        "#!/bin/sh\n[ \"$1\" != --version ] || exec echo pilothouse-agent 9.0.1\ntouch {}\nexec sleep 5\n",
        begun.display()
    );
    push(
        &server,
        "pilothouse-agent",
        &Package::new("9.0.1", &[("pilothouse-agent", program.as_bytes())]),
        &[],
    );
    let sent = update(&server, &id, json!({}));
    wait::until("the new one to be tried out", async || begun.exists().then_some(())).await;
    agent.program().kill();
    agent.start_as(&path, &[]);
    let why = fails(&server, &sent).await;
    assert!(why.contains("was stopped while the new one was being tried out"), "{why}");
    assert_eq!(version_of(&server, &id).await, env!("CARGO_PKG_VERSION"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_read_a_package_gets_none_onto_a_node() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let witness = Witness::new();
    push(&server, "web", &witness.package("1.0"), &[]);
    let policy = r#"permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:SendCommand", resource);
        permit (principal == Pilothouse::User::"ann", action == Pilothouse::Action::"ssm:GetDocument", resource)
        when { resource.name == "AWS-ConfigureAWSPackage" };"#;
    let ann = Person::new(&server, "ann").await;
    person::policy(&server, "ann", policy).await;
    let send = SendCommand {
        document_name: "AWS-ConfigureAWSPackage".into(),
        instance_ids: fleet.ids().iter().map(ToString::to_string).collect(),
        parameters: [("action", "Install"), ("name", "web")]
            .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
            .into(),
        ..SendCommand::default()
    };
    let sent = ann.call(&server, send).await.unwrap().command.command_id.parse().unwrap();
    let why = fails(&server, &sent).await;
    assert!(why.contains("not authorized") && witness.told(&fleet.ids()[0]).is_empty(), "{why}");
}
