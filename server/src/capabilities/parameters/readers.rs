//! Who read a parameter, from the audit trail: what touched it, and what read so many at once that the trail does not name each.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::Fault;
use pilothouse_api::parameters::ParameterReader;
use pilothouse_protocol::Millis;
use pilothouse_store::audit::{self, Reading};
use pilothouse_store::parameters::VersionRecord;
use serde::Deserialize;

use super::rules::SECURE;
use crate::cx::{Cx, store_fault};

/// What tells a value of a parameter that it touched.
const READS: [&str; 6] =
    ["GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory", "SendCommand", "SendCommandToNodes"];
/// Records of one parameter that are looked through.
const LOOKED_THROUGH: usize = 2000;

/// As much of a record as is looked at.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Record {
    request_parameters: Option<Request>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Request {
    with_decryption: Option<bool>,
    reveal: Option<bool>,
}

/// Readers of the parameter, who read last first, and since when these are all.
pub(super) async fn of(
    cx: &mut Cx<'_>,
    it: &VersionRecord,
    created_at: Millis,
) -> Result<(Vec<ParameterReader>, Millis), Fault> {
    let floor = audit::floor(cx.tx).await.map_err(store_fault)?;
    // What is older than retention is not there any more; what was before it was made is about another of its name.
    let kept_since = match floor.filter(|floor| floor.seq > 0) {
        Some(_) => audit::oldest(cx.tx, 1).await.map_err(store_fault)?.first().map(|(_, at, _)| *at),
        None => None,
    };
    let from = kept_since.map_or(created_at, |kept| kept.max(created_at));
    let found = audit::readings(cx.tx, &it.region, &it.path, &READS, from, LOOKED_THROUGH);
    let (found, since) = found.await.map_err(store_fault)?;
    let mut counted = BTreeSet::new();
    let mut readers: BTreeMap<String, ParameterReader> = BTreeMap::new();
    for reading in found.into_iter().filter(|reading| reading.at >= since) {
        if counted.insert(reading.seq) {
            count(&mut readers, reading, it.kind == SECURE);
        }
    }
    let mut readers: Vec<ParameterReader> = readers.into_values().collect();
    readers.sort_by(|a, b| (b.last, &a.who).cmp(&(a.last, &b.who)));
    Ok((readers, since))
}

fn count(readers: &mut BTreeMap<String, ParameterReader>, it: Reading, is_sealed: bool) {
    let request = serde_json::from_str::<Record>(&it.record).unwrap_or_default().request_parameters;
    let is_opened = is_sealed
        && request.is_some_and(|it| it.with_decryption == Some(true) || it.reveal == Some(true));
    let reader = readers.entry(it.who).or_insert_with_key(|who| ParameterReader {
        who: who.clone(),
        last: it.at.into(),
        ..ParameterReader::default()
    });
    reader.last = reader.last.max(it.at.into());
    reader.times += 1;
    reader.opened += i64::from(is_opened);
}
