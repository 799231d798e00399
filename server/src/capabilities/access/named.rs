//! A resource that is named, with the attributes that are stored of it. What is not there is judged by its name alone, as a thing
//! without tags: whether it is there is not this room's to tell.

use pilothouse_api::Fault;
use pilothouse_protocol::{ActivationId, CommandId, InstanceId};
use pilothouse_store::{activations, approvals, commands, documents, nodes, parameters};

use crate::access::{Kind, Resource};
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};

/// What documents that came with the server are called.
const BROUGHT: &str = "AWS-";

/// The resource that `KIND/ID` names.
///
/// # Errors
/// `ValidationException` when there is no such kind.
pub(super) async fn find(cx: &mut Cx<'_>, reference: &str) -> Result<Resource, Fault> {
    if reference == Kind::Account.word() {
        return Ok(Resource::account(cx.account_id));
    }
    let parts = reference.split_once('/').filter(|(_, id)| !id.is_empty());
    let found = parts.and_then(|(word, id)| {
        Some((Kind::ALL.into_iter().find(|kind| kind.word() == word && *kind != Kind::Account)?, id))
    });
    let (kind, id) = found.ok_or_else(|| {
        let words: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
        let shown: String = reference.chars().take(128).collect();
        Fault::validation(format!(
            "{shown:?} is no resource: write KIND/ID, with one of {}",
            words.join(", ")
        ))
    })?;
    let stored = match kind {
        Kind::Node => node(cx, id).await?,
        Kind::Command => command(cx, id).await?,
        Kind::Activation => activation(cx, id).await?,
        Kind::Approval => approval(cx, id).await?,
        Kind::Trail => Some(resources::trail()),
        Kind::Document => Some(document(cx, id).await?),
        Kind::Parameter => Some(parameter(cx, &format!("/{}", id.trim_start_matches('/'))).await?),
        _ => None,
    };
    Ok(stored.unwrap_or_else(|| bare(kind, id)))
}

async fn node(cx: &mut Cx<'_>, id: &str) -> Result<Option<Resource>, Fault> {
    let Ok(id) = id.parse::<InstanceId>() else { return Ok(None) };
    let region = cx.region().to_owned();
    let row = nodes::get(cx.tx, &region, &id).await.map_err(store_fault)?;
    Ok(row.filter(|row| !row.gone).map(|row| resources::node(&row)))
}

async fn command(cx: &mut Cx<'_>, id: &str) -> Result<Option<Resource>, Fault> {
    let Ok(id) = id.parse::<CommandId>() else { return Ok(None) };
    let region = cx.region().to_owned();
    let row = commands::get(cx.tx, &region, &id).await.map_err(store_fault)?;
    Ok(row.map(|row| resources::command(&row)))
}

async fn activation(cx: &mut Cx<'_>, id: &str) -> Result<Option<Resource>, Fault> {
    let Ok(id) = id.parse::<ActivationId>() else { return Ok(None) };
    let row = activations::find(cx.tx, &id).await.map_err(store_fault)?;
    Ok(row.filter(|row| row.region == cx.region()).map(|row| resources::activation(&row)))
}

async fn approval(cx: &mut Cx<'_>, id: &str) -> Result<Option<Resource>, Fault> {
    let row = approvals::get(cx.tx, id).await.map_err(store_fault)?;
    Ok(row.map(|row| resources::approval(&row)))
}

async fn document(cx: &mut Cx<'_>, name: &str) -> Result<Resource, Fault> {
    let region = cx.region().to_owned();
    let row = documents::get(cx.tx, &region, name).await.map_err(store_fault)?;
    let owner = if name.starts_with(BROUGHT) { resources::AMAZON } else { cx.account_id };
    Ok(row
        .map_or_else(|| resources::document(name, owner), |row| resources::own_document(&row, cx.account_id)))
}

async fn parameter(cx: &mut Cx<'_>, path: &str) -> Result<Resource, Fault> {
    let region = cx.region().to_owned();
    let row = parameters::get(cx.tx, &region, path).await.map_err(store_fault)?;
    Ok(resources::parameter(path, row.map(|row| row.tags).unwrap_or_default()))
}

/// What policies ask of every resource of its kind, as if nothing were known of it.
fn bare(kind: Kind, id: &str) -> Resource {
    let it = Resource::new(kind, id);
    match kind {
        Kind::Command => {
            it.with("document", "").with("requestedBy", "").with_set("environments", [String::new()].into())
        }
        Kind::Approval => {
            it.with("operation", "").with("requestedBy", "").with_set("environments", [String::new()].into())
        }
        Kind::Session => it.with("owner", ""),
        _ => it,
    }
}
