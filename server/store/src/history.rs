//! The history of commands, searched.

use pilothouse_api::commands::CommandState;
use pilothouse_protocol::{CommandId, InstanceId, Millis};
use sqlx::AssertSqlSafe;

use crate::commands::{CommandRecord, record};
use crate::rows::{limit, placeholders, to_json};
use crate::{Backend, StoreError, Tx};

/// Where a command was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentTo {
    /// To this node.
    Node(InstanceId),
    /// To a node in whose name this stands, in any case.
    NodeNamed(String),
    /// To targets of this tag, whatever its values.
    Tag(String),
}

/// Which commands to find; what is given must all hold.
#[derive(Clone, Debug, Default)]
pub struct HistoryQuery {
    /// Stands in who sent it, in any case.
    pub who: Option<String>,
    /// Stands in the document's name, in any case.
    pub document: Option<String>,
    /// Stands in comment, parameters or id, in any case.
    pub text: Option<String>,
    /// Where it was sent.
    pub sent_to: Option<SentTo>,
    /// In one of these states.
    pub states: Option<Vec<CommandState>>,
    /// Asked for after this.
    pub after_time: Option<Millis>,
    /// Asked for before this.
    pub before_time: Option<Millis>,
    /// Older than this one: where the page before ended.
    pub before: Option<(Millis, CommandId)>,
    /// Rows.
    pub limit: usize,
}

/// The pattern for what holds `part`, which is taken as it is.
fn holding(part: &str) -> String {
    let escaped = part.replace('!', "!!").replace('%', "!%").replace('_', "!_");
    format!("%{escaped}%")
}

/// In lower case as the database's LOWER makes it: SQLite knows only the letters of ASCII.
fn lower(text: &str, backend: Backend) -> String {
    match backend {
        Backend::Sqlite => text.to_ascii_lowercase(),
        Backend::Postgres => text.to_lowercase(),
    }
}

/// As a text stands in JSON, without its quotes.
fn in_json(text: &str) -> Result<String, StoreError> {
    let json = to_json(&text)?;
    Ok(json[1..json.len() - 1].to_owned())
}

/// Statement and values, grown together.
struct Conditions {
    sql: String,
    binds: Vec<String>,
    /// Placeholders before the first of `binds`.
    taken: usize,
}

impl Conditions {
    /// Adds a condition in which `?` stands for the value.
    fn and(&mut self, condition: &str, value: String) {
        self.binds.push(value);
        let place = format!("${}", self.taken + self.binds.len());
        self.sql.push_str(" AND ");
        self.sql.push_str(&condition.replace('?', &place));
    }
}

fn conditions(query: &HistoryQuery, backend: Backend, taken: usize) -> Result<Conditions, StoreError> {
    let mut all = Conditions { sql: String::new(), binds: Vec::new(), taken };
    if let Some(who) = &query.who {
        all.and("LOWER(requested_by) LIKE ? ESCAPE '!'", holding(&lower(who, backend)));
    }
    if let Some(document) = &query.document {
        all.and("LOWER(document_name) LIKE ? ESCAPE '!'", holding(&lower(document, backend)));
    }
    if let Some(text) = &query.text {
        let text = lower(text, backend);
        all.and(
            "(LOWER(comment) LIKE ? ESCAPE '!' OR command_id LIKE ? ESCAPE '!' OR parameters_hold)",
            holding(&text),
        );
        all.binds.push(holding(&in_json(&text)?));
        let place = format!("LOWER(parameters) LIKE ${} ESCAPE '!'", taken + all.binds.len());
        all.sql = all.sql.replace("parameters_hold", &place);
    }
    match &query.sent_to {
        None => {}
        Some(SentTo::Node(id)) => all.and(
            "command_id IN (SELECT command_id FROM invocations WHERE instance_id = ?)",
            id.as_str().to_owned(),
        ),
        Some(SentTo::NodeNamed(name)) => all.and(
            "EXISTS (SELECT 1 FROM invocations WHERE invocations.command_id = commands.command_id
                 AND LOWER(invocations.node_name) LIKE ? ESCAPE '!')",
            holding(&lower(name, backend)),
        ),
        Some(SentTo::Tag(key)) => {
            all.and("targets LIKE ? ESCAPE '!'", holding(&format!("\"tag:{}\"", in_json(key)?)));
        }
    }
    Ok(all)
}

/// Commands of a region, newest first.
///
/// # Errors
/// When the store fails.
pub async fn find(tx: &mut Tx, region: &str, query: &HistoryQuery) -> Result<Vec<CommandRecord>, StoreError> {
    const TAKEN: usize = 6;
    let Conditions { sql, binds, .. } = conditions(query, tx.backend(), TAKEN)?;
    let states: Vec<&str> = query.states.iter().flatten().map(|state| state.as_str()).collect();
    let in_states = match &query.states {
        None => String::new(),
        Some(states) if states.is_empty() => return Ok(Vec::new()),
        Some(states) => format!(" AND state IN ({})", placeholders(TAKEN + binds.len() + 1, states.len())),
    };
    let sql = format!(
        "SELECT * FROM commands WHERE region = $1 AND requested_at > $2 AND requested_at < $3
             AND (requested_at < $4 OR (requested_at = $4 AND command_id < $5)){sql}{in_states}
         ORDER BY requested_at DESC, command_id DESC LIMIT $6"
    );
    let (before, id) = query.before.as_ref().map_or((i64::MAX, ""), |(at, id)| (at.0, id.as_str()));
    let mut statement = sqlx::query(AssertSqlSafe(sql))
        .bind(region)
        .bind(query.after_time.map_or(i64::MIN, |at| at.0))
        .bind(query.before_time.map_or(i64::MAX, |at| at.0))
        .bind(before)
        .bind(id)
        .bind(limit(query.limit));
    for value in binds {
        statement = statement.bind(value);
    }
    for state in states {
        statement = statement.bind(state);
    }
    let rows = statement.fetch_all(tx.connection()).await?;
    rows.iter().map(record).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_looked_for_is_taken_as_it_is() {
        assert_eq!(holding("50%_!"), "%50!%!_!!%");
    }
}
