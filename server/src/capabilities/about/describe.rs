//! DescribeServer.

use pilothouse_api::Fault;
use pilothouse_api::about::{DescribeServer, DescribeServerResult};

use crate::cx::Cx;
use crate::door::{Guard, Run};

impl Run for DescribeServer {
    const GUARD: Guard = Guard::Known;

    async fn run(self, cx: &mut Cx<'_>) -> Result<DescribeServerResult, Fault> {
        Ok(DescribeServerResult {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            account_id: cx.account_id.to_owned(),
            protection: cx.ports.protection.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::Rig;
    use pilothouse_api::about::Protection;

    #[tokio::test]
    async fn the_server_says_how_the_way_to_it_is_protected() {
        let said = Rig::new().await.root(DescribeServer {}).await.unwrap();
        assert_eq!((said.account_id.as_str(), said.protection), ("000000000000", Protection::Loopback));
    }
}
