//! CopyParameters: what is below a path, elsewhere too, or instead; all of it or nothing.

use pilothouse_api::Fault;
use pilothouse_api::Operation as _;
use pilothouse_api::parameters::{
    ChangeKind, CopyParameters, DeleteParameter, GetParameter, ParameterChange, ParameterChanges,
    PutParameter,
};
use pilothouse_api::tags::Tag;
use pilothouse_store::parameters::{self, ParameterRecord};

use super::attempt::{Wanted, attempt};
use super::gather::{behind, below, gather};
use super::then::Then;
use super::{delete, name, not_found, policies, resource, sealing};
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};
use crate::door::{Guard, Run};

impl Run for CopyParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<ParameterChanges, Fault> {
        let (from, to) = (path(&self.from)?, path(&self.to)?);
        let is_deep = self.recursive == Some(true);
        let (is_try, moves) = (self.dry_run == Some(true), self.r#move == Some(true));
        if from == to || is_deep && to.starts_with(&below(&from, "x")[..below(&from, "x").len() - 1]) {
            return Err(Fault::validation(format!("{to} is where it is copied from, or below that")));
        }
        let region = cx.region().to_owned();
        cx.tx.revision(&region).await.map_err(store_fault)?;
        let sources = gather(cx, &from, Then::of(cx, None), is_deep, GetParameter::PERMISSION).await?.known;
        if sources.is_empty() {
            // What is not there is judged by its path, before it is told that it is not there.
            let seen = resources::parameter(&from, Default::default());
            cx.require_as(GetParameter::PERMISSION, vec![seen]).await?;
            return Err(not_found(&self.from));
        }
        sealing::may_open(cx, sources.iter().map(|it| (&it.newest, resource(it)))).await?;
        if moves && !is_try {
            cx.require_as(DeleteParameter::PERMISSION, sources.iter().map(resource).collect()).await?;
        }
        let target = |it: &ParameterRecord| below(&to, behind(&it.newest.path, &from));
        if !is_try {
            let seen = sources.iter().map(|it| resources::parameter(&target(it), it.tags.clone()));
            cx.require(seen.collect()).await?;
        }
        let mut wanted = Vec::with_capacity(sources.len());
        for it in &sources {
            wanted.push(one(cx, it, target(it)).await?);
        }
        let done = attempt(cx, wanted, is_try).await?;
        if moves && !is_try {
            for it in sources {
                delete::remove(cx, it).await?;
            }
        }
        Ok(done)
    }
}

/// A path, whether it was written with a slash before it or is a name at the root.
fn path(text: &str) -> Result<String, Fault> {
    let is_name = !text.contains('/');
    if is_name { name::check_path(&format!("/{text}")) } else { name::check_path(text) }
}

async fn one(cx: &mut Cx<'_>, it: &ParameterRecord, path: String) -> Result<Wanted, Fault> {
    let region = cx.region().to_owned();
    let is_there = parameters::get(cx.tx, &region, &path).await.map_err(store_fault)?.is_some();
    let newest = &it.newest;
    let tags = it.tags.iter().map(|(key, value)| Tag { key: key.clone(), value: value.clone() });
    let put = PutParameter {
        name: path.clone(),
        value: sealing::tell(cx, newest, true).await?,
        description: newest.description.clone(),
        r#type: Some(newest.kind.clone()),
        key_id: newest.key_name.clone(),
        overwrite: None,
        allowed_pattern: newest.allowed_pattern.clone(),
        tags: tags.collect(),
        tier: Some(newest.tier.clone()),
        policies: policies::text_of(cx, newest).await?,
        data_type: Some(newest.data_type.clone()),
    };
    let refused = is_there.then(|| Fault::caller("ParameterAlreadyExists", "The parameter already exists"));
    let change = ParameterChange {
        name: path,
        change: ChangeKind::Create,
        r#type: newest.kind.clone(),
        ..Default::default()
    };
    Ok(Wanted { put: Some(put), change, at: None, refused })
}
