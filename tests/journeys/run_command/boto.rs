//! boto3 finds what it finds at AWS: shapes, defaults, waiters, paginators, errors.

use pilothouse_tests::agent::{Fleet, Simulated};
use pilothouse_tests::boto::{boto3, has_boto3};
use pilothouse_tests::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_command_looks_like_one_of_awss_from_its_beginning_to_its_end() {
    if !has_boto3() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let script = format!(
        r#"
node = "{node}"
sent = ssm.send_command(InstanceIds=[node], DocumentName="AWS-RunShellScript",
    Parameters={{"commands": ["sleep 1", "echo out", "echo err >&2", "exit 7"]}}, Comment="why")["Command"]
assert sent["DocumentVersion"] == "" and sent["MaxConcurrency"] == "50" and sent["MaxErrors"] == "0", sent
assert sent["NotificationConfig"] == {{"NotificationArn": "", "NotificationEvents": [], "NotificationType": ""}}, sent
assert sent["CloudWatchOutputConfig"]["CloudWatchOutputEnabled"] is False
assert sent["InstanceIds"] == [node] and sent["Targets"] == [] and sent["TargetCount"] == 1
assert sent["Status"] == "Pending" and sent["StatusDetails"] == "Pending"
assert abs((sent["ExpiresAfter"] - sent["RequestedDateTime"]).total_seconds() - 7200) < 1, "the sum of both time-outs"
id = sent["CommandId"]
assert len(id) == 36
got = ssm.get_command_invocation(CommandId=id, InstanceId=node)
assert got["Status"] in ("Pending", "InProgress", "Delayed") and got["ResponseCode"] == -1, got
assert got["ExecutionEndDateTime"] == ""
plain = ssm.list_command_invocations(CommandId=id)["CommandInvocations"][0]
assert plain["CommandPlugins"] == [], "only with details"
try:
    ssm.get_waiter("command_executed").wait(CommandId=id, InstanceId=node, WaiterConfig={{"Delay": 1}})
    raise AssertionError("it failed, and the waiter has not noticed")
except Exception as error:
    assert "Waiter CommandExecuted failed" in str(error), error
got = ssm.get_command_invocation(CommandId=id, InstanceId=node, PluginName="aws:runShellScript")
assert (got["Status"], got["StatusDetails"], got["ResponseCode"]) == ("Failed", "Failed", 7), got
assert got["StandardOutputContent"] == "out\n" and got["StandardErrorContent"].startswith("err\n")
assert got["ExecutionStartDateTime"].endswith("Z") and got["ExecutionElapsedTime"].startswith("PT")
detailed = ssm.list_command_invocations(CommandId=id, Details=True)["CommandInvocations"][0]
plugin = detailed["CommandPlugins"][0]
assert (plugin["Name"], plugin["Status"], plugin["ResponseCode"]) == ("aws:runShellScript", "Failed", 7), plugin
assert plugin["Output"].startswith("out\n\n----------ERROR-------\nerr\n"), plugin
assert plugin["ResponseStartDateTime"] <= plugin["ResponseFinishDateTime"]
whole = ssm.list_commands(CommandId=id)["Commands"][0]
assert (whole["Status"], whole["StatusDetails"]) == ("Failed", "Failed"), whole
assert (whole["CompletedCount"], whole["ErrorCount"], whole["DeliveryTimedOutCount"]) == (1, 1, 0)
fine = ssm.send_command(InstanceIds=[node], DocumentName="AWS-RunShellScript", TimeoutSeconds=60,
    Parameters={{"commands": ["true"], "executionTimeout": ["100"]}})["Command"]
assert abs((fine["ExpiresAfter"] - fine["RequestedDateTime"]).total_seconds() - 160) < 1
ssm.get_waiter("command_executed").wait(CommandId=fine["CommandId"], InstanceId=node, WaiterConfig={{"Delay": 1}})
odd = ssm.send_command(InstanceIds=[node], DocumentName="AWS-RunShellScript", TimeoutSeconds=60,
    Parameters={{"commands": ["true"], "executionTimeout": ["3"]}})["Command"]
assert abs((odd["ExpiresAfter"] - odd["RequestedDateTime"]).total_seconds() - 3660) < 1, "out of range is 3600"
none = ssm.send_command(Targets=[{{"Key": "tag:env", "Values": ["nowhere"]}}], DocumentName="AWS-RunShellScript",
    Parameters={{"commands": ["true"]}})["Command"]
assert (none["Status"], none["StatusDetails"], none["TargetCount"]) == ("Success", "NoInstancesInTag", 0), none
print(json.dumps(True))
"#
    );
    assert_eq!(boto3(&server, &script), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn mistakes_are_the_modelled_exceptions() {
    if !has_boto3() {
        return;
    }
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let node = &fleet.ids()[0];
    let script = format!(
        r#"
node, stranger = "{node}", "mi-00000000000000000"
shell = dict(DocumentName="AWS-RunShellScript", Parameters={{"commands": ["true"]}})
def send(**members):
    return refused(ssm.send_command, **{{**shell, **members}})
assert send(InstanceIds=[stranger]) == "InvalidInstanceId"
assert send(InstanceIds=[node, node]) == "DuplicateInstanceId"
assert send(InstanceIds=[node], DocumentName="No-Such") == "InvalidDocument"
assert send(InstanceIds=[node], DocumentVersion="99") == "InvalidDocumentVersion"
assert send(InstanceIds=[node], Parameters={{"colour": ["red"], "commands": ["true"]}}) == "InvalidParameters"
assert send(InstanceIds=[node], Parameters={{}}) == "InvalidParameters"
assert send(InstanceIds=[node], MaxConcurrency="0") == "ValidationException"
assert send(InstanceIds=[node], MaxErrors="101%") == "ValidationException"
assert send(InstanceIds=[node], TimeoutSeconds=2592001) == "ValidationException"
assert send(InstanceIds=[node] * 51) == "ValidationException"
assert send(Targets=[{{"Key": "tag:a", "Values": ["b"]}}] * 6) == "ValidationException"
assert send(InstanceIds=[node], NotificationConfig={{"NotificationArn": "arn:aws:sns:us-east-1:000000000000:nobody"}}) \
    == "InvalidNotificationConfig"
for_windows = json.dumps({{"schemaVersion": "2.2", "mainSteps": [{{"action": "aws:runPowerShellScript", "name": "only",
    "precondition": {{"StringEquals": ["platformType", "Windows"]}}, "inputs": {{"runCommand": ["dir"]}}}}]}})
ssm.create_document(Name="for-windows", Content=for_windows, DocumentType="Command")
assert send(InstanceIds=[node], DocumentName="for-windows", Parameters={{}}) == "UnsupportedPlatformType"
by_key = ssm.send_command(Targets=[{{"Key": "InstanceIds", "Values": [node]}}], DocumentName="for-windows")["Command"]
assert (by_key["Status"], by_key["TargetCount"]) == ("Failed", 1), by_key
run = ssm.list_command_invocations(CommandId=by_key["CommandId"])["CommandInvocations"][0]
assert (run["Status"], run["StatusDetails"]) == ("Failed", "InvalidPlatform"), run
two = json.dumps({{"schemaVersion": "2.2", "mainSteps": [
    {{"action": "aws:runShellScript", "name": name, "inputs": {{"runCommand": ["true"]}}}} for name in ("first", "second")]}})
ssm.create_document(Name="two-steps", Content=two, DocumentType="Command")
id = ssm.send_command(InstanceIds=[node], DocumentName="two-steps")["Command"]["CommandId"]
get = lambda **members: refused(ssm.get_command_invocation, **{{"CommandId": id, "InstanceId": node, **members}})
assert get() == "InvalidPluginName" and get(PluginName="third") == "InvalidPluginName"
assert get(InstanceId="mi-11111111111111111", PluginName="first") == "InvocationDoesNotExist"
assert get(CommandId="11111111-1111-1111-1111-111111111111", PluginName="first") == "InvocationDoesNotExist"
nothing = "11111111-1111-1111-1111-111111111111"
assert refused(ssm.list_commands, CommandId=nothing) == "InvalidCommandId"
assert refused(ssm.cancel_command, CommandId=nothing) == "InvalidCommandId"
assert refused(ssm.cancel_command, CommandId=id, InstanceIds=["mi-11111111111111111"]) == "InvalidInstanceId"
assert refused(ssm.list_command_invocations, Filters=[{{"key": "ExecutionStage", "value": "Complete"}}]) == "InvalidFilterKey"
assert refused(ssm.list_commands, Filters=[{{"key": "Status", "value": "Broken"}}]) == "InvalidFilterKey"
assert refused(ssm.list_commands, NextToken="nonsense") == "InvalidNextToken"
assert refused(ssm.list_commands, MaxResults=51) == "ValidationException"
print(json.dumps(True))
"#
    );
    assert_eq!(boto3(&server, &script), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn paginators_follow_commands_and_their_runs_and_filters_hold() {
    if !has_boto3() {
        return;
    }
    let server = Server::start().await;
    let _fleet = Simulated::start(&server, 60).await;
    let script = r#"
import time
sent = [ssm.send_command(Targets=[{"Key": "tag-key", "Values": ["env"]}], DocumentName="AWS-RunShellScript",
    MaxConcurrency="100%", Parameters={"commands": ["uptime"]})["Command"] for _ in range(3)]
for _ in range(120):
    sent.append(ssm.send_command(Targets=[{"Key": "tag:env", "Values": ["nowhere"]}],
        DocumentName="AWS-RunShellScript", Parameters={"commands": ["uptime"]})["Command"])
pages = list(ssm.get_paginator("list_commands").paginate(PaginationConfig={"PageSize": 25}))
ids = [it["CommandId"] for page in pages for it in page["Commands"]]
assert ids == [it["CommandId"] for it in reversed(sent)], (len(ids), len(sent))
assert "NextToken" not in pages[-1] and len(pages) == 5
one = sent[0]["CommandId"]
runs = [it for page in ssm.get_paginator("list_command_invocations").paginate(CommandId=one, PaginationConfig={"PageSize": 7})
    for it in page["CommandInvocations"]]
assert len(runs) == 60 and len({it["InstanceId"] for it in runs}) == 60
deadline = time.time() + 60
while ssm.list_commands(CommandId=one)["Commands"][0]["CompletedCount"] < 60:
    assert time.time() < deadline
def listed(*filters, **more):
    wanted = [{"key": key, "value": value} for key, value in filters]
    return [it for page in ssm.get_paginator("list_commands").paginate(Filters=wanted, **more) for it in page["Commands"]]
assert len(listed(("ExecutionStage", "Complete"), ("DocumentName", "AWS-RunShellScript"))) >= 121
assert listed(("DocumentName", "AWS-RunDocument")) == []
moment = sent[2]["RequestedDateTime"].strftime("%Y-%m-%dT%H:%M:%S.") + f"{sent[2]['RequestedDateTime'].microsecond // 1000:03d}Z"
import datetime
at = sent[2]["RequestedDateTime"].astimezone(datetime.timezone.utc)
moment = at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"
assert [it["CommandId"] for it in listed(("InvokedBefore", moment))] == [sent[1]["CommandId"], sent[0]["CommandId"]]
assert len(listed(("InvokedAfter", moment))) == 120
node = runs[0]["InstanceId"]
assert {it["CommandId"] for it in listed(("ExecutionStage", "Complete"), InstanceId=node)} <= {it["CommandId"] for it in sent[:3]}
on_node = ssm.list_command_invocations(InstanceId=node)["CommandInvocations"]
assert [it["CommandId"] for it in on_node] == [it["CommandId"] for it in reversed(sent[:3])]
print(json.dumps(True))
"#;
    assert_eq!(boto3(&server, script), true);
}
