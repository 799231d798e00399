//! The history and templates in the cockpit: finding what was run, keeping it, running it again with a change.

use pilothouse_api::commands::SendCommand;
use pilothouse_api::runs::ListRunTemplates;
use pilothouse_tests::agent::Fleet;
use pilothouse_tests::cockpit::Cockpit;
use pilothouse_tests::home::home_with_profile;
use pilothouse_tests::server::{Server, shell};

fn send(cockpit: &mut Cockpit) {
    cockpit.press("r");
    cockpit.wait_for("Run on ");
    cockpit.press("y");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_kept_as_a_template_and_run_again_with_a_change() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 1).await;
    let home = home_with_profile(&server, &server.data_dir().join("credentials"));
    let mut cockpit = Cockpit::start(home.path(), &[], &[], 120, 40);
    cockpit.wait_for("1 node ");
    cockpit.wait_for("● online");
    cockpit.press("r");
    cockpit.wait_for("Script");
    cockpit.press("echo first of $AWS_SSM_INSTANCE_ID");
    cockpit.wait_for(" ] Esc r");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone(" ] Esc r");
    cockpit.press("w");
    cockpit.wait_for("keep as template");
    cockpit.press("say-first<Enter>");
    cockpit.wait_for("kept as the template say-first");
    let kept = server.call(ListRunTemplates {}).await.unwrap().templates;
    assert_eq!((kept.len(), kept[0].name.as_str()), (1, "say-first"));
    assert_eq!(kept[0].request.instance_ids, [fleet.ids()[0].to_string()]);

    cockpit.press(":commands<Enter>");
    cockpit.wait_for("Nothing was run yet");
    cockpit.press("t");
    cockpit.wait_for("Run from a template");
    cockpit.wait_for("never used");
    cockpit.press("say-first<Enter>");
    cockpit.wait_for("Run as say-first");
    cockpit.wait_for("echo first of");
    cockpit.wait_for("1 online");
    send(&mut cockpit);
    cockpit.wait_for(&format!("first of {}", fleet.ids()[0]));
    let used = server.call(ListRunTemplates {}).await.unwrap().templates;
    assert!(used[0].last_used.is_some());

    // From the history: the same with another script.
    cockpit.press(":commands<Enter>");
    cockpit.wait_for("1 command");
    cockpit.press("r");
    cockpit.wait_for("Send to 1 node");
    // Up from the button to the script.
    cockpit.press("kkkkkkki");
    cockpit.wait_for(" ] Esc r");
    cockpit.press("; echo changed");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone(" ] Esc r");
    send(&mut cockpit);
    cockpit.wait_until("both lines", |screen| {
        screen.contains("\n")
            && screen.contains(" changed")
            && screen.contains(&format!("first of {}", fleet.ids()[0]))
    });
    cockpit.press(":commands<Enter>");
    cockpit.wait_for("2 commands");

    cockpit.press("t");
    cockpit.wait_for("Run from a template");
    cockpit.press("<Esc>");
    cockpit.wait_until_gone("Run from a template");
    cockpit.press(":delete-template<Enter>");
    cockpit.wait_for("Delete a template");
    cockpit.press("say-first<Enter>");
    cockpit.wait_for("Delete the template say-first?");
    cockpit.press("y");
    cockpit.wait_for("the template say-first is deleted");
    assert!(server.call(ListRunTemplates {}).await.unwrap().templates.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_filtered_by_who_document_state_and_target_and_live_ones_come_on_top() {
    let server = Server::start().await;
    let fleet = Fleet::start(&server, 2).await;
    let ids = fleet.ids();
    let send = async |script: &str, node: usize| {
        let command = SendCommand { instance_ids: vec![ids[node].to_string()], ..shell(script) };
        server.send_as(command).await.unwrap()
    };
    let good = send("echo alpha", 0).await;
    let bad = send("echo beta; exit 3", 1).await;
    server.runs_when_over(&good).await;
    server.runs_when_over(&bad).await;
    let home = home_with_profile(&server, &server.data_dir().join("credentials"));
    let mut cockpit = Cockpit::start(home.path(), &["pilothouse:commands"], &[], 160, 40);
    cockpit.wait_for("2 commands");
    let shows = |cockpit: &mut Cockpit, filter: &str, there: &str, gone: &str| {
        cockpit.press(&format!("/{filter}<Enter>"));
        cockpit.wait_until(&format!("{filter} to hold"), |screen| {
            screen.contains(&format!("echo {there}")) && !screen.contains(&format!("echo {gone}"))
        });
        cockpit.press("<Esc>");
        cockpit.wait_for("echo alpha");
        cockpit.wait_for("echo beta");
    };
    shows(&mut cockpit, "state:failed", "beta", "alpha");
    shows(&mut cockpit, "who:root script:alpha", "alpha", "beta");
    shows(&mut cockpit, "document:shell !beta", "alpha", "beta");
    shows(&mut cockpit, &format!("target:{}", ids[1]), "beta", "alpha");
    let third = send("echo gamma", 0).await;
    cockpit.wait_for("echo gamma");
    server.runs_when_over(&third).await;
    cockpit.press("g");
    cockpit.press("g");
    cockpit.press("<Enter>");
    cockpit.wait_for("gamma");
}
