//! Named keys told as stories: who may put SecureStrings under them, and who is told what is under them.

use pilothouse_api::parameters::{
    DescribeParameters, GetParameter, GetParameterHistory, GetParametersByPath, ParameterStringFilter,
    PutParameter,
};
use pilothouse_store::secrets;

use crate::cx::Caller;
use crate::rig::Rig;

const PAYMENTS: &str = "alias/payments";

fn secure(name: &str, value: &str, key: Option<&str>) -> PutParameter {
    PutParameter {
        name: name.into(),
        value: value.into(),
        r#type: Some("SecureString".into()),
        key_id: key.map(str::to_owned),
        overwrite: Some(true),
        ..PutParameter::default()
    }
}

fn read(name: &str) -> GetParameter {
    GetParameter { name: name.into(), with_decryption: Some(true) }
}

async fn value(rig: &Rig, who: &Caller, name: &str) -> String {
    let read = rig.perform(who.clone(), read(name)).await;
    read.map_or_else(|fault| fault.code.into_owned(), |it| it.parameter.value)
}

fn filter(option: Option<&str>, value: &str) -> Vec<ParameterStringFilter> {
    let option = option.map(str::to_owned);
    vec![ParameterStringFilter { key: "KeyId".into(), option, values: vec![value.into()] }]
}

#[tokio::test]
async fn a_secure_string_is_under_the_key_that_it_names_and_stays_there() {
    let rig = Rig::new().await;
    let root = Caller::root("PILOTESTROOT");
    rig.root(secure("/own", "1", None)).await.unwrap();
    rig.root(secure("/pay", "2", Some("arn:aws:kms:eu-test-1:000000000000:alias/payments"))).await.unwrap();
    rig.root(secure("/pay", "3", None)).await.unwrap();
    let counts = secrets::key_ids(&mut rig.store.read().await.unwrap()).await.unwrap();
    assert_eq!((counts["alias/payments/test"], counts["test"] >= 1), (2, true));
    for (name, expected) in [("/own", "1"), ("/pay", "3"), ("/pay:1", "2")] {
        assert_eq!(value(&rig, &root, name).await, expected);
    }
    let history = GetParameterHistory { name: "/pay".into(), ..GetParameterHistory::default() };
    let keys: Vec<_> = rig.root(history).await.unwrap().parameters.into_iter().map(|it| it.key_id).collect();
    assert_eq!(keys, [Some(PAYMENTS.to_owned()), Some(PAYMENTS.to_owned())]);
    rig.root(secure("/pay", "4", Some("alias/aws/ssm"))).await.unwrap();
    for (parameter_filters, expected) in [
        (filter(None, "alias/aws/ssm"), vec!["/own", "/pay"]),
        (filter(Some("BeginsWith"), "alias/"), vec!["/own", "/pay"]),
        (filter(None, PAYMENTS), vec![]),
    ] {
        let describe =
            DescribeParameters { parameter_filters: parameter_filters.clone(), ..Default::default() };
        let found = rig.root(describe).await.unwrap().parameters;
        assert_eq!(found.iter().map(|it| it.name.as_str()).collect::<Vec<_>>(), expected);
        let below = GetParametersByPath { path: "/".into(), parameter_filters, ..Default::default() };
        assert_eq!(rig.root(below).await.unwrap().parameters.len(), expected.len());
    }
}

#[tokio::test]
async fn a_named_key_is_a_matter_of_its_own_to_policies() {
    let rig = Rig::new().await;
    rig.root(secure("/pay", "1", Some(PAYMENTS))).await.unwrap();
    rig.root(secure("/own", "2", None)).await.unwrap();
    let writes =
        r#"permit (principal == Pilothouse::User::"ann", action in Pilothouse::Action::"ssm", resource);"#;
    let ann = rig.user("ann", writes).await;
    rig.perform(ann.clone(), secure("/own", "3", None)).await.unwrap();
    let put = rig.perform(ann.clone(), secure("/pay", "9", None)).await.unwrap_err();
    assert_eq!(put.code, "AccessDeniedException");
    assert!(put.message.contains("kms:Encrypt"), "{}", put.message);
    assert_eq!(value(&rig, &ann, "/pay").await, "AccessDeniedException");
    let may = r#"permit (principal == Pilothouse::User::"ann", action in Pilothouse::Action::"kms", resource is Pilothouse::Parameter)
        when { resource has key && resource.key == "alias/payments" };"#;
    rig.policy("payments", may).await;
    rig.perform(ann.clone(), secure("/pay", "5", None)).await.unwrap();
    assert_eq!(value(&rig, &ann, "/pay").await, "5");
    assert_eq!(value(&rig, &ann, "/own").await, "AccessDeniedException", "that is under another key");
}
