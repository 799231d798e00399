//! CreateActivation, DescribeActivations, DeleteActivation.

use pilothouse_api::Fault;
use pilothouse_api::activations::{
    Activation, CreateActivation, CreateActivationResult, DeleteActivation, DeleteActivationResult,
    DescribeActivations, DescribeActivationsFilter, DescribeActivationsResult,
};
use pilothouse_api::tags::Tag;
use pilothouse_protocol::{ActivationId, Millis};
use pilothouse_store::activations::{self, ActivationRecord};

use super::code;
use crate::capabilities::tag_keys::check_keys;
use crate::capabilities::{page, resources};
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

/// Seconds that an activation is good for, if the caller does not say.
const LIFETIME: i64 = 24 * 3600;
/// The most seconds that it may be good for.
const MAX_LIFETIME: i64 = 30 * 24 * 3600;
/// Activations on a page, if the caller does not say.
const PAGE: usize = 50;
/// Rows read at a time, of which the caller may not see, or want, all.
const SCAN: usize = 1000;

impl Run for CreateActivation {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<CreateActivationResult, Fault> {
        let expires_at = self.expiration_date.map_or_else(|| cx.now.plus_seconds(LIFETIME), |at| at.0);
        if expires_at <= cx.now || expires_at > cx.now.plus_seconds(MAX_LIFETIME) {
            let message = "ExpirationDate must lie in the future and at most 30 days ahead";
            return Err(Fault::caller("InvalidParameters", message));
        }
        check_keys(self.tags.iter().map(|tag| tag.key.as_str()))?;
        let activation_code = code::draw(cx.dice);
        let activation_id = cx.dice.uuid();
        let record = ActivationRecord {
            region: cx.region().to_owned(),
            activation_id: activation_id.parse().map_err(Fault::internal)?,
            code_hash: code::hash(&activation_code),
            description: self.description,
            default_instance_name: self.default_instance_name,
            iam_role: self.iam_role,
            registration_limit: self.registration_limit.unwrap_or(1),
            registrations: 0,
            expires_at,
            created_at: cx.now,
            tags: self.tags.into_iter().map(|tag| (tag.key, tag.value)).collect(),
            created_by: cx.call.caller.to_string(),
        };
        let resource = resources::activation(&record);
        cx.require(vec![resource.clone()]).await?;
        cx.created(resource);
        activations::insert(cx.tx, &record).await.map_err(store_fault)?;
        Ok(CreateActivationResult { activation_id, activation_code })
    }
}

impl Run for DescribeActivations {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DescribeActivationsResult, Fault> {
        let limit = page::limit(self.max_results, PAGE);
        let mut after = page::cursor::<(Millis, ActivationId)>(self.next_token.as_deref())?;
        let region = cx.region().to_owned();
        let mut sifter = cx.sifter(cx.permission).await?;
        let mut is_wanted = |row: &ActivationRecord| {
            self.filters.iter().all(|filter| fits(row, filter)) && sifter.shows(&resources::activation(row))
        };
        let place = |row: &ActivationRecord| (row.created_at, row.activation_id.clone());
        let mut found = Vec::new();
        while found.len() <= limit {
            let rows = activations::list(cx.tx, &region, after, SCAN).await.map_err(store_fault)?;
            let is_last = rows.len() < SCAN;
            after = rows.last().map(place);
            found.extend(rows.into_iter().filter(|row| is_wanted(row)));
            if is_last {
                break;
            }
        }
        let (rows, next_token) = page::cut(found, limit, place);
        let now = cx.now;
        Ok(DescribeActivationsResult {
            activation_list: rows.into_iter().map(|row| shape(row, now)).collect(),
            next_token,
        })
    }
}

fn fits(row: &ActivationRecord, filter: &DescribeActivationsFilter) -> bool {
    let value = match filter.filter_key.as_deref() {
        Some("ActivationIds") => row.activation_id.as_str(),
        Some("DefaultInstanceName") => row.default_instance_name.as_deref().unwrap_or_default(),
        Some("IamRole") => row.iam_role.as_str(),
        _ => return true,
    };
    filter.filter_values.iter().any(|wanted| wanted == value)
}

fn shape(row: ActivationRecord, now: Millis) -> Activation {
    Activation {
        activation_id: row.activation_id.to_string(),
        description: row.description,
        default_instance_name: row.default_instance_name,
        iam_role: row.iam_role,
        registration_limit: row.registration_limit,
        registrations_count: row.registrations,
        expiration_date: row.expires_at.into(),
        expired: row.expires_at <= now,
        created_date: row.created_at.into(),
        tags: row.tags.into_iter().map(|(key, value)| Tag { key, value }).collect(),
    }
}

impl Run for DeleteActivation {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DeleteActivationResult, Fault> {
        let id: ActivationId = self.activation_id.parse().map_err(|_| {
            Fault::caller(
                "InvalidActivationId",
                format!("{:?} is not the id of an activation", self.activation_id),
            )
        })?;
        let region = cx.region().to_owned();
        let unknown =
            || Fault::caller("InvalidActivation", format!("there is no activation {id} in {region}"));
        let row = activations::find(cx.tx, &id).await.map_err(store_fault)?;
        let row = row.filter(|row| row.region == region).ok_or_else(unknown)?;
        cx.require(vec![resources::activation(&row)]).await?;
        if !activations::delete(cx.tx, &region, &id).await.map_err(store_fault)? {
            return Err(unknown());
        }
        Ok(DeleteActivationResult {})
    }
}
