//! Pilothouse, on SQLite and on PostgreSQL: everything that a real caller has, a policy that names a path included.

use pilothouse_api::access::{AttachPolicy, CreateAccessKey, CreateUser, PutPolicy};
use pilothouse_client::Credentials;
use pilothouse_tests::postgres;
use serde_json::json;

use super::{Contender, Keep, Requests, SAMPLES, name, sample};
use crate::figure::tell;
use crate::load::{flood, host, signed};
use crate::stand::Server;

const POLICY: &str = r#"
@reason("what is measured")
permit (
    principal in ?principal,
    action in [Pilothouse::Action::"read", Pilothouse::Action::"kms:Decrypt", Pilothouse::Action::"ssm:PutParameter"],
    resource is Pilothouse::Parameter
) when { resource.path like "/bench/*" };
"#;

/// On SQLite, as it is installed.
pub async fn sqlite(parameters: usize) -> anyhow::Result<Contender> {
    ours("pilothouse, SQLite", Server::start(None)?, parameters).await
}

/// On a PostgreSQL of its own, which does not wait for its disk.
pub async fn postgres(parameters: usize) -> anyhow::Result<Contender> {
    let database = postgres::cluster().map_err(anyhow::Error::msg)?.database()?;
    ours("pilothouse, PostgreSQL", Server::start(Some(&database))?, parameters).await
}

async fn ours(name: &'static str, server: Server, parameters: usize) -> anyhow::Result<Contender> {
    let user = user(&server).await?;
    tell(&format!("{name}: {parameters} parameters are made"));
    let (url, address) = (server.url().to_owned(), host(server.url()).to_owned());
    let numbers: Vec<usize> = (0..parameters).collect();
    for numbers in numbers.chunks(SAMPLES) {
        let puts: anyhow::Result<Vec<_>> =
            numbers.iter().map(|i| signed(&url, &user, PUT, &put(*i))).collect();
        flood(&address, puts?, numbers.len(), 16).await?;
    }
    let kind = |target: &'static str, body: fn(usize) -> String| -> Requests {
        let (url, user) = (url.clone(), user.clone());
        Box::new(move || sample(parameters).map(|i| signed(&url, &user, target, &body(i))).collect())
    };
    let kinds = vec![
        ("get", kind("AmazonSSM.GetParameter", |i| get(i / 2 * 2))),
        ("get a plain one", kind("AmazonSSM.GetParameter", |i| get(i / 2 * 2 + 1))),
        ("list", kind("AmazonSSM.GetParametersByPath", list)),
        ("put", kind(PUT, put)),
    ];
    Ok(Contender { name, address, pid: server.program.pid(), kinds, keep: Box::new(server) })
}

impl Keep for Server {
    fn restart(&mut self) -> anyhow::Result<Option<u32>> {
        Self::restart(self)?;
        Ok(Some(self.program.pid()))
    }
}

/// Somebody with no more rights than it takes.
async fn user(server: &Server) -> anyhow::Result<Credentials> {
    let (user_name, policy_name) = (String::from("bench"), String::from("bench"));
    server.client.call(&CreateUser { user_name: user_name.clone(), ..CreateUser::default() }).await?;
    let policy = PutPolicy { policy_name: policy_name.clone(), text: POLICY.into(), ..PutPolicy::default() };
    server.client.call(&policy).await?;
    server.client.call(&AttachPolicy { policy_name, principal: format!("user/{user_name}") }).await?;
    let key = server.client.call(&CreateAccessKey { user_name }).await?;
    Ok(Credentials::new(key.access_key.access_key_id, key.secret_access_key))
}

const PUT: &str = "AmazonSSM.PutParameter";

/// Every other one is sealed.
fn put(i: usize) -> String {
    let kind = if i.is_multiple_of(2) { "SecureString" } else { "String" };
    let it = json!({ "Name": format!("/{}", name(i)), "Value": "correct horse battery staple", "Type": kind,
        "Tier": "Advanced", "Overwrite": true });
    it.to_string()
}

fn get(i: usize) -> String {
    json!({ "Name": format!("/{}", name(i)), "WithDecryption": true }).to_string()
}

/// Ten of a level of a hundred.
fn list(i: usize) -> String {
    let path = format!("/bench/{:04}", i / 100);
    json!({ "Path": path, "WithDecryption": true, "MaxResults": 10 }).to_string()
}
