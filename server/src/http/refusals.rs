//! Who may not, may not: every operation of the api, made from its declaration, so that a new one cannot escape.
//!
//! Each is sent without a signature, with a wrong one, by an unknown key, by a disabled one, by a user without any policy, by a user
//! whose policy is about another environment, and by a node; and each of these is refused before it did anything.

use std::collections::BTreeSet;

use pilothouse_api::{Access, OPERATIONS, OperationInfo};
use pilothouse_protocol::{Facts, InstanceId, Platform};
use serde_json::{Value, json};

use super::stories::{House, Pen};
use crate::cx::{Call, Caller};
use crate::door::{Guard, Run};
use crate::internal::EnrolNode;
use crate::operations;

/// A server that holds one of everything, all of it production's, and users who may nothing of it.
struct Scene {
    house: House,
    node: String,
    command: String,
    activation: String,
    /// May nothing at all.
    nobody: Pen,
    /// May everything in staging.
    stranger: Pen,
    /// Was somebody once.
    disabled: Pen,
    spare_key: String,
    approval: String,
}

/// Everything in staging, and in no other environment.
const STAGING: &str = r#"
permit (principal == Pilothouse::User::"stranger", action, resource)
when { resource has environment && resource.environment == "staging" };
permit (principal == Pilothouse::User::"stranger", action, resource == Pilothouse::Environment::"staging");
"#;

impl Scene {
    async fn set() -> Self {
        let house = House::open().await;
        let root = house.root();
        let node = enrol(&house, &root).await;
        let user = async |name: &str| {
            must(&house, &root, "Pilothouse.CreateUser", json!({ "UserName": name })).await;
            let made = must(&house, &root, "Pilothouse.CreateAccessKey", json!({ "UserName": name })).await;
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let id = text(&made["AccessKey"]["AccessKeyId"]);
            Pen { id, secret: text(&made["SecretAccessKey"]), ..root.clone() }
        };
        let (nobody, stranger, disabled) =
            (user("nobody").await, user("stranger").await, user("disabled").await);
        let spare_key = user("spare").await.id;
        let policy = json!({ "PolicyName": "staging", "Text": STAGING });
        must(&house, &root, "Pilothouse.PutPolicy", policy).await;
        let asks = r#"
            permit (principal == Pilothouse::User::"spare", action, resource);
            @reason("production wants an approval")
            forbid (principal == Pilothouse::User::"spare", action == Pilothouse::Action::"ssm:SendCommand",
                resource is Pilothouse::Node) unless { context.approved };"#;
        must(&house, &root, "Pilothouse.PutPolicy", json!({ "PolicyName": "asks", "Text": asks })).await;
        let spare = async |target: &str, body: Value| {
            let key = must(&house, &root, "Pilothouse.CreateAccessKey", json!({ "UserName": "spare" })).await;
            let id = key["AccessKey"]["AccessKeyId"].as_str().unwrap().to_owned();
            let secret = key["SecretAccessKey"].as_str().unwrap().to_owned();
            house.call(&Pen { id, secret, ..root.clone() }, target, &body).await
        };
        let asked = spare("AmazonSSM.SendCommand", send(&node)).await;
        assert_eq!(asked.body["__type"], "ApprovalRequiredException", "{}", asked.body);
        let waiting = must(&house, &root, "Pilothouse.ListApprovals", json!({})).await;
        let approval = waiting["Approvals"][0]["ApprovalId"].as_str().unwrap().to_owned();
        let off = json!({ "AccessKeyId": disabled.id, "Status": "Inactive" });
        must(&house, &root, "Pilothouse.UpdateAccessKey", off).await;
        must(&house, &root, "Pilothouse.CreateGroup", json!({ "GroupName": "ops" })).await;
        must(&house, &root, "Pilothouse.CreateRole", json!({ "RoleName": "deployer" })).await;
        let command = must(&house, &root, "AmazonSSM.SendCommand", send(&node)).await;
        let command = command["Command"]["CommandId"].as_str().unwrap().to_owned();
        let tags = json!([{ "Key": "env", "Value": "prod" }]);
        let activation = json!({ "IamRole": "any", "Tags": tags });
        let activation = must(&house, &root, "AmazonSSM.CreateActivation", activation).await;
        let activation = activation["ActivationId"].as_str().unwrap().to_owned();
        let parameter = json!({ "Name": "/prod/db", "Type": "SecureString", "Value": PASSWORD,
            "Tags": [{ "Key": "env", "Value": "prod" }] });
        must(&house, &root, "AmazonSSM.PutParameter", parameter).await;
        let document = json!({ "Name": "prod-deploy", "Content": DOCUMENT,
            "Tags": [{ "Key": "env", "Value": "prod" }] });
        must(&house, &root, "AmazonSSM.CreateDocument", document).await;
        Self { house, node, command, activation, nobody, stranger, disabled, spare_key, approval }
    }

