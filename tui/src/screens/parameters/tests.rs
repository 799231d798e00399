//! What both rooms' stories are made of: a small tree as a server would tell it.

use std::collections::BTreeMap;

use pilothouse_api::documents::{ListParameterUsesResult, ParameterUse};
use pilothouse_api::parameters::{
    BrowseParametersResult, BrowsedParameter, DescribeParametersResult, FindParametersResult,
    GetParameterBlameResult, GetParameterResult, Parameter as Read, ParameterFolder, ParameterInlinePolicy,
    ParameterMetadata, ParameterReader, VersionBlame,
};
use pilothouse_api::protocol::Millis;
use pilothouse_api::tags::{ListTagsForResourceResult, Tag};
use pilothouse_api::timestamp::Timestamp;
use pilothouse_api::topics::{News, ParameterEvent, ParameterOperation, Topic};

use super::naming;
use crate::effect::{Effect, Effects, Reply, Request, Ticket};
use crate::mirror::Mirror;
use crate::screen::Screen;
use crate::screens::fixtures::{NOW, fleet};
use crate::screens::stage::Stage;

/// What is secret in these stories; it must never be where it was not asked for.
pub(super) const SECRET: &str = "hunter2-correct-horse";
const ANNA: &str = "arn:aws:iam::000000000000:user/anna";

fn ago(seconds: i64) -> Timestamp {
    Timestamp(Millis(NOW.0 - seconds * 1000))
}

/// A server that knows a few parameters, and answers what rooms ask.
pub(super) struct Store {
    pub(super) names: Vec<String>,
    pub(super) versions: BTreeMap<String, i64>,
}

impl Store {
    pub(super) fn new() -> Self {
        let names = [
            "/prod/db/password",
            "/prod/db/url",
            "/prod/feature-flags.json",
            "/staging/db/password",
            "/staging/db/url",
            "/staging/hosts",
            "motd",
        ];
        Self { names: names.map(str::to_owned).into(), versions: BTreeMap::new() }
    }

    fn kind(name: &str) -> &'static str {
        match naming::leaf(name) {
            "password" => "SecureString",
            "hosts" => "StringList",
            _ => "String",
        }
    }

    fn version(&self, name: &str) -> i64 {
        self.versions.get(name).copied().unwrap_or(3)
    }

    fn browsed(&self, name: &str) -> BrowsedParameter {
        BrowsedParameter {
            name: name.to_owned(),
            r#type: Self::kind(name).to_owned(),
            version: self.version(name),
            last_modified_date: ago(7_200),
            last_modified_user: ANNA.to_owned(),
            tier: "Standard".to_owned(),
            data_type: "text".to_owned(),
            labels: if name.ends_with("url") { vec!["live".to_owned()] } else { Vec::new() },
            description: name.ends_with("password").then(|| "what the application signs in with".to_owned()),
            key_id: name.ends_with("password").then(|| "alias/aws/ssm".to_owned()),
        }
    }

    fn metadata(&self, name: &str) -> ParameterMetadata {
        let it = self.browsed(name);
        let policies = if name == "/prod/db/password" {
            vec![ParameterInlinePolicy {
                policy_text: r#"{"Type":"Expiration","Version":"1.0","Attributes":{"Timestamp":"2026-12-24T00:00:00.000Z"}}"#.to_owned(),
                policy_type: "Expiration".to_owned(),
                policy_status: "Pending".to_owned(),
            }]
        } else {
            Vec::new()
        };
        ParameterMetadata {
            arn: format!("arn:aws:ssm:us-east-1:000000000000:parameter{}", naming::slashed(name)),
            name: it.name,
            r#type: it.r#type,
            key_id: it.key_id,
            last_modified_date: it.last_modified_date,
            last_modified_user: it.last_modified_user,
            description: it.description,
            allowed_pattern: None,
            version: it.version,
            tier: it.tier,
            policies,
            data_type: it.data_type,
        }
    }

    fn blame(&self, name: &str) -> GetParameterBlameResult {
        let newest = self.version(name);
        let version = |version: i64| VersionBlame {
            version,
            at: ago(7_200 + 86_400 * (newest - version)),
            by: if version % 2 == 0 { "arn:aws:iam::000000000000:root" } else { ANNA }.to_owned(),
            from: "10.0.0.7".to_owned(),
            user_agent: "aws-cli/2.17 md/evil\u{1b}[31m".to_owned(),
            access_key_id: "PILO0000000000000001".to_owned(),
            labels: if version == newest { vec!["live".to_owned()] } else { Vec::new() },
            value_changed: version != 2,
        };
        GetParameterBlameResult {
            name: name.to_owned(),
            r#type: Self::kind(name).to_owned(),
            versions: (1..=newest).rev().map(version).collect(),
            readers: vec![
                ParameterReader { who: "role/deploy".into(), last: ago(300), times: 12, opened: 11 },
                ParameterReader { who: "user/ben".into(), last: ago(86_400), times: 1, opened: 0 },
            ],
            since: ago(86_400 * 30),
        }
    }

    fn value(name: &str, version: i64, plain: bool) -> String {
        match Self::kind(name) {
            "SecureString" if plain => format!("{SECRET}-{version}"),
            "SecureString" => "c2VhbGVk".to_owned(),
            "StringList" => "web-1,web-2".to_owned(),
            _ if name.ends_with(".json") => format!("{{\n  \"dark\": true,\n  \"beta\": {version}\n}}"),
            _ => format!("postgres://db.internal:5432/app?v={version}"),
        }
    }

    fn browse(&self, path: &str) -> BrowseParametersResult {
        let mut result = BrowseParametersResult::default();
        for name in self.names.iter().filter(|name| naming::is_below(name, path)) {
            let full = naming::slashed(name);
            let rest = &full[path.trim_end_matches('/').len() + 1..];
            match rest.split_once('/') {
                None => result.parameters.push(self.browsed(name)),
                Some((folder, _)) => {
                    let path = naming::below(path, folder);
                    if result.folders.last().is_none_or(|last| last.path != path) {
                        result.folders.push(ParameterFolder { name: folder.to_owned(), path });
                    }
                }
            }
        }
        result
    }

    fn describe(
        &self,
        filters: &[pilothouse_api::parameters::ParameterStringFilter],
    ) -> DescribeParametersResult {
        let fits = |name: &&String| {
            filters.iter().all(|filter| {
                let value = filter.values.first().map_or("", String::as_str);
                match (filter.key.as_str(), filter.option.as_deref()) {
                    ("Name", Some("Equals")) => **name == value,
                    ("Name", _) => name.contains(value),
                    ("Path", _) => naming::is_below(name, value),
                    ("Type", _) => Self::kind(name) == value,
                    _ => true,
                }
            })
        };
        let parameters = self.names.iter().filter(fits).map(|name| self.metadata(name)).collect();
        DescribeParametersResult { parameters, next_token: None }
    }

    /// What a server answers to a question.
    pub(super) fn answer(&self, request: &Request) -> Option<Reply> {
        Some(match request {
            Request::BrowseParameters(it) => Reply::BrowseParameters(self.browse(&it.path)),
            Request::DescribeParameters(it) => {
                Reply::DescribeParameters(self.describe(&it.parameter_filters))
            }
            Request::GetParameterBlame(it) => Reply::GetParameterBlame(self.blame(&it.name)),
            Request::ListTagsForResource(it) => {
                let env = it.resource_id.split('/').nth(1).filter(|part| *part != "motd");
                let tag = |value: &str| Tag { key: "env".into(), value: value.into() };
                let tag_list = env.map(tag).into_iter().collect();
                Reply::ListTagsForResource(ListTagsForResourceResult { tag_list })
            }
            Request::ListParameterUses(_) => {
                let use_of = |version: &str, is_default| ParameterUse {
                    document: "Deploy-App".into(),
                    version: version.into(),
                    is_default,
                };
                Reply::ListParameterUses(ListParameterUsesResult {
                    uses: vec![use_of("2", true), use_of("1", false)],
                })
            }
            Request::FindParameters(it) => {
                let names = self.names.iter().filter(|name| name.contains(&it.text)).cloned().collect();
                Reply::FindParameters(FindParametersResult { names })
            }
            Request::GetParameter(it) => {
                let (name, version) = it.name.split_once(':').unwrap_or((&it.name, ""));
                let version = version.parse().unwrap_or_else(|_| self.version(name));
                let parameter = Read {
                    name: name.to_owned(),
                    r#type: Self::kind(name).to_owned(),
                    value: Self::value(name, version, it.with_decryption == Some(true)),
                    version,
                    ..Read::default()
                };
                Reply::GetParameter(GetParameterResult { parameter })
            }
            _ => return None,
        })
    }
}

