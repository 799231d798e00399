//! The past: parameters that were deleted, and what the newest version of each was at a time.

use std::collections::BTreeMap;

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use super::{FROM, KIND, ParameterRecord, VERSION, VersionRecord, remove, seek, version, with_tags};
use crate::rows::{MAX_BINDS, int, json, limit, placeholders, text, to_json};
use crate::{StoreError, Tx};

/// Versions of deleted parameters with what is sealed of them.
const FROM_PAST: &str = "parameter_lives p JOIN parameter_past v ON v.region = p.region AND v.path = p.path AND v.life = p.life \
     LEFT JOIN parameter_past_secrets s ON v.value IS NULL \
     AND s.item = v.region || v.path || '#' || CAST(v.version AS TEXT) || '@' || CAST(v.life AS TEXT)";

/// Removes a parameter with its labels and tags, and keeps its versions for who asks for the past.
///
/// # Errors
/// When the store fails.
pub async fn end(tx: &mut Tx, newest: &VersionRecord, at: Millis, by: &str) -> Result<(), StoreError> {
    let (region, path) = (newest.region.as_str(), newest.path.as_str());
    let life = tx.revision(region).await?;
    let rows = sqlx::query(
        "SELECT name, value FROM tags WHERE region = $1 AND resource_type = $2 AND resource_id = $3",
    )
    .bind(region)
    .bind(KIND)
    .bind(path)
    .fetch_all(tx.connection())
    .await?;
    let tag = |row| Ok((text(row, "name")?, text(row, "value")?));
    let tags = rows.iter().map(tag).collect::<Result<BTreeMap<_, _>, StoreError>>()?;
    sqlx::query(
        "INSERT INTO parameter_lives (region, path, life, name, created_at, deleted_at, deleted_by, tags)
         SELECT region, path, $3, name, created_at, $4, $5, $6 FROM parameters WHERE region = $1 AND path = $2",
    )
    .bind(region)
    .bind(path)
    .bind(life)
    .bind(at.0)
    .bind(by)
    .bind(to_json(&tags)?)
    .execute(tx.connection())
    .await?;
    for statement in [
        "INSERT INTO parameter_past (region, path, life, version, kind, value, key_name, description, allowed_pattern, tier,
             data_type, modified_at, modified_by, source, user_agent, access_key_id)
         SELECT region, path, $3, version, kind, value, key_name, description, allowed_pattern, tier,
             data_type, modified_at, modified_by, source, user_agent, access_key_id
         FROM parameter_versions WHERE region = $1 AND path = $2",
        "INSERT INTO parameter_past_secrets (item, sealed, key_id)
         SELECT s.item || '@' || CAST($3 AS TEXT), s.sealed, s.key_id FROM parameter_secrets s WHERE s.item IN
             (SELECT region || path || '#' || CAST(version AS TEXT) FROM parameter_versions
              WHERE region = $1 AND path = $2 AND value IS NULL)",
    ] {
        sqlx::query(statement).bind(region).bind(path).bind(life).execute(tx.connection()).await?;
    }
    remove(tx, newest).await
}

/// Forgets parameters that were deleted before this time, some at once. How many it forgot.
///
/// # Errors
/// When the store fails.
pub async fn sweep(tx: &mut Tx, before: Millis, count: usize) -> Result<usize, StoreError> {
    let rows = sqlx::query(
        "SELECT region, path, life FROM parameter_lives WHERE deleted_at < $1 ORDER BY deleted_at LIMIT $2",
    )
    .bind(before.0)
    .bind(limit(count))
    .fetch_all(tx.connection())
    .await?;
    for row in &rows {
        let (region, path, life) = (text(row, "region")?, text(row, "path")?, int(row, "life")?);
        for statement in [
            "DELETE FROM parameter_past_secrets WHERE item IN
                 (SELECT region || path || '#' || CAST(version AS TEXT) || '@' || CAST(life AS TEXT) FROM parameter_past
                  WHERE region = $1 AND path = $2 AND life = $3 AND value IS NULL)",
            "DELETE FROM parameter_past WHERE region = $1 AND path = $2 AND life = $3",
            "DELETE FROM parameter_lives WHERE region = $1 AND path = $2 AND life = $3",
        ] {
            let query = sqlx::query(statement).bind(region.as_str()).bind(path.as_str()).bind(life);
            query.execute(tx.connection()).await?;
        }
    }
    Ok(rows.len())
}

/// A parameter that was there at a time, as it was then.
#[derive(Clone, Debug, PartialEq)]
pub enum Was {
    /// Its newest version of that time, with the tags that it has now, or had when it was deleted.
    Known(Box<ParameterRecord>),
    /// A parameter of this name and path whose version of that time is not kept any more; the tags likewise.
    Lost {
        /// As it was made.
        name: String,
        /// The name with a slash before it.
        path: String,
        /// Its tags.
        tags: BTreeMap<String, String>,
    },
}

