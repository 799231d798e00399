//! Commands found again, and sent again.

use pilothouse_api::runs::{DeleteRunTemplate, FindCommands, ListRunTemplates, PutRunTemplate};

use super::*;

async fn found(rig: &Rig, what: FindCommands) -> Vec<String> {
    rig.root(what).await.unwrap().commands.into_iter().map(|it| it.comment).collect()
}

async fn send(rig: &Rig, caller: &Caller, comment: &str, request: SendCommand) {
    let request = SendCommand { comment: Some(comment.into()), ..request };
    rig.perform(caller.clone(), request).await.unwrap();
    rig.pass(10);
}

fn any() -> FindCommands {
    FindCommands::default()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn commands_are_found_by_who_what_where_and_how_they_ended() {
    let rig = Rig::new().await;
    let web = rig.node("web-1", &[("env", "prod")]).await;
    let db = rig.node("db-1", &[("env", "dev")]).await;
    let root = Caller::root("PILOTESTROOT");
    let ann = rig.user("ann", r#"permit (principal == Pilothouse::User::"ann", action, resource);"#).await;
    send(&rig, &root, "first", tagged("env", "prod")).await;
    send(
        &rig,
        &ann,
        "second",
        SendCommand { instance_ids: vec![db.to_string()], ..shell("echo \"100%_done\"") },
    )
    .await;
    send(&rig, &ann, "Third", tagged("env", "nowhere")).await;
    let find = async |what| found(&rig, what).await;
    assert_eq!(find(any()).await, ["Third", "second", "first"]);
    assert_eq!(find(FindCommands { who: some("USER/an"), ..any() }).await, ["Third", "second"]);
    assert_eq!(find(FindCommands { document: some("runshell"), ..any() }).await.len(), 3);
    assert_eq!(find(FindCommands { states: vec!["NoInstancesInTag".into()], ..any() }).await, ["Third"]);
    assert_eq!(find(FindCommands { states: vec!["Pending".into()], ..any() }).await, ["second", "first"]);
    assert_eq!(find(FindCommands { target: Some(web.to_string()), ..any() }).await, ["first"]);
    assert_eq!(find(FindCommands { target: some("DB-"), ..any() }).await, ["second"]);
    assert_eq!(find(FindCommands { target: some("tag:env=prod"), ..any() }).await, ["first"]);
    assert_eq!(find(FindCommands { target: some("tag:env=nowhere"), ..any() }).await, ["Third"]);
    assert_eq!(find(FindCommands { text: some("thir"), ..any() }).await, ["Third"]);
    assert_eq!(find(FindCommands { text: some("\"100%_d"), ..any() }).await, ["second"]);
    assert_eq!(find(FindCommands { text: some("100%x"), ..any() }).await, [""; 0]);
    let after = Some(Millis(1_700_000_005_000).into());
    assert_eq!(find(FindCommands { after, ..any() }).await, ["Third", "second"]);
    assert_eq!(find(FindCommands { before: after, ..any() }).await, ["first"]);
    assert_eq!(find(FindCommands { who: some("ann"), text: some("uptime"), ..any() }).await, ["Third"]);
    let wrong = FindCommands { states: vec!["Broken".into()], ..any() };
    assert_eq!(rig.root(wrong).await.unwrap_err().code, "ValidationException");
}

#[tokio::test]
async fn pages_of_the_history_leave_nothing_out_and_show_only_what_the_caller_may_see() {
    let rig = Rig::new().await;
    rig.node("web-1", &[("env", "prod")]).await;
    rig.node("web-2", &[("env", "staging")]).await;
    let root = Caller::root("PILOTESTROOT");
    for i in 0..30 {
        let env = if i % 10 == 0 { "staging" } else { "prod" };
        send(&rig, &root, &format!("{i:02}"), tagged("env", env)).await;
    }
    let may = r#"permit (principal == Pilothouse::User::"ann", action, resource is Pilothouse::Command)
        when { ["staging"].containsAll(resource.environments) };"#;
    let ann = rig.user("ann", may).await;
    for (caller, expected) in [(root, 30), (ann, 3)] {
        let (mut seen, mut token) = (Vec::new(), None);
        loop {
            let page = FindCommands { next_token: token, max_results: Some(4), ..any() };
            let page = rig.perform(caller.clone(), page).await.unwrap();
            assert!(page.commands.len() <= 4);
            seen.extend(page.commands.into_iter().map(|it| it.comment));
            token = page.next_token;
            if token.is_none() {
                break;
            }
        }
        assert_eq!(seen.len(), expected);
        assert!(seen.is_sorted_by(|a, b| a > b), "{seen:?}");
    }
}

#[tokio::test]
async fn a_template_is_kept_with_its_targets_and_tells_when_it_was_used() {
    let rig = Rig::new().await;
    rig.node("web-1", &[("env", "prod")]).await;
    let put = |request: SendCommand| PutRunTemplate {
        name: "restart-web".into(),
        description: "after a deploy".into(),
        request,
    };
    let made = rig.root(put(tagged("env", "prod"))).await.unwrap().template;
    assert_eq!((made.created_by.as_str(), made.last_used), ("root", None));
    rig.pass(60);
    let request = SendCommand { template: Some("restart-web".into()), ..made.request };
    rig.root(request.clone()).await.unwrap();
    let listed = rig.root(ListRunTemplates {}).await.unwrap().templates;
    assert_eq!(listed[0].last_used, Some(Millis(1_700_000_060_000).into()));
    assert_eq!(listed[0].request, tagged("env", "prod"));
    rig.root(put(shell("reboot"))).await.unwrap();
    let listed = rig.root(ListRunTemplates {}).await.unwrap().templates;
    assert!(listed.len() == 1 && listed[0].last_used.is_some() && listed[0].request.targets.is_empty());
    rig.root(DeleteRunTemplate { name: "restart-web".into() }).await.unwrap();
    rig.root(request).await.expect("a template that is gone keeps nobody from running");
    assert!(rig.root(ListRunTemplates {}).await.unwrap().templates.is_empty());
    let wrong = put(SendCommand { max_errors: Some("many".into()), ..shell("id") });
    assert_eq!(rig.root(wrong).await.unwrap_err().code, "ValidationException");
}
