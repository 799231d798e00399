//! `pilothouse call`: any operation by its name, JSON in and out. The list of operations is the API's own.

use std::io::{Read, Write};
use std::path::Path;

use pilothouse_api::Operation;
use pilothouse_api::operation::{OPERATIONS, decode};
use pilothouse_client::Client;
use serde_json::Value;

use super::VerbError;

/// The most bytes of a request.
const MAX_BODY: u64 = 16 << 20;
/// So many operations of a similar name are offered.
const OFFERED: usize = 5;

macro_rules! by_name {
    ($($request:ty,)*) => {
        /// Calls the operation of that name.
        async fn by_name(client: &Client, name: &str, body: &[u8]) -> Result<Value, VerbError> {
            $(
                if same(name, <$request as Operation>::NAME) {
                    return Box::pin(one::<$request>(client, body)).await;
                }
            )*
            Err(VerbError::Usage(unknown(name)))
        }
    };
}
pilothouse_api::for_each_operation!(by_name);

/// Calls an operation with a request in JSON, and prints its answer in JSON. `given` is the JSON itself, `@FILE`, or `-` for
/// standard input.
///
/// # Errors
/// When there is no such operation, the request is not its, or the server says no.
pub async fn call(
    client: &Client,
    name: &str,
    given: &str,
    input: &mut impl Read,
    out: &mut impl Write,
) -> Result<(), VerbError> {
    let body = body(given, input)?;
    let answer = by_name(client, name, &body).await?;
    writeln!(out, "{answer:#}")?;
    out.flush()?;
    Ok(())
}

async fn one<O: Operation>(client: &Client, body: &[u8]) -> Result<Value, VerbError> {
    let request: O = decode(body).map_err(|fault| VerbError::Usage(fault.message))?;
    let reply = client.call(&request).await?;
    serde_json::to_value(reply).map_err(|error| VerbError::Stream(format!("the answer is no JSON: {error}")))
}

fn body(given: &str, input: &mut impl Read) -> Result<Vec<u8>, VerbError> {
    let unreadable = |what: &str, error| VerbError::Usage(format!("{what} cannot be read: {error}"));
    let mut body = Vec::new();
    match given.strip_prefix('@') {
        Some(path) => {
            let file = std::fs::File::open(Path::new(path)).map_err(|error| unreadable(path, error))?;
            file.take(MAX_BODY).read_to_end(&mut body).map_err(|error| unreadable(path, error))?;
        }
        None if given == "-" => {
            let read = input.take(MAX_BODY).read_to_end(&mut body);
            read.map_err(|error| unreadable("standard input", error))?;
        }
        None => body.extend_from_slice(given.as_bytes()),
    }
    Ok(body)
}

/// Whether a name is meant: as AWS writes it, or as its CLI does.
fn same(said: &str, name: &str) -> bool {
    letters(said).eq(letters(name))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase())
}

fn unknown(name: &str) -> String {
    let wanted: String = letters(name).collect();
    let like = |other: &&str| {
        let other: String = letters(other).collect();
        !wanted.is_empty() && (other.contains(&wanted) || wanted.contains(&other))
    };
    let similar: Vec<&str> = OPERATIONS.iter().map(|it| it.name).filter(like).take(OFFERED).collect();
    let hint = if similar.is_empty() { String::new() } else { format!("; there are {}", similar.join(", ")) };
    let name: String = name.chars().take(80).collect();
    format!("there is no operation {name:?}{hint}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_given_in_place_in_a_file_or_on_standard_input() {
        assert_eq!(body("{\"A\":1}", &mut std::io::empty()).unwrap(), b"{\"A\":1}");
        assert_eq!(body("-", &mut &b"{}"[..]).unwrap(), b"{}");
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("request.json");
        std::fs::write(&file, "{\"B\":2}").unwrap();
        let given = format!("@{}", file.display());
        assert_eq!(body(&given, &mut std::io::empty()).unwrap(), b"{\"B\":2}");
        assert_eq!(body("@/no/such/file", &mut std::io::empty()).unwrap_err().status(), 2);
    }

    #[test]
    fn an_operation_is_known_by_its_name_in_either_spelling() {
        assert!(same("SendCommand", "SendCommand") && same("send-command", "SendCommand"));
        assert!(!same("Send", "SendCommand"));
        assert_eq!(
            unknown("Activation"),
            "there is no operation \"Activation\"; there are CreateActivation, DescribeActivations, DeleteActivation"
        );
        assert_eq!(unknown("xyz"), "there is no operation \"xyz\"");
    }
}