    /// A request that root could make, and that touches what is there.
    fn request(&self, operation: &OperationInfo) -> Value {
        let Self { node, command, activation, spare_key, approval, .. } = self;
        let tag = json!([{ "Key": "owner", "Value": "me" }]);
        match operation.name {
            "CreateActivation" => json!({ "IamRole": "any", "Tags": [{ "Key": "env", "Value": "prod" }] }),
            "DeleteActivation" => json!({ "ActivationId": activation }),
            "DescribeActivations" | "DescribeInstanceInformation" | "DescribeInstanceProperties" => json!({}),
            "DeregisterManagedInstance" => json!({ "InstanceId": node }),
            "GetConnectionStatus" => json!({ "Target": node }),
            "AddTagsToResource" => {
                json!({ "ResourceType": "ManagedInstance", "ResourceId": node, "Tags": tag })
            }
            "RemoveTagsFromResource" => {
                json!({ "ResourceType": "ManagedInstance", "ResourceId": node, "TagKeys": ["env"] })
            }
            "ListTagsForResource" => json!({ "ResourceType": "ManagedInstance", "ResourceId": node }),
            "PutBlobPiece" => json!({ "Sha256": "a".repeat(64), "Total": 4, "Offset": 0, "Bytes": "YWJj" }),
            "ListDocuments" | "ListCommands" | "ListCommandInvocations" => json!({}),
            "CreateDocument" => json!({ "Name": "mine", "Content": DOCUMENT }),
            "UpdateDocument" => json!({ "Name": "prod-deploy", "Content": DOCUMENT.replace("one", "two") }),
            "DescribeDocument" | "GetDocument" | "DeleteDocument" | "ListDocumentVersions" => {
                json!({ "Name": "prod-deploy" })
            }
            "UpdateDocumentDefaultVersion" => json!({ "Name": "prod-deploy", "DocumentVersion": "1" }),
            "DescribeDocumentPermission" => json!({ "Name": "prod-deploy", "PermissionType": "Share" }),
            "ModifyDocumentPermission" => json!({ "Name": "prod-deploy", "PermissionType": "Share",
                "AccountIdsToAdd": ["all"] }),
            "UpdateDocumentMetadata" => json!({ "Name": "prod-deploy",
                "DocumentReviews": { "Action": "SendForReview" } }),
            "ListDocumentMetadataHistory" => json!({ "Name": "prod-deploy", "Metadata": "DocumentReviews" }),
            "GetCalendarState" => json!({ "CalendarNames": ["prod-deploy"] }),
            "ValidateDocument" => json!({ "Content": DOCUMENT }),
            "ListParameterUses" => json!({ "Name": "/prod/db" }),
            "ResolveTargets" => json!({ "Targets": [{ "Key": "tag:env", "Values": ["prod"] }] }),
            "Follow" => json!({ "Topic": { "Nodes": { "after": 0 } } }),
            "DescribeServer" | "GetCallerAccess" | "GetCallerIdentity" => json!({}),
            "CreateUser" => json!({ "UserName": "another" }),
            "DeleteUser" => json!({ "UserName": "spare" }),
            "ListUsers" | "ListGroups" | "ListRoles" | "ListPolicies" | "ListArmings" | "ListApprovals"
            | "ListAuditRecords" | "LookupEvents" => json!({}),
            "ImportSshPublicKey" => json!({ "UserName": "spare", "PublicKey": SSH_KEY }),
            "DeleteSshPublicKey" => json!({ "UserName": "spare", "Fingerprint": "SHA256:x" }),
            "CreateAccessKey" => json!({ "UserName": "spare" }),
            "RotateAccessKey" | "DeleteAccessKey" => json!({ "AccessKeyId": spare_key }),
            "UpdateAccessKey" => json!({ "AccessKeyId": spare_key, "Status": "Inactive" }),
            "CreateGroup" => json!({ "GroupName": "others" }),
            "DeleteGroup" => json!({ "GroupName": "ops" }),
            "AddUserToGroup" | "RemoveUserFromGroup" => json!({ "GroupName": "ops", "UserName": "spare" }),
            "CreateRole" => json!({ "RoleName": "another" }),
            "DeleteRole" => json!({ "RoleName": "deployer" }),
            "PutPolicy" => json!({ "PolicyName": "mine", "Text": "permit (principal, action, resource);" }),
            "ValidatePolicy" => json!({ "Text": "permit (principal, action, resource);" }),
            "DeletePolicy" => json!({ "PolicyName": "staging" }),
            "AttachPolicy" | "DetachPolicy" => {
                json!({ "PolicyName": "administrator", "Principal": "user/spare" })
            }
            "SimulateAccess" => json!({ "Principal": "user/spare", "Action": "ssm:SendCommand",
                "Resources": [format!("node/{node}")] }),
            "Arm" => json!({ "Environment": "prod", "Seconds": 60, "Reason": "because" }),
            "Disarm" => json!({ "Environment": "prod" }),
            "GetApproval" | "WithdrawApproval" => json!({ "ApprovalId": approval }),
            "DecideApproval" => json!({ "ApprovalId": approval, "Decision": "Approve" }),
            "GetAuditRecord" => json!({ "Seq": 1 }),
            "AssumeRole" => json!({ "RoleArn": "arn:aws:iam::000000000000:role/deployer",
                "RoleSessionName": "me" }),
            other => {
                of_commands(other, node, command).or_else(|| of_parameters(other)).unwrap_or_else(|| {
                    panic!("{other} has no request here: add one, so that it is tested like all others")
                })
            }
        }
    }

