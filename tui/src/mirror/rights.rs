//! What the shell learns besides news: the server's clock, who we are to it, what was just armed.

use pilothouse_api::about::DescribeServerResult;
use pilothouse_api::access::GetCallerAccessResult;
use pilothouse_api::arming::Arming;
use pilothouse_api::protocol::Millis;

use super::Mirror;

impl Mirror {
    /// What the server's clock shows when ours shows `now`: armings and requests end by it.
    #[must_use]
    pub fn server_time(&self, now: Millis) -> Millis {
        Millis(now.0.saturating_add(self.clock_ahead))
    }

    /// What our clock shows when the server's shows `server`.
    #[must_use]
    pub fn local_time(&self, server: Millis) -> Millis {
        Millis(server.0.saturating_sub(self.clock_ahead))
    }

    /// Notes what the server's clock shows now.
    pub fn clock(&mut self, server: Millis, now: Millis) {
        self.clock_ahead = server.since(now);
    }

    /// Notes an arming that the server has just made, before its topic tells.
    pub fn armed(&mut self, arming: Arming) {
        self.generation += 1;
        self.armings.add(arming);
    }

    /// Notes that an arming ended, before its topic tells.
    pub fn disarmed(&mut self, environment: &str, principal: &str) {
        self.generation += 1;
        self.armings.remove(environment, principal);
    }

    /// Notes who we are to the server.
    pub fn known_as(&mut self, access: GetCallerAccessResult) {
        self.generation += 1;
        self.caller.take(access);
    }

    /// Notes what the server says of itself.
    pub fn described(&mut self, server: DescribeServerResult) {
        self.generation += 1;
        self.caller.take_server(server);
    }
}
