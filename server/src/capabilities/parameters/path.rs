//! GetParametersByPath.

use pilothouse_api::Fault;
use pilothouse_api::parameters::{GetParametersByPath, GetParametersByPathResult};
use pilothouse_store::parameters::{self, ParameterRecord, VersionRecord, Within};

use super::filters::{self, BY_PATH};
use super::{get, name, resource, scan, sealing};
use crate::access::Resource;
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Parameters on a page, if the caller does not say; more there cannot be.
const PAGE: usize = 10;

impl Run for GetParametersByPath {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<GetParametersByPathResult, Fault> {
        let path = name::check_path(&self.path)?;
        let mut wanted = filters::read(&self.parameter_filters, BY_PATH)?;
        let is_deep = self.recursive == Some(true);
        wanted.within = vec![if is_deep { Within::Below(path) } else { Within::Level(path) }];
        let limit = page::limit(self.max_results, PAGE);
        let (found, next_token) = scan::page(cx, &wanted, self.next_token.as_deref(), limit).await?;
        // It was sifted already; this way it is known who read what.
        cx.require(found.iter().map(resource).collect()).await?;
        let versions = labelled(cx, found, &wanted.labels).await?;
        let opens = self.with_decryption == Some(true);
        if opens {
            sealing::may_open(cx, versions.iter().map(|(version, seen)| (version, seen.clone()))).await?;
        }
        let mut parameters = Vec::with_capacity(versions.len());
        for (version, _) in versions {
            parameters.push(get::told(cx, version, None, opens).await?);
        }
        Ok(GetParametersByPathResult { parameters, next_token })
    }
}

/// The newest versions, or those that one of `labels` stands on.
async fn labelled(
    cx: &mut Cx<'_>,
    found: Vec<ParameterRecord>,
    labels: &[String],
) -> Result<Vec<(VersionRecord, Resource)>, Fault> {
    if labels.is_empty() {
        return Ok(found.into_iter().map(|it| (resource(&it), it.newest)).map(|(a, b)| (b, a)).collect());
    }
    let region = cx.region().to_owned();
    let paths: Vec<&str> = found.iter().map(|it| it.newest.path.as_str()).collect();
    let numbers = parameters::versions_of_label(cx.tx, &region, labels, &paths).await.map_err(store_fault)?;
    let mut versions = Vec::with_capacity(found.len());
    for it in &found {
        let path = &it.newest.path;
        let Some(number) = numbers.get(path) else { continue };
        let version = parameters::get_version(cx.tx, &region, path, *number).await.map_err(store_fault)?;
        versions.extend(version.map(|version| (version, resource(it))));
    }
    Ok(versions)
}
