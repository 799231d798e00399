//! Notifications: whom a command names is told what becomes of it, as AWS tells its topics.
//!
//! Source: User Guide, "Monitoring Systems Manager status changes using Amazon SNS notifications". A notification is written
//! into the outbox in the transaction that is its reason; each reason has one id, and is written once.

use jiff::Timestamp;
use pilothouse_api::Fault;
use pilothouse_api::commands::{NotificationConfig, SendCommand};
use pilothouse_protocol::Millis;
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::deliveries::{self, DeliveryRecord, Kind, State};
use pilothouse_store::invocations::InvocationRecord;
use serde_json::{Value, json};

use super::shape::Echo;
use crate::cx::{Cx, store_fault};
use crate::doorbell::Subject;

/// Coarse states that are events.
const EVENTS: [&str; 5] = ["InProgress", "Success", "TimedOut", "Cancelled", "Failed"];
/// Ids that a notification of a command names.
const NAMED: usize = 50;

/// Refuses a command that wants somebody notified whom the settings do not know.
pub(super) fn check(cx: &Cx<'_>, request: &SendCommand) -> Result<(), Fault> {
    let Some(config) = request.notification_config.as_ref().filter(|it| !it.notification_arn.is_empty())
    else {
        return Ok(());
    };
    let prefix = format!("arn:aws:sns:{}:{}:", cx.region(), cx.account_id);
    let refused = |why: String| Err(Fault::caller("InvalidNotificationConfig", why));
    let Some(name) = config.notification_arn.strip_prefix(&prefix) else {
        return refused(format!(
            "the topics of this account and region are {prefix}NAME, with the name of a webhook"
        ));
    };
    if cx.ports.webhooks.contains(name) {
        return Ok(());
    }
    refused(format!(
        "the server's settings have no webhook {name:?}: its administrator adds [webhooks.{name}]"
    ))
}

/// Who is to be told, and of what.
struct Wish {
    webhook: String,
    events: Vec<String>,
    of_runs: bool,
}

impl Wish {
    fn of(command: &CommandRecord) -> Option<Self> {
        // Most have none, and are not read for it.
        command.echo.get("notification")?.get("NotificationArn")?.as_str().filter(|arn| !arn.is_empty())?;
        let NotificationConfig { notification_arn, notification_events, notification_type } =
            Echo::stored(command).notification;
        let webhook = notification_arn.rsplit(':').next()?.to_owned();
        Some(Self { webhook, events: notification_events, of_runs: notification_type == "Invocation" })
    }

    fn wants(&self, status: &str) -> bool {
        EVENTS.contains(&status)
            && (self.events.is_empty() || self.events.iter().any(|it| it == status || it == "All"))
    }
}

/// Has those notified who want to know how a command stands, and how these runs of it do, if that is new.
pub(super) async fn notify(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
    runs: &[InvocationRecord],
) -> Result<(), Fault> {
    let Some(wish) = Wish::of(command) else { return Ok(()) };
    let due: Vec<DeliveryRecord> = if wish.of_runs {
        let of_it = runs.iter().filter(|run| run.command_id == command.command_id);
        of_it
            .filter(|run| wish.wants(run.state.status()))
            .map(|run| delivery(cx, command, &wish, run.state.status(), Some(run)))
            .collect()
    } else if wish.wants(command.state.status()) {
        vec![delivery(cx, command, &wish, command.state.status(), None)]
    } else {
        Vec::new()
    };
    if due.is_empty() {
        return Ok(());
    }
    deliveries::add(cx.tx, &due).await.map_err(store_fault)?;
    cx.ring_in(&command.region, Subject::Deliveries);
    Ok(())
}

fn delivery(
    cx: &Cx<'_>,
    command: &CommandRecord,
    wish: &Wish,
    status: &str,
    run: Option<&InvocationRecord>,
) -> DeliveryRecord {
    let instance_id = run.map(|run| run.instance_id.to_string()).unwrap_or_default();
    let id = &command.command_id;
    DeliveryRecord {
        delivery_id: match run {
            None => format!("{id}/{status}"),
            Some(run) => format!("{id}/{}/{status}", run.instance_id),
        },
        region: command.region.clone(),
        kind: Kind::Webhook,
        destination: wish.webhook.clone(),
        command_id: id.to_string(),
        payload: payload(command, status, run, cx.now),
        instance_id,
        state: State::Waiting,
        due_at: cx.now,
        attempts: 0,
        problem: String::new(),
        created_at: cx.now,
        ended_at: None,
    }
}

/// What is said, with AWS's members.
fn payload(command: &CommandRecord, status: &str, run: Option<&InvocationRecord>, now: Millis) -> Value {
    let instant =
        |at: Millis| Timestamp::from_millisecond(at.0).map(|t| format!("{t:.3}")).unwrap_or_default();
    let mut said = json!({
        "commandId": command.command_id.as_str(),
        "documentName": command.document_name,
        "requestedDateTime": instant(command.requested_at),
        "expiresAfter": instant(command.expires_at),
        "status": status,
        "eventTime": instant(now),
    });
    match run {
        Some(run) => {
            said["instanceId"] = json!(run.instance_id.as_str());
            said["detailedStatus"] = json!(run.state.as_str());
        }
        None => {
            said["instanceIds"] = json!(command.instance_ids.iter().take(NAMED).collect::<Vec<_>>());
            said["detailedStatus"] = json!(command.state.as_str());
            said["targetCount"] = json!(command.target_count);
        }
    }
    said
}
