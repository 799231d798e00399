//! LookupEvents, as AWS CloudTrail answers it.

use pilothouse_api::audit::{Event, EventResource, LookupAttribute, LookupEvents, LookupEventsResult};
use pilothouse_api::{Fault, Timestamp};
use pilothouse_protocol::Millis;
use pilothouse_store::audit::{self, Attribute, AuditRow, Sought};

use crate::capabilities::{page, resources};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Events on a page, if the caller does not say.
const PAGE: usize = 50;

impl Run for LookupEvents {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<LookupEventsResult, Fault> {
        let sought = sought(&self)?;
        let before: Option<(i64, i64)> = page::cursor(self.next_token.as_deref()).map_err(|_| stale())?;
        cx.require(vec![resources::trail()]).await?;
        let Some(sought) = sought else { return Ok(LookupEventsResult::default()) };
        let region = cx.region().to_owned();
        let limit = page::limit(self.max_results, PAGE);
        let before = before.map(|(at, seq)| (Millis(at), seq));
        let rows = audit::lookup(cx.tx, &region, &sought, before, limit + 1).await.map_err(store_fault)?;
        let (rows, next_token) = page::cut(rows, limit, |row| (row.at.0, row.seq));
        Ok(LookupEventsResult { events: rows.into_iter().map(event).collect(), next_token })
    }
}

/// What is asked for; `None` when nothing can match.
fn sought(request: &LookupEvents) -> Result<Option<Sought>, Fault> {
    let from = request.start_time.map_or(Millis(i64::MIN), |time| time.0);
    let to = request.end_time.map_or(Millis(i64::MAX), |time| time.0);
    if from > to {
        let why = "The start time must be before the end time.";
        return Err(Fault::caller("InvalidTimeRangeException", why));
    }
    let attribute = match request.lookup_attributes.first() {
        None => None,
        Some(LookupAttribute { attribute_key, attribute_value }) => {
            let value = attribute_value.clone();
            Some(match attribute_key.as_str() {
                "EventId" => Attribute::EventId(value),
                "EventName" => Attribute::EventName(value),
                "ReadOnly" => match value.as_str() {
                    "true" => Attribute::ReadOnly(true),
                    "false" => Attribute::ReadOnly(false),
                    _ => return Ok(None),
                },
                "Username" => Attribute::Username(value),
                "ResourceType" => Attribute::ResourceType(value),
                "ResourceName" => Attribute::ResourceName(value),
                "EventSource" => Attribute::EventSource(value),
                "AccessKeyId" => Attribute::AccessKeyId(value),
                key => {
                    let why = format!("{key} is no attribute that events are looked up by.");
                    return Err(Fault::caller("InvalidLookupAttributesException", why));
                }
            })
        }
    };
    Ok(Some(Sought { attribute, from, to }))
}

fn stale() -> Fault {
    Fault::caller("InvalidNextTokenException", "The token is not one that an earlier page gave out.")
}

fn event(row: AuditRow) -> Event {
    let some = |text: String| Some(text).filter(|text| !text.is_empty());
    let resource = |touched: audit::Touched| EventResource {
        resource_type: touched.r#type,
        resource_name: touched.name,
    };
    Event {
        event_id: row.event_id,
        event_name: row.operation,
        read_only: row.read_only.to_string(),
        access_key_id: some(row.access_key_id),
        event_time: Timestamp(row.at),
        event_source: row.event_source,
        username: some(row.username),
        resources: row.resources.into_iter().map(resource).collect(),
        cloud_trail_event: row.record,
    }
}
