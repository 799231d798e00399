//! The question, as it is put to the server.

use pilothouse_api::access::{MAX_SIMULATED, SimulateAccess};
use pilothouse_kit::input::Line;

use super::{Simulation, Spot};
use crate::typed;

impl Simulation {
    /// What stands in a line, without repetitions.
    pub(super) fn parts(line: &Line) -> Vec<String> {
        let mut parts: Vec<String> = Vec::new();
        for word in typed::words(line.text()) {
            for part in word.split(',').filter(|part| !part.is_empty()) {
                if !parts.iter().any(|known| known == part) {
                    parts.push(part.to_owned());
                }
            }
        }
        parts
    }

    /// The question, or what is missing and where.
    pub(super) fn question(&self) -> Result<SimulateAccess, (Spot, &'static str)> {
        let action = self.action.text().trim();
        if action.len() < 3 {
            return Err((Spot::Action, "say what is to be done, such as ssm:SendCommand"));
        }
        let resources = Self::parts(&self.resources);
        match resources.len() {
            0 => return Err((Spot::Resources, "say on what: node/mi-…, document/NAME, or account")),
            1..=MAX_SIMULATED => {}
            _ => return Err((Spot::Resources, "at most 1,000 resources at a time")),
        }
        let principal = self.principal.text().trim();
        Ok(SimulateAccess {
            principal: (!principal.is_empty()).then(|| principal.to_owned()),
            action: action.to_owned(),
            resources,
            armed: Self::parts(&self.armed),
            approved: self.approved,
            target_count: None,
        })
    }
}
