//! What several steps and their exit codes come to, as the API tells it; and where output is cut.

use pilothouse_tests::agent::Fleet;
use pilothouse_tests::boto::{boto3, has_boto3};
use pilothouse_tests::server::Server;

/// Functions that make a document of scripts, run it and give its plugins.
const DOCUMENTS: &str = r#"
def document(name, *scripts, **more):
    steps = [{"action": "aws:runShellScript", "name": f"step{n}", "inputs": {"runCommand": [script]}, **more.get(f"step{n}", {})}
        for n, script in enumerate(scripts)]
    ssm.create_document(Name=name, DocumentType="Command", Content=json.dumps({"schemaVersion": "2.2", "mainSteps": steps}))
def run(name, **more):
    import time
    id = ssm.send_command(InstanceIds=[node], DocumentName=name, **more)["Command"]["CommandId"]
    deadline = time.time() + 60
    while True:
        command = ssm.list_commands(CommandId=id)["Commands"][0]
        if command["CompletedCount"] == 1: break
        assert time.time() < deadline
    invocation = ssm.list_command_invocations(CommandId=id, Details=True)["CommandInvocations"][0]
    plugins = invocation["CommandPlugins"]
    return id, command, invocation, plugins
def words(plugins):
    return [(it["Status"], it["StatusDetails"], it["ResponseCode"]) for it in plugins]
"#;

#[tokio::test(flavor = "multi_thread")]
async fn exit_codes_decide_what_becomes_of_the_following_steps() {
    if !has_boto3() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let script = format!(
        r#"node = "{node}"
{DOCUMENTS}
document("fails-first", "echo one; exit 3", "echo two", "exit 5")
id, command, invocation, plugins = run("fails-first")
assert words(plugins) == [("Failed", "Failed", 3), ("Success", "Success", 0), ("Failed", "Failed", 5)], plugins
assert (command["Status"], invocation["Status"]) == ("Failed", "Failed")
assert [it["Name"] for it in plugins] == ["step0", "step1", "step2"]
second = ssm.get_command_invocation(CommandId=id, InstanceId=node, PluginName="step1")
assert (second["Status"], second["StandardOutputContent"], second["ResponseCode"]) == ("Success", "two\n", 0), second
first = ssm.get_command_invocation(CommandId=id, InstanceId=node, PluginName="step0")
assert (first["Status"], first["StandardOutputContent"], first["ResponseCode"]) == ("Failed", "one\n", 3), first

document("enough", "echo one; exit 168", "echo two")
id, command, invocation, plugins = run("enough")
assert command["Status"] == "Success" and words(plugins)[0][0] == "Success", plugins
assert "two" not in plugins[1]["Output"], plugins

document("not-here", "echo one; exit 169", "echo two")
id, command, invocation, plugins = run("not-here")
assert command["Status"] == "Failed" and words(plugins)[0][0] == "Failed", plugins
assert "two" not in plugins[1]["Output"], plugins

document("only-elsewhere", "echo one", "echo two",
    step0={{"precondition": {{"StringEquals": ["platformType", "Windows"]}}}})
id, command, invocation, plugins = run("only-elsewhere")
assert command["Status"] == "Success", command
assert words(plugins)[0][0] == "Success" and words(plugins)[1] == ("Success", "Success", 0), plugins

document("stops", "exit 4", "echo two", step0={{"inputs": {{"onFailure": "exit", "runCommand": ["exit 4"]}}}})
id, command, invocation, plugins = run("stops")
assert command["Status"] == "Failed" and "two" not in plugins[1]["Output"], plugins

id, command, invocation, plugins = run("AWS-RunShellScript", Parameters={{"commands": ["false", "true"]}})
assert command["Status"] == "Success", "the exit code of a script is that of its last command"

id, command, invocation, plugins = run("AWS-RunShellScript",
    Parameters={{"commands": ["sleep 100"], "executionTimeout": ["5"]}})
assert (invocation["Status"], invocation["StatusDetails"]) == ("TimedOut", "ExecutionTimedOut"), invocation
assert words(plugins) == [("TimedOut", "ExecutionTimedOut", 137)], plugins
assert (command["Status"], command["ErrorCount"]) == ("TimedOut", 1), command
print(json.dumps(True))
"#
    );
    assert_eq!(boto3(&server, &script), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_output_is_cut_where_aws_cuts_it() {
    if !has_boto3() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let script = format!(
        r#"node = "{node}"
{DOCUMENTS}
long = "head -c 30000 /dev/zero | tr '\\0' o; head -c 9000 /dev/zero | tr '\\0' e >&2"
document("long", long, "head -c 3000 /dev/zero | tr '\\0' o; printf short >&2", "printf 'ünï'")
id, command, invocation, plugins = run("long")
get = lambda step: ssm.get_command_invocation(CommandId=id, InstanceId=node, PluginName=step)
first = get("step0")
assert len(first["StandardOutputContent"]) == 24000 and first["StandardOutputContent"].endswith("o--output truncated--")
assert len(first["StandardErrorContent"]) == 8000 and first["StandardErrorContent"].endswith("e--output truncated--")
assert first["StandardOutputContent"][:-20] == "o" * 23980
output = plugins[0]["Output"]
assert len(output) <= 2500 and output.endswith("\n---Error truncated----"), output
assert "o\n---Output truncated---\n----------ERROR-------\ne" in output, output
output = plugins[1]["Output"]
assert len(output) == 2500 and output.endswith("o\n---Output truncated---\n----------ERROR-------\nshort"), output
assert plugins[2]["Output"] == "ünï" and get("step2")["StandardOutputContent"] == "ünï"
print(json.dumps(True))
"#
    );
    assert_eq!(boto3(&server, &script), true);
}