    /// What nobody but root may learn of.
    fn secrets(&self) -> [&str; 8] {
        let Self { node, command, activation, spare_key, approval, .. } = self;
        [node, command, activation, spare_key, approval, "/prod/db", PASSWORD, "prod-deploy"]
    }
}

/// The same for commands, and what is kept for them.
fn of_commands(operation: &str, node: &str, command: &str) -> Option<Value> {
    Some(match operation {
        "SendCommand" => send(node),
        "SendCommandToNodes" => json!({ "Nodes": [node], "Command": {
            "DocumentName": "AWS-RunShellScript", "Parameters": { "commands": ["true"] } } }),
        "ReadOutput" => json!({ "CommandId": command, "InstanceId": node }),
        "SearchOutput" => json!({ "CommandId": command, "Text": "x" }),
        "GetCommandInvocation" => json!({ "CommandId": command, "InstanceId": node }),
        "ListGroupMembers" => json!({ "CommandId": command, "Group": "0".repeat(32) }),
        "ListBucket" => json!({ "CommandId": command, "Bucket": "NotStarted" }),
        "DiffOutput" => json!({ "CommandId": command, "Left": "Majority", "Right": { "Node": node } }),
        "CancelCommand" => json!({ "CommandId": command }),
        "UpdateCommand" => json!({ "CommandId": command, "Paused": true }),
        "AbortCommand" => json!({ "CommandId": command }),
        "FindCommands" | "ListRunTemplates" | "ListResourceGroups" => json!({}),
        "PutRunTemplate" => {
            json!({ "Name": "mine", "Request": { "DocumentName": "AWS-RunShellScript" } })
        }
        "PutResourceGroup" => {
            json!({ "Name": "mine", "Targets": [{ "Key": "tag:env", "Values": ["prod"] }] })
        }
        "DeleteRunTemplate" | "DeleteResourceGroup" => json!({ "Name": "mine" }),
        _ => return None,
    })
}

/// The same for what is about parameters and their settings.
fn of_parameters(operation: &str) -> Option<Value> {
    Some(match operation {
        "PutParameter" => json!({ "Name": "/prod/db", "Value": "new", "Overwrite": true }),
        "GetParameter" | "GetParameterHistory" | "DeleteParameter" => json!({ "Name": "/prod/db" }),
        "GetParameters" | "DeleteParameters" => json!({ "Names": ["/prod/db"] }),
        "GetParametersByPath" => json!({ "Path": "/prod", "WithDecryption": true }),
        "DescribeParameters" => json!({}),
        "GetServiceSetting" | "ResetServiceSetting" => json!({ "SettingId": TIER_SETTING }),
        "UpdateServiceSetting" => json!({ "SettingId": TIER_SETTING, "SettingValue": "Advanced" }),
        "LabelParameterVersion" | "UnlabelParameterVersion" => {
            json!({ "Name": "/prod/db", "ParameterVersion": 1, "Labels": ["live"] })
        }
        "BrowseParameters" => json!({ "Path": "/" }),
        "FindParameters" => json!({ "Text": "db" }),
        "GetParameterBlame" => json!({ "Name": "/prod/db" }),
        "DiffParameters" => json!({ "Left": { "Path": "/prod" }, "Right": { "Path": "/prod/db" } }),
        "ExportParameters" => json!({ "Path": "/prod", "Format": "json", "Reveal": true }),
        "ImportParameters" => {
            json!({ "Path": "/prod", "Format": "json", "Content": "{\"db\": \"x\"}", "Overwrite": true })
        }
        "CopyParameters" => json!({ "From": "/prod", "To": "/else", "Recursive": true }),
        "RollBackParameter" => json!({ "Name": "/prod/db", "Version": 1 }),
        _ => return None,
    })
}

