//! Looking for parameters: by place, name, and what is known of them.

use sqlx::AssertSqlSafe;

use super::{FROM, ParameterRecord, VERSION, memory, with_tags};
use crate::rows::{limit, placeholders};
use crate::{StoreError, Tx};

/// Which paths are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Within {
    /// The next level below: of `/a` it is `/a/b`, not `/a/b/c`.
    Level(String),
    /// Everything below.
    Below(String),
}

/// Which names are meant; all of them are paths, but the part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// This one.
    Is(String),
    /// Those that begin so.
    Begins(String),
    /// Those that hold this, in the same case.
    Holds(String),
}

/// What is looked for: what stands in one list is ORed, the lists are ANDed, an empty one holds of everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seek {
    /// Where.
    pub within: Vec<Within>,
    /// By name.
    pub names: Vec<Name>,
    /// By type.
    pub kinds: Vec<String>,
    /// By key, as its owner calls it.
    pub keys: Vec<String>,
    /// By the beginning of the key.
    pub key_begins: Vec<String>,
    /// By tier.
    pub tiers: Vec<String>,
    /// By data type.
    pub data_types: Vec<String>,
    /// By label.
    pub labels: Vec<String>,
    /// By tag; no value means any.
    pub tags: Vec<(String, TagValues)>,
}

/// Values of a tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagValues {
    /// One of these.
    Are(Vec<String>),
    /// Those that begin with one of these.
    Begin(Vec<String>),
}

/// A condition on its way, with the texts that are bound into it.
#[derive(Default)]
struct Condition {
    sql: String,
    binds: Vec<String>,
}

/// The first text that stands after everything that begins with `prefix`, which ends in ASCII.
pub(super) fn end_of(prefix: &str) -> String {
    let mut end = prefix.to_owned();
    let last = end.pop().unwrap_or('\0');
    end.push(char::from_u32(u32::from(last) + 1).unwrap_or(char::MAX));
    end
}

impl Condition {
    /// The place of a text that is bound; the first two are the region and where to go on.
    fn bind(&mut self, value: impl Into<String>) -> String {
        self.binds.push(value.into());
        format!("${}", self.binds.len() + 2)
    }

    fn any(&mut self, alternatives: &[String]) {
        if !alternatives.is_empty() {
            self.sql.push_str(&format!(" AND ({})", alternatives.join(" OR ")));
        }
    }

    fn one_of(&mut self, column: &str, values: &[String]) {
        if !values.is_empty() {
            let places: Vec<String> = values.iter().map(|value| self.bind(value)).collect();
            self.sql.push_str(&format!(" AND {column} IN ({})", places.join(", ")));
        }
    }

    fn begins(&mut self, column: &str, prefix: &str) -> String {
        let (from, to) = (self.bind(prefix), self.bind(end_of(prefix)));
        format!("({column} >= {from} AND {column} < {to})")
    }

    fn of(seek: &Seek) -> Self {
        let mut it = Self::default();
        let places = seek.within.iter().map(|within| match within {
            Within::Level(path) => format!("p.parent = {}", it.bind(path)),
            Within::Below(path) => it.begins("p.path", &format!("{}/", path.trim_end_matches('/'))),
        });
        let places: Vec<String> = places.collect();
        it.any(&places);
        let names = seek.names.iter().map(|name| match name {
            Name::Is(path) => format!("p.path = {}", it.bind(path)),
            Name::Begins(path) => it.begins("p.path", path),
            // Of both backends' ways to look into a text the one that they share, with nothing that has a meaning of its own.
            Name::Holds(part) => format!("REPLACE(p.path, {}, '') <> p.path", it.bind(part)),
        });
        let names: Vec<String> = names.collect();
        it.any(&names);
        it.one_of("v.kind", &seek.kinds);
        it.one_of("v.key_name", &seek.keys);
        it.begins_with("v.key_name", &seek.key_begins);
        it.one_of("p.tier", &seek.tiers);
        it.one_of("v.data_type", &seek.data_types);
        it.with_labels(&seek.labels);
        for (key, values) in &seek.tags {
            it.with_tag(key, values);
        }
        it
    }

    /// That a text, in whatever order it stands, begins with one of these.
    fn begins_with(&mut self, column: &str, beginnings: &[String]) {
        let alternatives: Vec<String> = beginnings
            .iter()
            .map(|it| {
                let (length, it) = (it.chars().count(), self.bind(it));
                format!("SUBSTR({column}, 1, {length}) = {it}")
            })
            .collect();
        self.any(&alternatives);
    }

    fn with_labels(&mut self, labels: &[String]) {
        if !labels.is_empty() {
            self.sql.push_str(
                " AND EXISTS (SELECT 1 FROM parameter_labels l WHERE l.region = p.region AND l.path = p.path",
            );
            self.one_of("l.label", labels);
            self.sql.push(')');
        }
    }

    fn with_tag(&mut self, key: &str, values: &TagValues) {
        let key = self.bind(key);
        // Found once, not looked up for each path: the two columns are indexed in orders that differ.
        self.sql.push_str(&format!(
            " AND p.path IN (SELECT t.resource_id FROM tags t WHERE t.region = $1 AND t.resource_type = 'Parameter' \
             AND t.name = {key}"
        ));
        match values {
            TagValues::Are(values) => self.one_of("t.value", values),
            TagValues::Begin(values) => self.begins_with("t.value", values),
        }
        self.sql.push(')');
    }
}

/// Parameters of a region in the order of their paths, after this one.
///
/// # Errors
/// When the store fails.
pub async fn seek(
    tx: &mut Tx,
    region: &str,
    wanted: &Seek,
    after: &str,
    count: usize,
) -> Result<Vec<ParameterRecord>, StoreError> {
    match memory::seek(tx, region, wanted, after, count) {
        Some(known) => Ok(known),
        None => find(tx, region, wanted, after, count).await,
    }
}

/// As [`seek`], in the database.
pub(super) async fn find(
    tx: &mut Tx,
    region: &str,
    wanted: &Seek,
    after: &str,
    count: usize,
) -> Result<Vec<ParameterRecord>, StoreError> {
    let Condition { sql, binds } = Condition::of(wanted);
    let last = placeholders(binds.len() + 3, 1);
    let sql = format!(
        "SELECT {VERSION} FROM {FROM} WHERE p.region = $1 AND p.path > $2 AND v.version = p.version{sql}
         ORDER BY p.path LIMIT {last}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(region).bind(after);
    for value in &binds {
        query = query.bind(value.as_str());
    }
    let rows = query.bind(limit(count)).fetch_all(tx.connection()).await?;
    with_tags(tx, region, &rows).await
}
