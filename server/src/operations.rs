//! Every operation of the api by its `X-Amz-Target`, made from its declaration, so that none can be forgotten: for doors that know
//! an operation by its name alone.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use pilothouse_api::{Fault, Operation, decode};

use crate::cx::Call;
use crate::door::{Door, Run};

/// Reads a request in AWS's JSON, carries it out and writes the reply.
pub type Mounted = fn(Door, Call, Bytes) -> BoxFuture<'static, Result<Vec<u8>, Fault>>;

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

fn mount<O: Run>(door: Door, call: Call, body: Bytes) -> BoxFuture<'static, Result<Vec<u8>, Fault>> {
    Box::pin(async move {
        let operation = match decode::<O>(&body) {
            Ok(operation) => operation,
            Err(fault) => return Err(door.refuse::<O>(&call, fault).await),
        };
        drop(body);
        let reply = door.perform(&call, operation).await?;
        serde_json::to_vec(&reply).map_err(|error| {
            tracing::error!(%error, operation = O::NAME, "a reply cannot be written as JSON");
            Fault::internal("the server could not write its reply: see its log")
        })
    })
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