const TIER_SETTING: &str = pilothouse_api::settings::DEFAULT_PARAMETER_TIER;
const PASSWORD: &str = "correct horse";
const DOCUMENT: &str = r#"{"schemaVersion":"2.2","mainSteps":[{"action":"aws:runShellScript","name":"one",
    "inputs":{"runCommand":["echo {{ ssm:/prod/db }}"]}}]}"#;
const SSH_KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl spare@example";

fn send(node: &str) -> Value {
    json!({ "DocumentName": "AWS-RunShellScript", "InstanceIds": [node], "Parameters": { "commands": ["true"] } })
}

/// A node of production.
async fn enrol(house: &House, root: &Pen) -> String {
    let made = json!({ "IamRole": "any", "Tags": [{ "Key": "env", "Value": "prod" }] });
    let made = must(house, root, "AmazonSSM.CreateActivation", made).await;
    let enrol = EnrolNode {
        activation_id: made["ActivationId"].as_str().unwrap().parse().unwrap(),
        activation_code: made["ActivationCode"].as_str().unwrap().to_owned(),
        public_key: vec![7; 32],
        fingerprint: String::from("machine"),
        facts: Facts {
            computer_name: String::from("db-prod-01"),
            platform: Some(Platform::Linux),
            agent_version: String::from("0.1.0"),
            ..Facts::default()
        },
    };
    let call = Call::link(Caller::Candidate, "", "127.0.0.1");
    house.server.door().perform(&call, enrol).await.unwrap().instance_id.to_string()
}

/// As root, who may.
async fn must(house: &House, root: &Pen, target: &str, body: Value) -> Value {
    let answer = house.call(root, target, &body).await;
    assert_eq!(answer.status, 200, "{target}: {}", answer.body);
    answer.body
}

fn service(operation: &OperationInfo) -> &'static str {
    match operation.permission.split(':').next() {
        Some("sts") => "sts",
        Some("cloudtrail") => "cloudtrail",
        _ => "ssm",
    }
}

/// Operations that tell every caller about itself alone, or decide by who asked: see their module heads.
fn known() -> BTreeSet<&'static str> {
    fn note<O: Run>(found: &mut BTreeSet<&'static str>) {
        if O::GUARD == Guard::Known {
            found.insert(O::NAME);
        }
    }
    let mut found = BTreeSet::new();
    macro_rules! each {
        ($($request:path,)*) => { $(note::<$request>(&mut found);)* };
    }
    pilothouse_api::for_each_operation!(each);
    found
}

#[test]
fn few_operations_are_for_everybody_who_is_known() {
    let expected = [
        "DescribeServer",
        "GetApproval",
        "GetCallerAccess",
        "GetCallerIdentity",
        "ListApprovals",
        "ListArmings",
        "SimulateAccess",
        "WithdrawApproval",
    ];
    assert_eq!(known(), BTreeSet::from(expected));
    fn is_of_a_kind<O: Run>() -> Option<&'static str> {
        (O::GUARD == Guard::Kind).then_some(O::NAME)
    }
    macro_rules! each {
        ($($request:path,)*) => { [$(is_of_a_kind::<$request>()),*] };
    }
    let kinds = pilothouse_api::for_each_operation!(each);
    assert!(
        kinds.iter().all(Option::is_none),
        "an operator's operation is guarded as an internal one: {kinds:?}"
    );
}

