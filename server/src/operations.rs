//! Every operation of the api by its `X-Amz-Target`, made from its declaration, so that none can be forgotten: for doors that know
//! an operation by its name alone.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use pilothouse_api::{Fault, Operation, decode};
use zeroize::Zeroizing;

use crate::cx::Call;
use crate::door::{Door, Run, answers_with_a_secret};

/// Reads a request in AWS's JSON, carries it out and writes the reply.
pub type Mounted = fn(Door, Call, Bytes) -> BoxFuture<'static, Result<Bytes, Fault>>;

macro_rules! mounted {
    ($($request:path,)*) => {
        &[$((<$request as Operation>::TARGET, mount::<$request> as Mounted)),*]
    };
}

const MOUNTED: &[(&str, Mounted)] = pilothouse_api::for_each_operation!(mounted);

/// The operation of this name.
#[must_use]
pub fn find(target: &str) -> Option<Mounted> {
    MOUNTED.iter().find(|(name, _)| *name == target).map(|(_, mounted)| *mounted)
}

fn mount<O: Run>(door: Door, call: Call, body: Bytes) -> BoxFuture<'static, Result<Bytes, Fault>> {
    Box::pin(async move {
        let operation = match decode::<O>(&body) {
            Ok(operation) => operation,
            Err(fault) => return Err(door.refuse::<O>(&call, fault).await),
        };
        drop(body);
        let reply = door.perform(&call, operation).await?;
        written::<O>(&reply).map_err(|error| {
            tracing::error!(%error, operation = O::NAME, "a reply cannot be written as JSON");
            Fault::internal("the server could not write its reply: see its log")
        })
    })
}

/// A reply in JSON. One that tells a secret is wiped from memory when the last of its readers is done with it.
fn written<O: Run>(reply: &O::Reply) -> serde_json::Result<Bytes> {
    if !answers_with_a_secret::<O>() {
        return serde_json::to_vec(reply).map(Bytes::from);
    }
    // With all its room from the beginning: what grows leaves parts of itself behind.
    let mut size = Size(0);
    serde_json::to_writer(&mut size, reply)?;
    let mut json = Zeroizing::new(Vec::with_capacity(size.0));
    serde_json::to_writer(&mut *json, reply)?;
    Ok(Bytes::from_owner(json))
}

/// Counts what is written.
struct Size(usize);

impl std::io::Write for Size {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_of_the_api_is_mounted_under_its_own_name() {
        let mounted: Vec<&str> = MOUNTED.iter().map(|(target, _)| *target).collect();
        let declared: Vec<&str> =
            pilothouse_api::OPERATIONS.iter().map(|operation| operation.target).collect();
        assert_eq!(mounted, declared);
        assert!(find("AmazonSSM.SendCommand").is_some() && find("AmazonSSM.sendcommand").is_none());
    }
}
