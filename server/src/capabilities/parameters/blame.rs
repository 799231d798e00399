//! GetParameterBlame: who made each version, from where, and who read it.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{DECRYPT, GetParameterBlame, GetParameterBlameResult, VersionBlame};
use pilothouse_store::parameters::{self, Value, VersionRecord};
use zeroize::Zeroizing;

use super::put::VERSIONS;
use super::{named, readers, resource, sealing};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for GetParameterBlame {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetParameterBlameResult, Fault> {
        let it = named(cx, &self.name).await?;
        let seen = resource(&it);
        let newest = it.newest;
        let mut opener = cx.sifter(DECRYPT).await.ok();
        let (region, path) = (newest.region.clone(), newest.path.clone());
        let most = usize::try_from(VERSIONS).unwrap_or(usize::MAX);
        let kept = parameters::versions(cx.tx, &region, &path, 0, most).await.map_err(store_fault)?;
        let mut labels: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for (label, version) in parameters::labels(cx.tx, &region, &path).await.map_err(store_fault)? {
            labels.entry(version).or_default().push(label);
        }
        let mut before: Option<Zeroizing<String>> = None;
        let mut versions = Vec::with_capacity(kept.len());
        for version in kept {
            // Whether it changed is told, never what it is; and not to who could find out by it what is sealed.
            let with_key = sealing::seen_with_key(&version, seen.clone());
            let is_open = matches!(version.value, Value::Plain(_))
                || opener.as_mut().is_some_and(|opener| opener.shows(&with_key));
            let value =
                if is_open { Some(Zeroizing::new(sealing::tell(cx, &version, true).await?)) } else { None };
            let value_changed = value.is_none() || before != value;
            before = value;
            let labels = labels.remove(&version.version).unwrap_or_default();
            versions.push(told(version, labels, value_changed));
        }
        versions.reverse();
        let created_at = parameters::created_at(cx.tx, &region, &path).await.map_err(store_fault)?;
        let (readers, since) = readers::of(cx, &newest, created_at.unwrap_or(newest.modified_at)).await?;
        let VersionRecord { name, kind, .. } = newest;
        Ok(GetParameterBlameResult { name, r#type: kind, versions, readers, since: since.into() })
    }
}

fn told(it: VersionRecord, labels: Vec<String>, value_changed: bool) -> VersionBlame {
    VersionBlame {
        version: it.version,
        at: it.modified_at.into(),
        by: it.modified_by,
        from: it.origin.source,
        user_agent: it.origin.user_agent,
        access_key_id: it.origin.access_key_id,
        labels,
        value_changed,
    }
}
