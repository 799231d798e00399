//! Who called, as CloudTrail tells it.

use super::form::{Identity, Issuer, SessionContext};
use crate::access::{Operator, Snapshot, Who};
use crate::cx::Caller;

/// The server's own name as a service.
pub(super) const SYSTEM: &str = "pilothouse";

/// The identity of a caller. Its id is the one that `sts:GetCallerIdentity` tells; there is none of who was just deleted.
pub(super) fn identity<'a>(
    caller: &'a Caller,
    account: &'a str,
    region: &str,
    access: &Snapshot,
) -> Identity<'a> {
    match caller {
        Caller::Operator(operator) => signer(operator, account, access),
        // As AWS shows a machine that it manages: somebody in a role whose session is called like the machine.
        Caller::Node(id) => Identity {
            arn: Some(format!("arn:aws:ssm:{region}:{account}:managed-instance/{id}")),
            ..bare("AssumedRole", Some(id.to_string()), account)
        },
        Caller::Candidate => bare("Unknown", None, account),
        Caller::System => Identity { invoked_by: Some(SYSTEM), ..bare("AWSService", None, account) },
    }
}

fn signer<'a>(operator: &'a Operator, account: &'a str, access: &Snapshot) -> Identity<'a> {
    let id = access.id_of(&operator.who).map(str::to_owned);
    let identity = match &operator.who {
        Who::Root => bare("Root", Some(account.to_owned()), account),
        Who::User(name) => Identity { user_name: Some(name), ..bare("IAMUser", id, account) },
        Who::Session { role, session, person } => {
            let session_issuer = Issuer {
                r#type: "Role",
                principal_id: id.clone(),
                arn: format!("arn:aws:iam::{account}:role/{role}"),
                account_id: account,
                user_name: role,
            };
            let session_context = Some(SessionContext { session_issuer, source_identity: person });
            let id = id.map(|id| format!("{id}:{session}"));
            Identity { session_context, ..bare("AssumedRole", id, account) }
        }
    };
    Identity {
        arn: Some(operator.who.arn(account)),
        access_key_id: Some(&operator.access_key_id),
        ..identity
    }
}

fn bare<'a>(r#type: &'static str, principal_id: Option<String>, account: &'a str) -> Identity<'a> {
    Identity {
        r#type,
        principal_id,
        arn: None,
        account_id: account,
        access_key_id: None,
        user_name: None,
        session_context: None,
        invoked_by: None,
    }
}

/// The name by which CloudTrail looks a caller up, and the key that signed.
pub(super) fn named(caller: &Caller) -> (String, String) {
    match caller {
        Caller::Operator(operator) => {
            let name = match &operator.who {
                Who::Root => "root",
                Who::User(name) => name,
                Who::Session { session, .. } => session,
            };
            (name.to_owned(), operator.access_key_id.clone())
        }
        Caller::Node(id) => (id.to_string(), String::new()),
        Caller::Candidate => (String::from("candidate"), String::new()),
        Caller::System => (SYSTEM.to_owned(), String::new()),
    }
}
