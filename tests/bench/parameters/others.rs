//! Others that keep values under names, each started anew on a free port, with its data in a folder of its own.

use std::path::Path;

use serde_json::json;

use super::{Contender, Keep, Requests, SAMPLES, name, sample};
use crate::figure::tell;
use crate::load::{flood, plain};
use crate::others::{Other, free_address, start};

impl Keep for Other {
    fn restart(&mut self) -> anyhow::Result<Option<u32>> {
        Ok(None)
    }
}

fn path(dir: &Path, file: &str) -> String {
    dir.join(file).display().to_string()
}

/// The same answer to everything: what HTTP alone costs.
pub async fn nginx() -> anyhow::Result<Contender> {
    let (dir, address) = (tempfile::tempdir()?, free_address()?);
    let answer = json!({ "Parameter": { "Name": "/bench/0000/00", "Type": "SecureString", "Version": 1, "DataType": "text",
        "Value": "correct horse battery staple", "ARN": "arn:aws:ssm:us-east-1:000000000000:parameter/bench/0000/00" } });
    let config = format!(
        "daemon off; worker_processes auto; pid {pid}; error_log /dev/null;
         events {{ worker_connections 1024; }}
         http {{ access_log off; keepalive_requests 1000000000; default_type application/x-amz-json-1.1;
                 client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir};
                 uwsgi_temp_path {dir}; scgi_temp_path {dir};
                 server {{ listen {address}; location / {{ return 200 '{answer}'; }} }} }}",
        pid = path(dir.path(), "pid"),
        dir = dir.path().display(),
    );
    let file = path(dir.path(), "nginx.conf");
    std::fs::write(&file, config)?;
    let other = start("nginx", &["-c", &file], dir, &address).await?;
    let request = plain("GET", &address, "/", &[], "");
    let kinds: Vec<(&'static str, Requests)> = vec![("get", Box::new(move || Ok(vec![request.clone()])))];
    Ok(Contender { name: "nginx", address, pid: other.pid(), kinds, keep: Box::new(other) })
}

/// Values without names of callers, in a log on disk, by the API that is asked with GET and PUT.
pub async fn etcd(parameters: usize) -> anyhow::Result<Contender> {
    let (dir, address, peer) = (tempfile::tempdir()?, free_address()?, free_address()?);
    let (client, peer) = (format!("http://{address}"), format!("http://{peer}"));
    let (data, cluster) = (path(dir.path(), "data"), format!("default={peer}"));
    let arguments = [
        "--data-dir",
        &data,
        "--listen-client-urls",
        &client,
        "--advertise-client-urls",
        &client,
        "--listen-peer-urls",
        &peer,
        "--initial-advertise-peer-urls",
        &peer,
        "--initial-cluster",
        &cluster,
        "--enable-v2=true",
        "--log-level=error",
    ];
    let other = start("etcd", &arguments, dir, &address).await?;
    let form = [("content-type", "application/x-www-form-urlencoded")];
    let at = address.clone();
    let put = move |i: usize| {
        plain("PUT", &at, &format!("/v2/keys/{}", name(i)), &form, "value=correct+horse+battery+staple")
    };
    fill("etcd", &address, parameters, &put).await?;
    let (at, below) = (address.clone(), address.clone());
    let kinds: Vec<(&'static str, Requests)> = vec![
        ("get", kind(parameters, move |i| plain("GET", &at, &format!("/v2/keys/{}", name(i)), &[], ""))),
        (
            "list",
            kind(parameters, move |i| {
                plain("GET", &below, &format!("/v2/keys/bench/{:04}", i / 100), &[], "")
            }),
        ),
        ("put", kind(parameters, put)),
    ];
    Ok(Contender { name: "etcd", address, pid: other.pid(), kinds, keep: Box::new(other) })
}

/// Sealed values in memory, asked for with a token, recorded in a file.
pub async fn openbao(program: &str, parameters: usize) -> anyhow::Result<Contender> {
    let (dir, address) = (tempfile::tempdir()?, free_address()?);
    let config = path(dir.path(), "bao.hcl");
    let log = path(dir.path(), "audit.log");
    std::fs::write(&config, format!("audit \"file\" \"bench\" {{ options {{ file_path = \"{log}\" }} }}\n"))?;
    let (listen, config) = (format!("-dev-listen-address={address}"), format!("-config={config}"));
    let arguments = ["server", "-dev", "-dev-no-store-token", "-dev-root-token-id=bench", &listen, &config];
    let other = start(program, &arguments, dir, &address).await?;
    let token = [("x-vault-token", "bench")];
    let at = address.clone();
    let put = move |i: usize| {
        let body = json!({ "data": { "value": "correct horse battery staple" } }).to_string();
        plain("POST", &at, &format!("/v1/secret/data/{}", name(i)), &token, &body)
    };
    fill("OpenBao", &address, parameters, &put).await?;
    let at = address.clone();
    let kinds: Vec<(&'static str, Requests)> = vec![
        (
            "get",
            kind(parameters, move |i| plain("GET", &at, &format!("/v1/secret/data/{}", name(i)), &token, "")),
        ),
        ("put", kind(parameters, put)),
    ];
    Ok(Contender { name: "OpenBao", address, pid: other.pid(), kinds, keep: Box::new(other) })
}

fn kind(parameters: usize, request: impl Fn(usize) -> Vec<u8> + 'static) -> Requests {
    Box::new(move || Ok(sample(parameters).map(&request).collect()))
}

async fn fill(
    name: &str,
    address: &str,
    parameters: usize,
    put: &impl Fn(usize) -> Vec<u8>,
) -> anyhow::Result<()> {
    tell(&format!("{name}: {parameters} values are made"));
    let numbers: Vec<usize> = (0..parameters).collect();
    for numbers in numbers.chunks(SAMPLES) {
        let puts = numbers.iter().map(|i| put(*i)).collect();
        flood(address, puts, numbers.len(), 16).await?;
    }
    Ok(())
}
