//! Policies of parameters, service settings and named keys, with the aws CLI and boto3.

use pilothouse_api::audit::{AuditFilter, ListAuditRecords};
use pilothouse_api::topics::{News, ParameterEvent, ParameterOperation as Op, Topic};
use pilothouse_client::{EventStream, StreamEvent};
use pilothouse_tests::boto::{boto3, has_boto3};
use pilothouse_tests::cli::{ok, refused};
use pilothouse_tests::server::{Server, has_aws};
use pilothouse_tests::wait;
use serde_json::{Value, json};

fn policy(kind: &str, attributes: Value) -> Value {
    json!({ "Type": kind, "Version": "1.0", "Attributes": attributes })
}

fn put(name: &str, policies: &Value) -> Vec<String> {
    let policies = policies.to_string();
    let arguments =
        ["put-parameter", "--type", "String", "--tier", "Advanced", "--value", "1", "--name", name];
    arguments.map(str::to_owned).into_iter().chain(["--policies".to_owned(), policies]).collect()
}

/// Follows what happens to parameters.
struct Follower {
    stream: EventStream,
    events: Vec<ParameterEvent>,
}

impl Follower {
    /// From now on: it is told where the log stands before this returns.
    async fn of(server: &Server) -> Self {
        let stream = EventStream::open(server.client());
        stream.follow(Topic::parameters());
        let mut follower = Self { stream, events: Vec::new() };
        follower.hear().await;
        follower
    }

    async fn hear(&mut self) {
        loop {
            let event = tokio::time::timeout(wait::PATIENCE, self.stream.next()).await;
            match event.unwrap().unwrap() {
                StreamEvent::News { news: News::Parameters { events, .. }, .. } => {
                    self.events.extend(events);
                    return;
                }
                StreamEvent::Refused { code, reason, .. } => panic!("{code}: {reason}"),
                StreamEvent::Broken { why } => panic!("{why}"),
                _ => {}
            }
        }
    }

    async fn until(&mut self, operation: Op) -> &ParameterEvent {
        while !self.events.iter().any(|it| it.operation == operation) {
            self.hear().await;
        }
        self.events.iter().find(|it| it.operation == operation).unwrap()
    }
}

