//! One level of the tree: what is directly on it and which levels are below, at a cost of the page and not of what is below.

use pilothouse_protocol::Millis;
use sqlx::AssertSqlSafe;

use super::seek::end_of;
use crate::rows::{limit, text};
use crate::{Backend, StoreError, Tx};

/// What stands on a level. In order of bytes by [`Stop::path`], a folder with a slash at its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A parameter.
    Parameter {
        /// Its path.
        path: String,
    },
    /// A level below.
    Folder {
        /// Its path with a slash at its end.
        path: String,
        /// The first parameter in it.
        first: String,
    },
}

impl Stop {
    /// Where it stands.
    #[must_use]
    pub fn path(&self) -> &str {
        let (Self::Parameter { path } | Self::Folder { path, .. }) = self;
        path
    }

    /// What comes after it comes after this, too, and nothing that is in it does.
    #[must_use]
    pub fn end(&self) -> String {
        match self {
            Self::Parameter { path } => path.clone(),
            // No level is called so, and none that is stands after it.
            Self::Folder { path, .. } => format!("{path}~"),
        }
    }

    pub(super) fn of(first: String, below: &str) -> Self {
        match first.get(below.len()..).and_then(|rest| rest.find('/')) {
            None => Self::Parameter { path: first },
            Some(slash) => Self::Folder { path: first[..=below.len() + slash].to_owned(), first },
        }
    }
}

/// What is walked through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ground {
    /// Parameters that are there.
    Present,
    /// Those of them that were there already.
    Already(Millis),
    /// Deleted ones that were there.
    Still(Millis),
}

impl Ground {
    /// Its table, and the condition on the time that is bound last, for a `p` of it.
    const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Present => ("parameters", " AND $6 = 0"),
            Self::Already(_) => ("parameters", " AND p.created_at <= $6"),
            Self::Still(_) => ("parameter_lives", " AND p.created_at <= $6 AND p.deleted_at > $6"),
        }
    }

    const fn time(self) -> i64 {
        match self {
            Self::Present => 0,
            Self::Already(at) | Self::Still(at) => at.0,
        }
    }
}

/// The level below `path`, which has no slash at its end but when it is the root, after this place. `at` is a time in the past.
///
/// # Errors
/// When the store fails.
pub async fn level(
    tx: &mut Tx,
    region: &str,
    path: &str,
    at: Option<Millis>,
    after: &str,
    count: usize,
) -> Result<Vec<Stop>, StoreError> {
    let below = format!("{}/", path.trim_end_matches('/'));
    let Some(at) = at else { return hop(tx, Ground::Present, region, &below, after, count).await };
    let mut stops = hop(tx, Ground::Already(at), region, &below, after, count).await?;
    stops.extend(hop(tx, Ground::Still(at), region, &below, after, count).await?);
    stops.sort_by(|a, b| (a.path(), first(a)).cmp(&(b.path(), first(b))));
    stops.dedup_by(|b, a| a.path() == b.path());
    stops.truncate(count);
    Ok(stops)
}

fn first(stop: &Stop) -> &str {
    match stop {
        Stop::Parameter { path } => path,
        Stop::Folder { first, .. } => first,
    }
}

/// From one place to the next in the index, over everything that is in the same folder.
async fn hop(
    tx: &mut Tx,
    ground: Ground,
    region: &str,
    below: &str,
    after: &str,
    count: usize,
) -> Result<Vec<Stop>, StoreError> {
    let find = match tx.backend() {
        Backend::Sqlite => "INSTR",
        Backend::Postgres => "STRPOS",
    };
    let (table, when) = ground.told();
    let next = |after: &str| {
        format!(
            "(SELECT MIN(p.path) FROM {table} p WHERE p.region = $1 AND p.path > {after} AND p.path < $3{when})"
        )
    };
    // Where a path goes on below the level is bound as $5.
    let slash = format!("{find}(SUBSTR(hop.path, CAST($5 AS INTEGER)), '/')");
    let end = format!(
        "CASE WHEN {slash} = 0 THEN hop.path ELSE SUBSTR(hop.path, 1, CAST($5 AS INTEGER) - 1 + {slash}) || '~' END"
    );
    let sql = format!(
        "WITH RECURSIVE hop (path, place) AS (
             SELECT {}, 1 UNION ALL SELECT {}, hop.place + 1 FROM hop WHERE hop.path IS NOT NULL AND hop.place < $4)
         SELECT path FROM hop WHERE path IS NOT NULL ORDER BY place",
        next("$2"),
        next(&end),
    );
    let from = if after > below { after } else { below };
    let query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(from).bind(end_of(below));
    let query = query.bind(limit(count)).bind(limit(below.len() + 1)).bind(ground.time());
    let rows = query.fetch_all(tx.connection()).await?;
    rows.iter().map(|row| Ok(Stop::of(text(row, "path")?, below))).collect()
}
