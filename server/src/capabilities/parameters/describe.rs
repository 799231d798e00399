//! DescribeParameters.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{DescribeParameters, DescribeParametersResult, ParameterMetadata};
use pilothouse_store::parameters::ParameterRecord;
use pilothouse_store::parameters::policies::{PolicyRecord, of_newest};

use super::filters::{self, DESCRIBED};
use super::rules::ADVANCED;
use super::{arn, policies, scan};
use crate::capabilities::page;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Parameters on a page, if the caller does not say.
const PAGE: usize = 50;

impl Run for DescribeParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DescribeParametersResult, Fault> {
        if !self.filters.is_empty() && !self.parameter_filters.is_empty() {
            return Err(Fault::validation(
                "You can use either Filters or ParameterFilters in a single request.",
            ));
        }
        let wanted = if self.filters.is_empty() {
            filters::read(&self.parameter_filters, DESCRIBED)?
        } else {
            filters::read_old(self.filters)
        };
        if self.shared == Some(true) {
            // No account shares anything with this one; that is nobody's secret.
            cx.sifter(cx.permission).await?;
            return Ok(DescribeParametersResult::default());
        }
        let limit = page::limit(self.max_results, PAGE);
        let (found, next_token) = scan::page(cx, &wanted, self.next_token.as_deref(), limit).await?;
        let mut policies = policies_of(cx, &found).await?;
        let told = found.into_iter().map(|it| {
            let policies = policies.remove(&it.newest.path);
            metadata(cx, it, policies)
        });
        let parameters = told.collect();
        Ok(DescribeParametersResult { parameters, next_token })
    }
}

/// The policies of those that can have any, by path.
async fn policies_of(
    cx: &mut Cx<'_>,
    found: &[ParameterRecord],
) -> Result<BTreeMap<String, Vec<PolicyRecord>>, Fault> {
    let region = cx.region().to_owned();
    let advanced = found.iter().filter(|it| it.newest.tier == ADVANCED);
    let paths: Vec<&str> = advanced.map(|it| it.newest.path.as_str()).collect();
    of_newest(cx.tx, &region, &paths).await.map_err(store_fault)
}

fn metadata(cx: &Cx<'_>, it: ParameterRecord, policies: Option<Vec<PolicyRecord>>) -> ParameterMetadata {
    let newest = it.newest;
    ParameterMetadata {
        arn: arn(cx, &newest.path),
        name: newest.name,
        r#type: newest.kind,
        key_id: newest.key_name,
        last_modified_date: newest.modified_at.into(),
        last_modified_user: newest.modified_by,
        description: newest.description,
        allowed_pattern: newest.allowed_pattern,
        version: newest.version,
        tier: newest.tier,
        policies: policies::told(policies),
        data_type: newest.data_type,
    }
}
