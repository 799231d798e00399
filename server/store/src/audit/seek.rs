//! What is sought in the trail: by one exact attribute, newest first, as CloudTrail looks; and by parts of texts, as people do.

use pilothouse_api::audit::AuditFilter;
use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;

use super::{AuditRow, COLUMNS, read};
use crate::rows::limit;
use crate::{StoreError, Tx};

/// Places that one reading by parts of texts looks at: however rare a match is, it is over in milliseconds.
pub const WINDOW: i64 = 20_000;

/// An exact condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attribute {
    /// The record's id.
    EventId(String),
    /// The operation.
    EventName(String),
    /// Whether it could only look.
    ReadOnly(bool),
    /// Who.
    Username(String),
    /// AWS's name of the type of something that was touched.
    ResourceType(String),
    /// The id of something that was touched.
    ResourceName(String),
    /// The service.
    EventSource(String),
    /// The key that signed.
    AccessKeyId(String),
}

/// What is sought by [`lookup`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sought {
    /// At most one condition.
    pub attribute: Option<Attribute>,
    /// Not before.
    pub from: Millis,
    /// Not after.
    pub to: Millis,
}

/// When, and on which side of the page before.
macro_rules! times {
    () => {
        " AND at >= $2 AND at <= $3 AND (at, seq) < ($4, $5)"
    };
}

/// By an index that begins with the region and this column.
macro_rules! by {
    ($condition:literal) => {
        concat!("region = $1 AND ", $condition, times!())
    };
}

/// By an index that does not begin with the region, which must then not be taken for one that does.
macro_rules! elsewhere {
    ($condition:literal) => {
        concat!($condition, " AND region || '' = $1", times!())
    };
}

/// The page is found in the index of what was touched, so that a name that stands in a million records is no slower.
macro_rules! touched {
    ($condition:literal) => {
        concat!(
            "seq IN (SELECT seq FROM (SELECT at, seq FROM audit_resources WHERE ",
            by!($condition),
            " GROUP BY at, seq ORDER BY at DESC, seq DESC LIMIT $6) AS page)"
        )
    };
}

/// The service that most of a trail is about: of its records there is no index by service.
const USUAL: &str = "ssm.amazonaws.com";

/// The condition on a record, and the value in it.
fn condition(attribute: Option<&Attribute>) -> (&'static str, &str) {
    match attribute {
        None => (elsewhere!("$7 = ''"), ""),
        Some(Attribute::EventId(id)) if time_of(id).is_some() => (elsewhere!("event_id = $7"), id),
        Some(Attribute::EventId(id)) => (elsewhere!("SUBSTR(event_id, 15, 1) <> '7' AND event_id = $7"), id),
        Some(Attribute::EventName(name)) => (by!("operation = $7"), name),
        Some(Attribute::ReadOnly(true)) => (elsewhere!("read_only = 1 AND $7 = ''"), ""),
        Some(Attribute::ReadOnly(false)) => (by!("read_only = 0 AND $7 = ''"), ""),
        Some(Attribute::Username(name)) => (by!("username = $7"), name),
        Some(Attribute::ResourceType(name)) => (touched!("type = $7"), name),
        Some(Attribute::ResourceName(name)) => (touched!("name = $7"), name),
        Some(Attribute::EventSource(source)) if source == USUAL => (elsewhere!("event_source = $7"), source),
        Some(Attribute::EventSource(source)) => {
            (by!("event_source <> 'ssm.amazonaws.com' AND event_source = $7"), source)
        }
        Some(Attribute::AccessKeyId(id)) => (by!("access_key_id = $7"), id),
    }
}

/// The time that an id of version 7 tells: that of its record.
fn time_of(id: &str) -> Option<Millis> {
    let (seconds, rest) = (id.get(..8)?, id.get(8..)?);
    let millis = rest.strip_prefix('-').filter(|rest| rest.get(4..6) == Some("-7"))?.get(..4)?;
    i64::from_str_radix(&format!("{seconds}{millis}"), 16).ok().map(Millis)
}