#[tokio::test]
async fn without_a_true_signature_of_a_key_in_force_nothing_is_done() {
    let scene = Scene::set().await;
    let root = scene.house.root();
    for operation in OPERATIONS {
        let (request, target) = (scene.request(operation), operation.target);
        let pen = |pen: &Pen| Pen { service: service(operation), ..pen.clone() };
        let body = request.to_string();
        let unsigned = format!(
            "POST / HTTP/1.1\r\nhost: x\r\nx-amz-target: {target}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let unsigned = scene.house.raw(unsigned.as_bytes()).await;
        assert_eq!(unsigned.body["__type"], "MissingAuthenticationTokenException", "{target}");
        let forged = pen(&Pen { secret: "a guess of the secret".into(), ..root.clone() });
        let unknown = pen(&Pen { id: "PILOUNKNOWNUNKNOWN22".into(), ..root.clone() });
        for (who, pen, code) in [
            ("a forger", forged, "InvalidSignatureException"),
            ("an unknown key", unknown, "UnrecognizedClientException"),
            ("a disabled key", pen(&scene.disabled), "UnrecognizedClientException"),
        ] {
            let answer = scene.house.call(&pen, target, &request).await;
            assert_eq!(answer.body["__type"], code, "{target} by {who}: {}", answer.body);
            assert!((400..500).contains(&answer.status), "{target} by {who}");
        }
    }
}

#[tokio::test]
async fn without_a_policy_nothing_is_done_and_nothing_is_learned() {
    let scene = Scene::set().await;
    let known = known();
    for operation in OPERATIONS {
        let (request, target) = (scene.request(operation), operation.target);
        for (who, pen) in [("nobody", &scene.nobody), ("stranger", &scene.stranger)] {
            let pen = Pen { service: service(operation), ..pen.clone() };
            let answer = scene.house.call(&pen, target, &request).await;
            let text = answer.body.to_string();
            if answer.status != 200 {
                let is_denied = answer.body["__type"] == "AccessDeniedException";
                // Who asked for it is decided before anything is told of it.
                let is_unknown = known.contains(operation.name) && operation.name.contains("Approval");
                assert!(is_denied || is_unknown, "{target} by {who}: {text}");
                continue;
            }
            let is_listing = who == "stranger" && operation.access == Access::Read;
            assert!(known.contains(operation.name) || is_listing, "{target} by {who}: {text}");
            let told = scene.secrets().into_iter().find(|secret| text.contains(secret));
            let asked = request.to_string();
            let told = told.filter(|secret| !asked.contains(secret));
            assert_eq!(told, None, "{target} told {who}: {text}");
        }
    }
    unharmed(&scene).await;
    all_recorded(&scene).await;
}

/// Nothing of what was tried has happened.
async fn unharmed(scene: &Scene) {
    let root = scene.house.root();
    let users = must(&scene.house, &root, "Pilothouse.ListUsers", json!({})).await;
    let names: Vec<&str> =
        users["Users"].as_array().unwrap().iter().filter_map(|u| u["UserName"].as_str()).collect();
    assert_eq!(names, ["disabled", "nobody", "spare", "stranger"]);
    let tags = json!({ "ResourceType": "ManagedInstance", "ResourceId": scene.node });
    let tags = must(&scene.house, &root, "AmazonSSM.ListTagsForResource", tags).await;
    assert_eq!(tags["TagList"], json!([{ "Key": "env", "Value": "prod" }]));
    let commands = must(&scene.house, &root, "AmazonSSM.ListCommands", json!({})).await;
    assert_eq!(commands["Commands"].as_array().unwrap().len(), 1);
    let parameter = json!({ "Name": "/prod/db", "WithDecryption": true });
    let parameter = must(&scene.house, &root, "AmazonSSM.GetParameter", parameter).await;
    assert_eq!(parameter["Parameter"]["Value"], PASSWORD);
}

/// Every refusal stands in the trail, with who and on what.
async fn all_recorded(scene: &Scene) {
    let root = scene.house.root();
    scene.house.server.door().settled().await;
    let filter = json!({ "Filter": { "Who": "user/nobody", "Result": "AccessDenied" }, "MaxResults": 1000 });
    let trail = must(&scene.house, &root, "Pilothouse.ListAuditRecords", filter).await;
    let seen: BTreeSet<&str> =
        trail["Records"].as_array().unwrap().iter().filter_map(|it| it["operation"].as_str()).collect();
    let known = known();
    for operation in OPERATIONS.iter().filter(|operation| !known.contains(operation.name)) {
        assert!(seen.contains(operation.name), "no record of {} refused: {seen:?}", operation.name);
    }
}

#[tokio::test]
async fn nodes_and_candidates_call_no_operation_of_operators() {
    let scene = Scene::set().await;
    let node: InstanceId = scene.node.parse().unwrap();
    for operation in OPERATIONS {
        for caller in [Caller::Node(node.clone()), Caller::Candidate] {
            let call = Call::link(caller, "eu-north-1", "127.0.0.1");
            let mounted = operations::find(operation.target).unwrap();
            let body = scene.request(operation).to_string().into();
            let fault = mounted(scene.house.server.door().clone(), call, body).await.unwrap_err();
            assert_eq!(fault.code, "AccessDeniedException", "{}", operation.name);
        }
    }
}