/// An instant a few seconds from now, as policies write it.
fn soon() -> String {
    let mut date = pilothouse_tests::program::command(std::path::Path::new("date"));
    date.args(["-u", "-d", "+4 seconds", "+%Y-%m-%dT%H:%M:%SZ"]);
    String::from_utf8(pilothouse_tests::program::run(date).stdout).unwrap().trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_is_announced_expires_and_leaves_a_trace() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let mut follower = Follower::of(&server).await;
    let expiration = policy("Expiration", json!({ "Timestamp": soon() }));
    let announced = policy("ExpirationNotification", json!({ "Before": "1", "Unit": "Hours" }));
    let all = json!([expiration, announced]);
    let arguments = put("/short/lived", &all);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    assert_eq!(ok(&server, &arguments), json!({ "Version": 1, "Tier": "Advanced" }));
    let described = ok(&server, &["describe-parameters"]);
    let policies = described.pointer("/Parameters/0/Policies").unwrap();
    for (i, expected) in all.as_array().unwrap().iter().enumerate() {
        let text = policies[i]["PolicyText"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Value>(text).unwrap(), *expected);
        assert_eq!(policies[i]["PolicyType"], expected["Type"]);
    }
    let told = follower.until(Op::ExpirationNotification).await;
    assert_eq!((told.name.as_str(), told.version, told.by.as_str()), ("/short/lived", Some(1), "system"));
    follower.until(Op::Expiration).await;
    let gone = refused(&server, &["get-parameter", "--name", "/short/lived"]);
    assert!(gone.contains("(ParameterNotFound)"), "{gone}");
    let operations: Vec<Op> = follower.events.iter().map(|it| it.operation).collect();
    assert_eq!(operations, [Op::Create, Op::ExpirationNotification, Op::Expiration]);
    let filter = AuditFilter { who: "system".into(), ..AuditFilter::default() };
    let list = ListAuditRecords { filter, max_results: Some(100), ..ListAuditRecords::default() };
    let records = server.call(list).await.unwrap().records;
    let deeds: Vec<&str> = records.iter().map(|it| it.operation.as_str()).collect();
    assert_eq!(deeds, ["CarryOutParameterPolicy", "CarryOutParameterPolicy"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn policies_that_cannot_be_are_refused_in_awss_words() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let unchanged = policy("NoChangeNotification", json!({ "After": "20", "Unit": "Days" }));
    let expires = policy("Expiration", json!({ "Timestamp": "2199-12-02T21:34:33.000Z" }));
    for (policies, code) in [
        (json!(vec![unchanged.clone(); 11]), "(PoliciesLimitExceededException)"),
        (json!([policy("Rotation", json!({}))]), "(InvalidPolicyTypeException)"),
        (json!([policy("Expiration", json!({ "Timestamp": "soon" }))]), "(InvalidPolicyAttributeException)"),
        (json!([expires, expires]), "(IncompatiblePolicyException)"),
        (expires.clone(), "(ValidationException)"),
    ] {
        let arguments = put("/x", &policies);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let said = refused(&server, &arguments);
        assert!(said.contains(code), "{policies}: {said}");
    }
    let policies = json!([unchanged]).to_string();
    let standard =
        ["put-parameter", "--name", "/x", "--value", "1", "--type", "String", "--policies", &policies];
    assert!(refused(&server, &standard).contains("(ValidationException)"));
    let intelligent = [&standard[..], &["--tier", "Intelligent-Tiering"]].concat();
    assert_eq!(ok(&server, &intelligent)["Tier"], "Advanced");
    let over = ["put-parameter", "--name", "/x", "--value", "2", "--overwrite"];
    let policies =
        || ok(&server, &["describe-parameters"]).pointer("/Parameters/0/Policies").cloned().unwrap();
    ok(&server, &over);
    assert_eq!(policies().as_array().unwrap().len(), 1, "they are kept");
    ok(&server, &[&over[..], &["--policies", "[{}]"]].concat());
    assert_eq!(policies(), json!([]));
    let history = ok(&server, &["get-parameter-history", "--name", "/x"]);
    let counts: Vec<usize> = history["Parameters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["Policies"].as_array().map_or(0, Vec::len))
        .collect();
    assert_eq!(counts, [1, 1, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_default_tier_is_a_service_setting() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let id = "/ssm/parameter-store/default-parameter-tier";
    let get = || ok(&server, &["get-service-setting", "--setting-id", id])["ServiceSetting"].clone();
    let fresh = get();
    assert_eq!((&fresh["SettingValue"], &fresh["Status"]), (&json!("Standard"), &json!("Default")));
    let arn = fresh["ARN"].as_str().unwrap();
    assert_eq!(arn, format!("arn:aws:ssm:us-east-1:000000000000:servicesetting{id}"));
    let update = ["update-service-setting", "--setting-id", arn, "--setting-value", "Intelligent-Tiering"];
    ok(&server, &update);
    let set = get();
    assert_eq!((&set["SettingValue"], &set["Status"]), (&json!("Intelligent-Tiering"), &json!("Customized")));
    assert_eq!(set["LastModifiedUser"], "arn:aws:iam::000000000000:root");
    let large = "x".repeat(5000);
    let put = ["put-parameter", "--name", "/large", "--type", "String", "--value", &large];
    assert_eq!(ok(&server, &put)["Tier"], "Advanced");
    let reset = ok(&server, &["reset-service-setting", "--setting-id", id]);
    assert_eq!(reset["ServiceSetting"], fresh);
    let put = ["put-parameter", "--name", "/large2", "--type", "String", "--value", &large];
    assert!(refused(&server, &put).contains("(ValidationException)"));
    for absent in ["/ssm/parameter-store/high-throughput-enabled", "/ssm/none"] {
        let said = refused(&server, &["get-service-setting", "--setting-id", absent]);
        assert!(said.contains("(ServiceSettingNotFound)"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tier_that_is_full_takes_no_more_and_intelligent_tiering_goes_on_in_the_next_one() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let put = |name: &str, tier: &str| {
        let put = [
            "put-parameter",
            "--overwrite",
            "--type",
            "String",
            "--value",
            "1",
            "--name",
            name,
            "--tier",
            tier,
        ];
        let out = server.aws(&put);
        let said = if out.status.success() { out.stdout } else { out.stderr };
        String::from_utf8(said).unwrap()
    };
    assert!(put("/first", "Standard").contains("Standard"));
    server
        .sql("UPDATE parameter_counts SET count = 10000 WHERE region = 'us-east-1' AND tier = 'Standard'")
        .await;
    assert!(put("/second", "Standard").contains("(ParameterLimitExceeded)"));
    assert!(put("/first", "Standard").contains("Standard"), "what is there goes on");
    assert!(put("/first", "Intelligent-Tiering").contains("Standard"));
    assert!(put("/second", "Intelligent-Tiering").contains("Advanced"));
    server
        .sql("UPDATE parameter_counts SET count = 100000 WHERE region = 'us-east-1' AND tier = 'Advanced'")
        .await;
    assert!(put("/third", "Advanced").contains("(ParameterLimitExceeded)"));
    assert!(put("/third", "Intelligent-Tiering").contains("(ParameterLimitExceeded)"));
    assert!(put("/second", "Advanced").contains("Advanced"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secure_string_is_put_under_a_key_that_whoever_runs_the_server_made() {
    if !has_aws() {
        return;
    }
    let server = Server::start().await;
    let put = |name: &str, more: &[&str]| {
        let put = ["put-parameter", "--type", "SecureString", "--value", "hunter2", "--name", name];
        [&put[..], more].concat().iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()
    };
    let payments = ["--key-id", "alias/payments"];
    let arguments = put("/pay", &payments);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let said = refused(&server, &arguments);
    assert!(said.contains("(InvalidKeyId)") && said.contains("keys add"), "{said}");
    assert!(server.tool(&["keys", "add", "alias/payments"]).status.success());
    ok(&server, &arguments);
    ok(&server, &["put-parameter", "--type", "SecureString", "--value", "x", "--name", "/own"]);
    let read = || {
        let read = ok(&server, &["get-parameter", "--name", "/pay", "--with-decryption"]);
        read.pointer("/Parameter/Value").cloned().unwrap()
    };
    assert_eq!(read(), "hunter2");
    assert!(server.tool(&["keys", "rotate", "--key", "alias/payments"]).status.success());
    assert!(server.tool(&["keys", "rotate"]).status.success());
    assert_eq!(read(), "hunter2");
    let listed = String::from_utf8(server.tool(&["keys", "list"]).stdout).unwrap();
    assert!(listed.contains("1 secrets  active, alias/payments"), "{listed}");
    let names = |filter: &str| -> Vec<Value> {
        let found = ok(&server, &["describe-parameters", "--parameter-filters", filter]);
        found["Parameters"].as_array().unwrap().iter().map(|it| it["Name"].clone()).collect()
    };
    assert_eq!(names("Key=KeyId,Values=alias/payments"), ["/pay"]);
    assert_eq!(names("Key=KeyId,Option=BeginsWith,Values=alias/"), ["/own", "/pay"]);
}

/// What programs that use boto3 see: pages, errors as types of their own, and the edges of what can be put.
const PROGRAM: &str = r#"
E = ssm.exceptions
said = {}
for n in range(60):
    ssm.put_parameter(Name=f"/many/{n:02}", Value=str(n), Type="String", Tags=[{"Key": "n", "Value": str(n)}])
pages = list(ssm.get_paginator("describe_parameters").paginate(PaginationConfig={"PageSize": 25}))
said["pages"] = [len(page["Parameters"]) for page in pages]
below = ssm.get_paginator("get_parameters_by_path").paginate(Path="/many", PaginationConfig={"PageSize": 7})
said["below"] = sum(len(page["Parameters"]) for page in below)
for n in range(100):
    ssm.put_parameter(Name="/v", Value=str(n), Type="String", Overwrite=True)
ssm.label_parameter_version(Name="v", ParameterVersion=1, Labels=["first"])
history = ssm.get_paginator("get_parameter_history").paginate(Name="/v", PaginationConfig={"PageSize": 30})
versions = [it for page in history for it in page["Parameters"]]
said["history"] = [len(versions), versions[0]["Labels"], versions[-1]["Value"]]
def put(name="/new", value="1", **more):
    return refused(ssm.put_parameter, Name=name, Value=value, **({"Type": "String"} | more))
levels = "/l" * 16
said["refused"] = [
    put("/v", Overwrite=True),
    put(value="x" * 5000),
    put(value="x" * 9000, Tier="Advanced"),
    put(value="\u00e9" * 4000, Tier="Standard"),
    put(levels),
    put("/AWS/x"), put("awsx"), put("/sSm/x"),
    put("/new:1"), put("a/b"), put("/a b"),
    put(value="a\u0000b"), put(value="{{ssm:x}}"), put(value="***", DataType="binary"),
    put("v"), put("/v", Type="StringList", Overwrite=True),
    put(Type="SecureString", KeyId="alias/none"),
    put(Tier="Advanced", Policies=json.dumps([{"Type": "Expiration", "Version": "1.0", "Attributes": {}}])),
    refused(ssm.get_parameter, Name="/v:none"),
    refused(ssm.get_parameter, Name="/v:1:2"),
    refused(ssm.get_parameter, Name="/v w"),
    refused(ssm.get_parameter_history, Name="/none"),
    refused(ssm.get_service_setting, SettingId="/ssm/none"),
    refused(ssm.describe_parameters, ParameterFilters=[{"Key": "Label", "Values": ["x"]}]),
    refused(ssm.describe_parameters, ParameterFilters=[{"Key": "Name", "Option": "Ends", "Values": ["x"]}]),
    refused(ssm.describe_parameters, ParameterFilters=[{"Key": "Type", "Values": ["x"]}]),
    refused(ssm.describe_parameters, NextToken="x"),
]
try:
    ssm.put_parameter(Name="/p", Value="1", Type="String", Tier="Advanced", Policies="[" + ",".join(["{}"] * 11) + "]")
except E.PoliciesLimitExceededException as error:
    said["typed"] = True
arn = ssm.get_parameter(Name="v")["Parameter"]["ARN"]
one = ssm.get_parameter(Name=f"{arn}:first")["Parameter"]
said["selector"] = [one["Value"], one["Selector"], one["Name"], ssm.get_parameter(Name="/v:100")["Parameter"]["Value"]]
some = ssm.get_parameters(Names=["/v:first", "v", "v", "/none", "/v:none", "a b"])
said["several"] = [[it["Version"] for it in some["Parameters"]], some["InvalidParameters"]]
tagged = ssm.describe_parameters(ParameterFilters=[{"Key": "tag:n", "Option": "BeginsWith", "Values": ["5"]}])
said["tagged"] = len(tagged["Parameters"])
print(json.dumps(said))
"#;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_boto3_sees_pages_types_and_edges() {
    if !has_boto3() {
        return;
    }
    let server = Server::start().await;
    let said = boto3(&server, PROGRAM);
    assert_eq!(said["pages"], json!([25, 25, 10]));
    assert_eq!(said["below"], 60);
    assert_eq!(said["history"], json!([100, ["first"], "99"]));
    let refused: Vec<&str> = said["refused"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    let validation = "ValidationException";
    let expected = [
        "ParameterMaxVersionLimitExceeded",
        validation,
        validation,
        validation,
        "HierarchyLevelLimitExceededException",
        "AccessDeniedException",
        validation,
        validation,
        validation,
        validation,
        validation,
        validation,
        validation,
        validation,
        "ParameterAlreadyExists",
        "HierarchyTypeMismatchException",
        "InvalidKeyId",
        "InvalidPolicyAttributeException",
        "ParameterVersionNotFound",
        "ParameterNotFound",
        validation,
        "ParameterNotFound",
        "ServiceSettingNotFound",
        "InvalidFilterKey",
        "InvalidFilterOption",
        "InvalidFilterValue",
        "InvalidNextToken",
    ];
    assert_eq!(refused, expected);
    assert_eq!(said["typed"], true);
    assert_eq!(said["selector"], json!(["0", ":first", "/v", "99"]));
    assert_eq!(said["several"], json!([[1, 100], ["/none", "/v:none", "a b"]]));
    assert_eq!(said["tagged"], 11);
}
