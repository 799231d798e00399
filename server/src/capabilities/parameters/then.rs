//! Parameters as they are, or as they were at a time: one way to read both.

use pilothouse_api::Fault;
use pilothouse_protocol::Millis;
use pilothouse_store::parameters::past::{self, Among, Was};
use pilothouse_store::parameters::{self, Seek, Within};

use super::resource;
use crate::access::Resource;
use crate::capabilities::resources;
use crate::cx::{Cx, store_fault};

/// Now, or a time before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Then(Option<Millis>);

impl Then {
    /// What was asked for: a time that has not come yet is now.
    pub(super) fn of(cx: &Cx<'_>, at: Option<Millis>) -> Self {
        Self(at.filter(|at| *at < cx.now))
    }

    /// The time, if it is not now.
    pub(super) fn at(self) -> Option<Millis> {
        self.0
    }

    /// Those of these paths that there are, in order of path.
    pub(super) async fn paths(self, cx: &mut Cx<'_>, paths: &[&str]) -> Result<Vec<Was>, Fault> {
        let region = cx.region().to_owned();
        match self.0 {
            Some(at) => past::at(cx.tx, &region, at, Among::Paths(paths)).await,
            None => parameters::get_many(cx.tx, &region, paths)
                .await
                .map(|found| found.into_iter().map(|it| Was::Known(Box::new(it))).collect()),
        }
        .map_err(store_fault)
    }

    /// Some of those below a path, after a place, in order of path.
    pub(super) async fn below(
        self,
        cx: &mut Cx<'_>,
        path: &str,
        after: &str,
        count: usize,
    ) -> Result<Vec<Was>, Fault> {
        let region = cx.region().to_owned();
        match self.0 {
            Some(at) => past::at(cx.tx, &region, at, Among::Below { path, after, count }).await,
            None => {
                let wanted = Seek { within: vec![Within::Below(path.to_owned())], ..Seek::default() };
                parameters::seek(cx.tx, &region, &wanted, after, count)
                    .await
                    .map(|found| found.into_iter().map(|it| Was::Known(Box::new(it))).collect())
            }
        }
        .map_err(store_fault)
    }
}

/// As policies see it: with the tags that it has, or had when it was deleted.
pub(super) fn seen(it: &Was) -> Resource {
    match it {
        Was::Known(it) => resource(it),
        Was::Lost { path, tags, .. } => resources::parameter(path, tags.clone()),
    }
}