/// The calls among effects.
pub(super) fn calls<M>(effects: &Effects<M>) -> Vec<(u32, Request)> {
    let call = |effect: &Effect<M>| match effect {
        Effect::Call(Ticket(ticket), request) => Some((*ticket, request.clone())),
        _ => None,
    };
    effects.iter().filter_map(call).collect()
}

/// Answers every question among the effects and those that come of it; what is left is returned.
pub(super) fn settle<S: Screen>(
    stage: &mut Stage<S>,
    store: &Store,
    effects: Effects<S::Msg>,
) -> Effects<S::Msg> {
    let (mut left, mut queue) = (Vec::new(), std::collections::VecDeque::from(effects));
    while let Some(effect) = queue.pop_front() {
        let answer = match &effect {
            Effect::Call(Ticket(ticket), request) => store.answer(request).map(|reply| (*ticket, reply)),
            _ => None,
        };
        match answer {
            Some((ticket, reply)) => queue.extend(stage.land(ticket, Ok(reply))),
            None => left.push(effect),
        }
    }
    left
}

/// The only call that is left.
pub(super) fn only<M: std::fmt::Debug>(effects: &Effects<M>) -> (u32, Request) {
    let calls = calls(effects);
    assert_eq!(calls.len(), 1, "{effects:?}");
    calls.into_iter().next().unwrap()
}

/// A mirror that is linked and follows parameters.
pub(super) fn mirror() -> Mirror {
    let mut mirror = fleet(0);
    mirror.opened(&Topic::parameters());
    tell(&mut mirror, Vec::new());
    mirror
}

pub(super) fn tell(mirror: &mut Mirror, events: Vec<ParameterEvent>) {
    let after = events.last().map_or(1, |event| event.revision);
    mirror.news(News::Parameters { events, reset: false }, &Topic::Parameters { after, under: 0 }, false);
}

pub(super) fn event(revision: i64, name: &str, operation: ParameterOperation) -> ParameterEvent {
    ParameterEvent {
        revision,
        at: Millis(NOW.0 - 1_000),
        name: name.to_owned(),
        operation,
        version: Some(4),
        r#type: "String".to_owned(),
        by: ANNA.to_owned(),
        detail: String::new(),
    }
}