impl Was {
    /// The name with a slash before it.
    #[must_use]
    pub fn path(&self) -> &str {
        match self {
            Self::Known(it) => &it.newest.path,
            Self::Lost { path, .. } => path,
        }
    }
}

/// Which parameters are looked at.
#[derive(Clone, Copy, Debug)]
pub enum Among<'a> {
    /// Those of these paths.
    Paths(&'a [&'a str]),
    /// Some of everything below a path, after a place.
    Below {
        /// Without a slash at its end, but for the root.
        path: &'a str,
        /// Where to go on.
        after: &'a str,
        /// How many.
        count: usize,
    },
}

impl Among<'_> {
    /// The condition on a `p`, from $3 on.
    fn condition(&self) -> String {
        match self {
            Self::Paths(paths) => format!("p.path IN ({})", placeholders(3, paths.len())),
            Self::Below { .. } => {
                String::from("p.path > $3 AND p.path > $4 AND p.path < $5 ORDER BY p.path LIMIT $6")
            }
        }
    }

    /// Reads the rows of a statement whose region and time are bound first.
    async fn rows(
        &self,
        tx: &mut Tx,
        sql: String,
        region: &str,
        at: Millis,
    ) -> Result<Vec<AnyRow>, StoreError> {
        let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(at.0);
        match self {
            Self::Paths(paths) => {
                for path in *paths {
                    query = query.bind(*path);
                }
            }
            Self::Below { path, after, count } => {
                let below = format!("{}/", path.trim_end_matches('/'));
                let end = seek::end_of(&below);
                query = query.bind(*after).bind(below).bind(end).bind(limit(*count));
            }
        }
        Ok(query.fetch_all(tx.connection()).await?)
    }
}

/// Parameters as they were at a time, in order of path.
///
/// # Errors
/// When the store fails.
pub async fn at(tx: &mut Tx, region: &str, at: Millis, among: Among<'_>) -> Result<Vec<Was>, StoreError> {
    let mut found: BTreeMap<String, Was> = BTreeMap::new();
    if let Among::Paths(paths) = among {
        for group in paths.chunks(MAX_BINDS - 2) {
            of(tx, region, at, Among::Paths(group), &mut found).await?;
        }
    } else {
        of(tx, region, at, among, &mut found).await?;
    }
    let mut found: Vec<Was> = found.into_values().collect();
    if let Among::Below { count, .. } = among {
        found.truncate(count);
    }
    Ok(found)
}

async fn of(
    tx: &mut Tx,
    region: &str,
    at: Millis,
    among: Among<'_>,
    found: &mut BTreeMap<String, Was>,
) -> Result<(), StoreError> {
    let condition = among.condition();
    let newest = |versions: &str, life: &str| {
        format!(
            "v.version = (SELECT MAX(x.version) FROM {versions} x WHERE x.region = p.region AND x.path = p.path{life}
             AND x.modified_at <= $2)"
        )
    };
    // Those that are still there: the ones whose version is not kept have a newest version, which is younger.
    let then = newest("parameter_versions", "");
    let lost = "NOT EXISTS (SELECT 1 FROM parameter_versions x WHERE x.region = p.region AND x.path = p.path
         AND x.modified_at <= $2) AND v.version = p.version";
    let there = format!(
        "SELECT {VERSION} FROM {FROM} WHERE p.region = $1 AND p.created_at <= $2 AND ({then} OR ({lost})) AND {condition}"
    );
    let rows = among.rows(tx, there, region, at).await?;
    for it in with_tags(tx, region, &rows).await? {
        found.insert(it.newest.path.clone(), known(it, at));
    }
    let then = newest("parameter_past", " AND x.life = p.life");
    let lost = "NOT EXISTS (SELECT 1 FROM parameter_past x WHERE x.region = p.region AND x.path = p.path AND x.life = p.life
         AND x.modified_at <= $2) AND v.version = (SELECT MAX(y.version) FROM parameter_past y
         WHERE y.region = p.region AND y.path = p.path AND y.life = p.life)";
    let gone = format!(
        "SELECT {VERSION}, p.tags FROM {FROM_PAST} WHERE p.region = $1 AND p.created_at <= $2 AND p.deleted_at > $2
         AND ({then} OR ({lost})) AND {condition}"
    );
    for row in among.rows(tx, gone, region, at).await? {
        let it = ParameterRecord { newest: version(&row)?, tags: json(&row, "tags")? };
        found.insert(it.newest.path.clone(), known(it, at));
    }
    Ok(())
}

fn known(it: ParameterRecord, at: Millis) -> Was {
    if it.newest.modified_at <= at {
        return Was::Known(Box::new(it));
    }
    Was::Lost { name: it.newest.name, path: it.newest.path, tags: it.tags }
}
