//! GetParameterHistory.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{GetParameterHistory, GetParameterHistoryResult, ParameterHistory};
use pilothouse_store::parameters::policies::of_versions;
use pilothouse_store::parameters::{self, VersionRecord};

use super::rules::ADVANCED;
use super::{named, policies, resource, sealing};
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Versions on a page, if the caller does not say.
const PAGE: usize = 50;

impl Run for GetParameterHistory {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetParameterHistoryResult, Fault> {
        let found = named(cx, &self.name).await?;
        let (region, path) = (&found.newest.region, &found.newest.path);
        let after: i64 = page::cursor(self.next_token.as_deref())?.unwrap_or(0);
        let limit = page::limit(self.max_results, PAGE);
        let versions =
            parameters::versions(cx.tx, region, path, after, limit + 1).await.map_err(store_fault)?;
        let (versions, next_token) = page::cut(versions, limit, |version| version.version);
        let mut labels: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        for (label, version) in parameters::labels(cx.tx, region, path).await.map_err(store_fault)? {
            labels.entry(version).or_default().push(label);
        }
        let opens = self.with_decryption == Some(true);
        if opens {
            sealing::may_open(cx, versions.iter().map(|version| (version, resource(&found)))).await?;
        }
        let numbers: Vec<i64> =
            versions.iter().filter(|it| it.tier == ADVANCED).map(|it| it.version).collect();
        let mut policies = of_versions(cx.tx, region, path, &numbers).await.map_err(store_fault)?;
        let mut parameters = Vec::with_capacity(versions.len());
        for version in versions {
            let labels = labels.remove(&version.version).unwrap_or_default();
            let policies = policies.remove(&version.version);
            let told = told(cx, version, labels, opens).await?;
            parameters.push(ParameterHistory { policies: policies::told(policies), ..told });
        }
        Ok(GetParameterHistoryResult { parameters, next_token })
    }
}

async fn told(
    cx: &mut Cx<'_>,
    it: VersionRecord,
    labels: Vec<String>,
    opens: bool,
) -> Result<ParameterHistory, Fault> {
    Ok(ParameterHistory {
        value: sealing::tell(cx, &it, opens).await?,
        name: it.name,
        r#type: it.kind,
        key_id: it.key_name,
        last_modified_date: it.modified_at.into(),
        last_modified_user: it.modified_by,
        description: it.description,
        allowed_pattern: it.allowed_pattern,
        version: it.version,
        labels,
        tier: it.tier,
        policies: Vec::new(),
        data_type: it.data_type,
    })
}