/// Records of a region, newest first, before a time and place.
///
/// # Errors
/// When the store fails.
pub async fn lookup(
    tx: &mut Tx,
    region: &str,
    sought: &Sought,
    before: Option<(Millis, i64)>,
    count: usize,
) -> Result<Vec<AuditRow>, StoreError> {
    let (at, seq) = before.unwrap_or((Millis(i64::MAX), i64::MAX));
    let (condition, value) = condition(sought.attribute.as_ref());
    let told = match &sought.attribute {
        Some(Attribute::EventId(id)) => time_of(id),
        _ => None,
    };
    let (from, to) = told.map_or((sought.from, sought.to), |at| (sought.from.max(at), sought.to.min(at)));
    let sql =
        format!("SELECT {COLUMNS} FROM audit_records WHERE {condition} ORDER BY at DESC, seq DESC LIMIT $6");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(from.0).bind(to.0);
    let query = query.bind(at.0).bind(seq).bind(limit(count)).bind(value);
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// Records of a region that match, newest first, among the [`WINDOW`] places before `before`.
///
/// # Errors
/// When the store fails.
pub async fn newest(
    tx: &mut Tx,
    region: &str,
    filter: &AuditFilter,
    before: i64,
    count: usize,
) -> Result<Vec<AuditRow>, StoreError> {
    matching(tx, region, filter, (before.saturating_sub(WINDOW), before), "DESC", count).await
}

/// Records of a region that match, oldest first, among the [`WINDOW`] places after `after`.
///
/// # Errors
/// When the store fails.
pub async fn since(
    tx: &mut Tx,
    region: &str,
    filter: &AuditFilter,
    after: i64,
    count: usize,
) -> Result<Vec<AuditRow>, StoreError> {
    let from = after.saturating_add(1);
    matching(tx, region, filter, (from, from.saturating_add(WINDOW)), "ASC", count).await
}

async fn matching(
    tx: &mut Tx,
    region: &str,
    filter: &AuditFilter,
    (from, end): (i64, i64),
    order: &str,
    count: usize,
) -> Result<Vec<AuditRow>, StoreError> {
    let (conditions, parts) = conditions(filter, 5);
    // By place, not by an index that begins with the region.
    let sql = format!(
        "SELECT {COLUMNS} FROM audit_records WHERE region || '' = $1 AND seq >= $2 AND seq < $3{conditions}
         ORDER BY seq {order} LIMIT $4"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(from).bind(end).bind(limit(count));
    for part in parts {
        query = query.bind(part);
    }
    query.fetch_all(tx.connection()).await?.iter().map(read).collect()
}

/// The filter's conditions, each with ` AND ` before it, and the values of their parameters from `$first` on.
fn conditions(filter: &AuditFilter, first: usize) -> (String, Vec<String>) {
    let (mut conditions, mut values) = (String::new(), Vec::new());
    let mut like = |columns: &[&str], part: &str| {
        let parameter = first + values.len();
        let any: Vec<_> = columns.iter().map(|it| format!("{it} LIKE ${parameter} ESCAPE '!'")).collect();
        values.push(pattern(part));
        format!(" AND ({})", any.join(" OR "))
    };
    let looked_through: [(&[&str], &str); 3] = [
        (&["sought_who"], &filter.who),
        (&["LOWER(operation)", "LOWER(permission)"], &filter.what),
        (&["sought_where"], &filter.r#where),
    ];
    for (columns, part) in looked_through.into_iter().filter(|(_, part)| !part.is_empty()) {
        conditions += &like(columns, part);
    }
    conditions += &match filter.result.to_lowercase().as_str() {
        "" => String::new(),
        "ok" => String::from(" AND outcome = 'ok'"),
        "refused" => String::from(" AND outcome <> 'ok'"),
        code => like(&["LOWER(outcome)"], code),
    };
    if filter.writes_only {
        conditions += " AND read_only = 0";
    }
    (conditions, values)
}

/// What LIKE takes for any text with this part in it; what it would take for more than itself is made plain.
fn pattern(part: &str) -> String {
    let plain = part.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{plain}%")
}
