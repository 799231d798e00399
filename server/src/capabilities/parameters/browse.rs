//! BrowseParameters: one level of the tree, as it is or as it was, at a cost of the page.

use std::collections::BTreeMap;

use pilothouse_api::Fault;
use pilothouse_api::parameters::{
    BrowseParameters, BrowseParametersResult, BrowsedParameter, ParameterFolder,
};
use pilothouse_protocol::Millis;
use pilothouse_store::parameters::past::Was;
use pilothouse_store::parameters::{self, ParameterRecord, Stop};

use super::name;
use super::then::{Then, seen};
use crate::capabilities::page;
use crate::cx::{Cx, Sifter, store_fault};
use crate::door::{Guard, Run};

/// Folders and parameters on a page, if the caller does not say.
const PAGE: usize = 100;

impl Run for BrowseParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<BrowseParametersResult, Fault> {
        let path = name::check_path(&self.path)?;
        let limit = page::limit(self.max_results, PAGE);
        let after: String = page::cursor(self.next_token.as_deref())?.unwrap_or_default();
        let sifter = cx.sifter(cx.permission).await?;
        let then = Then::of(cx, self.at.map(|at| at.0));
        let mut look = Look { path, then, sifter, after, left: super::scan::MOST };
        let mut found = Vec::new();
        let is_whole = look.gather(cx, limit + 1, &mut found).await?;
        let (found, next_token) = if is_whole || found.len() > limit {
            page::cut(found, limit, |(stop, _)| stop.end())
        } else {
            (found, page::token(&look.after))
        };
        let mut result = told(cx, found, look.then.at()).await?;
        result.next_token = next_token;
        Ok(result)
    }
}

/// A look at a level that goes on.
struct Look {
    path: String,
    then: Then,
    sifter: Sifter,
    /// Up to where it was looked.
    after: String,
    /// How many more parameters are looked at.
    left: usize,
}

type Seen = (Stop, Option<Was>);

impl Look {
    /// What the caller may see of the level, up to `most`; `false` when so much was looked at that it ends early.
    async fn gather(&mut self, cx: &mut Cx<'_>, most: usize, found: &mut Vec<Seen>) -> Result<bool, Fault> {
        let region = cx.region().to_owned();
        loop {
            let wanted = most - found.len();
            let stops = parameters::level(cx.tx, &region, &self.path, self.then.at(), &self.after, wanted);
            let stops = stops.await.map_err(store_fault)?;
            let is_last = stops.len() < wanted;
            let firsts: Vec<&str> = stops.iter().map(first).collect();
            let mut known: BTreeMap<String, Was> = self
                .then
                .paths(cx, &firsts)
                .await?
                .into_iter()
                .map(|it| (it.path().to_owned(), it))
                .collect();
            for stop in stops {
                let first = known.remove(first(&stop));
                let Some(is_seen) = self.is_seen(cx, &stop, first.as_ref()).await? else { return Ok(false) };
                self.after = stop.end();
                if is_seen {
                    let is_folder = matches!(stop, Stop::Folder { .. });
                    found.push((stop, first.filter(|_| !is_folder)));
                }
            }
            if is_last || found.len() == most {
                return Ok(true);
            }
        }
    }

    /// Whether the caller may see what stands here, or something in it; nothing when enough was looked at.
    async fn is_seen(
        &mut self,
        cx: &mut Cx<'_>,
        stop: &Stop,
        it: Option<&Was>,
    ) -> Result<Option<bool>, Fault> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        if it.is_some_and(|it| self.sifter.shows(&seen(it))) {
            return Ok(Some(true));
        }
        match stop {
            Stop::Parameter { .. } => Ok(Some(false)),
            Stop::Folder { first, .. } => {
                self.after.clone_from(first);
                self.holds(cx, stop).await
            }
        }
    }

    /// Whether the caller may see anything in a folder beyond `after`; nothing when it was looked at enough.
    async fn holds(&mut self, cx: &mut Cx<'_>, folder: &Stop) -> Result<Option<bool>, Fault> {
        let below = folder.path().trim_end_matches('/');
        loop {
            let fetch = self.left.min(super::scan::FETCH);
            if fetch == 0 {
                return Ok(None);
            }
            let rows = self.then.below(cx, below, &self.after, fetch).await?;
            if rows.iter().any(|it| self.sifter.shows(&seen(it))) {
                return Ok(Some(true));
            }
            self.left -= rows.len();
            match rows.last() {
                Some(last) if rows.len() == fetch => last.path().clone_into(&mut self.after),
                _ => return Ok(Some(false)),
            }
        }
    }
}

/// The parameter that stands here, or the first one in it.
fn first(stop: &Stop) -> &str {
    match stop {
        Stop::Parameter { path } => path,
        Stop::Folder { first, .. } => first,
    }
}

async fn told(
    cx: &mut Cx<'_>,
    found: Vec<Seen>,
    at: Option<Millis>,
) -> Result<BrowseParametersResult, Fault> {
    let region = cx.region().to_owned();
    let paths: Vec<&str> = found.iter().filter(|(_, it)| it.is_some()).map(|(stop, _)| stop.path()).collect();
    // Where a label stood then is not kept.
    let paths = if at.is_none() { paths } else { Vec::new() };
    let mut labels = parameters::labels_of(cx.tx, &region, &paths).await.map_err(store_fault)?;
    let mut result = BrowseParametersResult::default();
    for (stop, it) in found {
        match it {
            None => {
                let path = stop.path().trim_end_matches('/').to_owned();
                let name = path.rsplit('/').next().unwrap_or_default().to_owned();
                result.folders.push(ParameterFolder { name, path });
            }
            Some(Was::Lost { name, .. }) => result.lost.push(name),
            Some(Was::Known(it)) => {
                let labels = labels.remove(&(it.newest.path.clone(), it.newest.version));
                result.parameters.push(browsed(*it, labels.unwrap_or_default()));
            }
        }
    }
    Ok(result)
}

fn browsed(it: ParameterRecord, labels: Vec<String>) -> BrowsedParameter {
    let newest = it.newest;
    BrowsedParameter {
        name: newest.name,
        r#type: newest.kind,
        version: newest.version,
        last_modified_date: newest.modified_at.into(),
        last_modified_user: newest.modified_by,
        tier: newest.tier,
        data_type: newest.data_type,
        labels,
        description: newest.description,
        key_id: newest.key_name,
    }
}
