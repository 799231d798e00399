//! The call that comes of a sheet.

use pilothouse_api::parameters::PutParameter;
use pilothouse_api::protocol::Millis;

use super::policies::Policies;
use super::{Held, Kind, Sheet, What};

impl Sheet {
    /// A new parameter, or a new version: what was not changed is left as it is.
    pub(super) fn put(&self, now: Millis) -> PutParameter {
        let is_new = self.kind == Kind::New;
        let own = |what| Some(self.text(what).to_owned()).filter(|text| !text.is_empty());
        let other = |what| self.changed(what).then(|| self.text(what).to_owned());
        let changed = |what| if is_new { own(what) } else { other(what) };
        let policies = Policies {
            expires: self.text(What::Expires).to_owned(),
            notice: self.text(What::Notice).to_owned(),
            unchanged: self.text(What::Unchanged).to_owned(),
        };
        let has_policies = policies != Policies::default();
        let differ =
            [What::Expires, What::Notice, What::Unchanged].into_iter().any(|what| self.changed(what));
        PutParameter {
            name: self.name().to_owned(),
            value: self.code.text(),
            description: changed(What::Description),
            r#type: is_new.then(|| self.text(What::Type).to_owned()),
            key_id: own(What::Key).filter(|_| self.is_secret() && (is_new || self.changed(What::Key))),
            overwrite: (!is_new).then_some(true),
            allowed_pattern: changed(What::Pattern),
            tags: if is_new { self.tags().unwrap_or_default() } else { Vec::new() },
            tier: self.tier(),
            policies: (if is_new { has_policies } else { differ }).then(|| policies.written(now)),
            data_type: (is_new || self.changed(What::Data)).then(|| self.text(What::Data).to_owned()),
        }
    }

    fn tier(&self) -> Option<String> {
        let field = self.fields.iter().find(|field| field.what == What::Tier)?;
        match &field.held {
            Held::One(options, at) if *at > 0 => options.get(*at).map(|tier| (*tier).to_owned()),
            _ => None,
        }
    }

    fn changed(&self, what: What) -> bool {
        let at = self.fields.iter().position(|field| field.what == what);
        at.is_some_and(|at| self.begun.1.get(at) != Some(&self.fields[at].held))
    }
}
