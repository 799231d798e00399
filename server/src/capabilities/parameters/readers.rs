//! Who read a parameter, from the audit trail: what touched it, and what read so many at once that the trail does not name each.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::Fault;
use pilothouse_api::parameters::ParameterReader;
use pilothouse_protocol::Millis;
use pilothouse_store::audit::{self, Reading};
use pilothouse_store::parameters::VersionRecord;
use serde::Deserialize;

use super::rules::SECURE;
use crate::audit::MAX_RESOURCES;
use crate::cx::{Cx, store_fault};

/// What tells a value of a parameter that it touched.
const READS: [&str; 8] = [
    "GetParameter",
    "GetParameters",
    "GetParametersByPath",
    "GetParameterHistory",
    "ExportParameters",
    "DiffParameters",
    "SendCommand",
    "SendCommandToNodes",
];
/// What tells values of so many parameters at once that a record names only the first of them.
const BULK: [&str; 2] = ["ExportParameters", "DiffParameters"];
/// Of each of these so many records are looked through.
const BULK_LOOKED_THROUGH: usize = 500;
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
    path: Option<String>,
    left: Option<Box<Request>>,
    right: Option<Box<Request>>,
}

impl Request {
    /// Whether it is about everything below a path, and this is below it, or is it.
    fn covers(&self, path: &str) -> bool {
        let covers = |base: &String| {
            let base = base.trim_end_matches('/');
            path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let sides = [&self.left, &self.right];
        self.path.as_ref().is_some_and(covers) || sides.into_iter().flatten().any(|side| side.covers(path))
    }
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
        counted.insert(reading.seq);
        count(&mut readers, reading, it.kind == SECURE);
    }
    let mut since = since;
    for operation in BULK {
        let found =
            audit::readings_by(cx.tx, &it.region, operation, MAX_RESOURCES, since, BULK_LOOKED_THROUGH);
        let found = found.await.map_err(store_fault)?;
        if let Some(oldest) = found.last().filter(|_| found.len() == BULK_LOOKED_THROUGH) {
            since = since.max(oldest.at);
        }
        for reading in found {
            let covers = request_of(&reading).is_some_and(|request| request.covers(&it.path));
            if covers && counted.insert(reading.seq) {
                count(&mut readers, reading, it.kind == SECURE);
            }
        }
    }
    let mut readers: Vec<ParameterReader> = readers.into_values().collect();
    readers.sort_by(|a, b| (b.last, &a.who).cmp(&(a.last, &b.who)));
    Ok((readers, since))
}

fn request_of(it: &Reading) -> Option<Request> {
    serde_json::from_str::<Record>(&it.record).unwrap_or_default().request_parameters
}

fn count(readers: &mut BTreeMap<String, ParameterReader>, it: Reading, is_sealed: bool) {
    let request = request_of(&it);
    let is_opened =
        is_sealed && request.is_some_and(|it| it.with_decryption == Some(true) || it.reveal == Some(true));
    let reader = readers.entry(it.who).or_insert_with_key(|who| ParameterReader {
        who: who.clone(),
        last: it.at.into(),
        ..ParameterReader::default()
    });
    reader.last = reader.last.max(it.at.into());
    reader.times += 1;
    reader.opened += i64::from(is_opened);
}
