//! Output in buckets: whether a command may want it there, that it is carried there when a run is over, and where it is then.

use pilothouse_api::Fault;
use pilothouse_api::commands::SendCommand;
use pilothouse_document::{Document, Format, Step};
use pilothouse_protocol::JobId;
use pilothouse_store::commands::CommandRecord;
use pilothouse_store::deliveries::{self, DeliveryRecord, Kind, State};
use pilothouse_store::invocations::InvocationRecord;

use super::shape::Echo;
use crate::cx::{Cx, store_fault};
use crate::doorbell::Subject;
use crate::internal::OutputToBucket;

/// Refuses a command that wants its output in a bucket, when the server knows of no place with buckets.
pub(super) fn check(cx: &Cx<'_>, request: &SendCommand) -> Result<(), Fault> {
    let bucket = request.output_s3_bucket_name.as_deref().unwrap_or_default();
    if bucket.is_empty() || cx.ports.buckets.is_some() {
        return Ok(());
    }
    Err(Fault::caller(
        "InvalidOutputFolder",
        format!(
            "output cannot be put into the bucket {bucket}: the server's administrator adds [s3] to its settings"
        ),
    ))
}

/// The bucket that a command wants its output in, and the keys there.
fn wanted(command: &CommandRecord) -> Option<(String, OutputToBucket)> {
    // Most want none, and are not read for it.
    command.echo.get("s3_bucket")?.as_str().filter(|bucket| !bucket.is_empty())?;
    let echo = Echo::stored(command);
    let document = Document::parse(&command.document, Format::Json).ok()?;
    let named = |step: &Step| (step.id.as_ref().unwrap_or(&step.name).clone(), step.action.clone());
    let steps = document.command_steps()?.iter().map(named).collect();
    Some((echo.s3_bucket, OutputToBucket { region: echo.s3_region, prefix: echo.s3_prefix, steps }))
}

/// Has the output of those of these runs that are over carried to the bucket that the command names, once.
pub(super) async fn deliver(
    cx: &mut Cx<'_>,
    command: &CommandRecord,
    runs: &[InvocationRecord],
) -> Result<(), Fault> {
    let over = |run: &&InvocationRecord| {
        run.command_id == command.command_id && run.state.is_terminal() && run.output_end > 0
    };
    let over: Vec<&InvocationRecord> = runs.iter().filter(over).collect();
    if over.is_empty() {
        return Ok(());
    }
    let Some((bucket, wanted)) = wanted(command) else { return Ok(()) };
    let payload = serde_json::to_value(wanted).map_err(Fault::internal)?;
    let delivery = |run: &&InvocationRecord| DeliveryRecord {
        delivery_id: format!("{}/{}/output", run.command_id, run.instance_id),
        region: command.region.clone(),
        kind: Kind::OutputToS3,
        destination: bucket.clone(),
        command_id: command.command_id.to_string(),
        instance_id: run.instance_id.to_string(),
        payload: payload.clone(),
        state: State::Waiting,
        due_at: cx.now,
        attempts: 0,
        problem: String::new(),
        created_at: cx.now,
        ended_at: None,
    };
    let due: Vec<DeliveryRecord> = over.iter().map(delivery).collect();
    deliveries::add(cx.tx, &due).await.map_err(store_fault)?;
    cx.ring_in(&command.region, Subject::Deliveries);
    Ok(())
}

/// Where the streams of a step are, or will be, of a command that wants them in a bucket.
pub(super) fn urls(
    cx: &Cx<'_>,
    command: &CommandRecord,
    job: &JobId,
    step: usize,
) -> Option<(String, String)> {
    let (bucket, wanted) = wanted(command)?;
    let address = cx.ports.buckets.as_ref()?;
    let url = |is_error| {
        let key = wanted.key(job, step, is_error)?;
        Some(address.url(wanted.region.as_deref(), &bucket, &key))
    };
    Some((url(false)?, url(true)?))
}
