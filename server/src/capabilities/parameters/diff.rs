//! DiffParameters: what differs between two versions, two paths, or one path at two times.

use std::collections::{BTreeMap, BTreeSet};

use pilothouse_api::Fault;
use pilothouse_api::parameters::{
    DECRYPT, DiffParameters, DiffParametersResult, DiffSide, DifferenceKind, ParameterDifference,
};
use pilothouse_store::parameters::{ParameterRecord, Value, VersionRecord};
use zeroize::Zeroizing;

use super::gather::{behind, below, gather};
use super::labels::version;
use super::then::Then;
use super::{name, named, resource, sealing};
use crate::cx::{Cx, Sifter};
use crate::door::{Guard, Run};

impl Run for DiffParameters {
    const GUARD: Guard = Guard::Resources;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DiffParametersResult, Fault> {
        let left = Side::of(cx, &self.left).await?;
        let right = Side::of(cx, &self.right).await?;
        let reveals = self.reveal == Some(true);
        if reveals {
            let both = left.found.values().chain(right.found.values());
            sealing::may_open(cx, both.map(|it| (&it.newest, resource(it)))).await?;
        }
        let same_base = left.base == right.base;
        // Whoever may not open what is sealed is not told, either, whether two of it are equal.
        let opener = cx.sifter(DECRYPT).await.ok();
        let mut compare = Compare { opener, reveals };
        let names: BTreeSet<&String> = left.found.keys().chain(right.found.keys()).collect();
        let mut differences = Vec::new();
        for name in names {
            let shown = if same_base { below(&left.base, name) } else { name.clone() };
            let pair = (left.found.get(name), right.found.get(name));
            if let Some(difference) = compare.pair(cx, shown, pair).await? {
                differences.push(difference);
            }
        }
        let lost: BTreeSet<String> = left.lost.into_iter().chain(right.lost).collect();
        Ok(DiffParametersResult { differences, lost: lost.into_iter().collect() })
    }
}

/// One side, by what stands behind its path.
struct Side {
    base: String,
    found: BTreeMap<String, ParameterRecord>,
    lost: Vec<String>,
}

impl Side {
    async fn of(cx: &mut Cx<'_>, side: &DiffSide) -> Result<Self, Fault> {
        if let Some(number) = side.version {
            if side.at.is_some() {
                return Err(Fault::validation("At and Version cannot both be said of one side."));
            }
            let it = named(cx, &side.path).await?;
            let base = it.newest.path.clone();
            let newest = version(cx, it.newest, number).await?;
            let found = BTreeMap::from([(String::new(), ParameterRecord { newest, tags: it.tags })]);
            return Ok(Self { base, found, lost: Vec::new() });
        }
        let base = name::check_path(&side.path)?;
        let then = Then::of(cx, side.at.map(|at| at.0));
        let gathered = gather(cx, &base, then, true, cx.permission).await?;
        let known = gathered.known.into_iter();
        let found = known.map(|it| (behind(&it.newest.path, &base).to_owned(), it)).collect();
        Ok(Self { base, found, lost: gathered.lost })
    }
}

struct Compare {
    /// What the caller may open; nothing when it may open nothing.
    opener: Option<Sifter>,
    reveals: bool,
}

impl Compare {
    async fn pair(
        &mut self,
        cx: &mut Cx<'_>,
        name: String,
        (left, right): (Option<&ParameterRecord>, Option<&ParameterRecord>),
    ) -> Result<Option<ParameterDifference>, Fault> {
        let (change, what) = match (left, right) {
            (Some(left), Some(right)) => {
                let mut what = members(&left.newest, &right.newest);
                if !self.is_same_value(cx, left, right).await? {
                    what.insert(0, "value".to_owned());
                }
                if what.is_empty() {
                    return Ok(None);
                }
                (DifferenceKind::Changed, what)
            }
            (Some(_), None) => (DifferenceKind::Removed, Vec::new()),
            (None, _) => (DifferenceKind::Added, Vec::new()),
        };
        let is_sealed = |it: Option<&ParameterRecord>| it.is_some_and(|it| sealed(&it.newest));
        Ok(Some(ParameterDifference {
            name,
            change,
            what,
            is_secure: is_sealed(left) || is_sealed(right),
            left_version: left.map(|it| it.newest.version),
            right_version: right.map(|it| it.newest.version),
            left: self.told(cx, left).await?,
            right: self.told(cx, right).await?,
        }))
    }

    async fn told(&self, cx: &mut Cx<'_>, it: Option<&ParameterRecord>) -> Result<Option<String>, Fault> {
        match it.filter(|it| self.reveals || !sealed(&it.newest)) {
            Some(it) => sealing::tell(cx, &it.newest, true).await.map(Some),
            None => Ok(None),
        }
    }

    /// Whether both hold the same, as far as the caller may learn it.
    async fn is_same_value(
        &mut self,
        cx: &mut Cx<'_>,
        left: &ParameterRecord,
        right: &ParameterRecord,
    ) -> Result<bool, Fault> {
        let (a, b) = (&left.newest, &right.newest);
        let is_one = (&a.path, a.version, a.modified_at) == (&b.path, b.version, b.modified_at);
        if is_one {
            return Ok(true);
        }
        for it in [left, right] {
            if sealed(&it.newest) && !self.opens(it) {
                return Ok(false);
            }
        }
        let (a, b) = (sealing::tell(cx, a, true).await?, sealing::tell(cx, b, true).await?);
        Ok(Zeroizing::new(a) == Zeroizing::new(b))
    }

    fn opens(&mut self, it: &ParameterRecord) -> bool {
        let seen = sealing::seen_with_key(&it.newest, resource(it));
        self.opener.as_mut().is_some_and(|opener| opener.shows(&seen))
    }
}

fn sealed(it: &VersionRecord) -> bool {
    matches!(it.value, Value::Sealed { .. })
}

/// What is another, but for the value.
fn members(a: &VersionRecord, b: &VersionRecord) -> Vec<String> {
    let all = [
        ("type", a.kind == b.kind),
        ("description", a.description == b.description),
        ("allowedPattern", a.allowed_pattern == b.allowed_pattern),
        ("dataType", a.data_type == b.data_type),
        ("tier", a.tier == b.tier),
        ("keyId", a.key_name == b.key_name),
    ];
    all.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name.to_owned()).collect()
}
