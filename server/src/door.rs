//! The one narrow door: authenticate is the callers' part, everything else happens here, once, for every caller.
//!
//! validate → authorize → begin → run → audit → commit → publish.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use pilothouse_api::operation::{Access, Operation};
use pilothouse_api::{Fault, Violations};
use pilothouse_protocol::Refusal;
use pilothouse_store::audit::{AuditRecord, append_many};
use pilothouse_store::{Store, Tx};

use crate::audit::AuditTrail;
use crate::clock::{Clock, Dice};
use crate::cx::{AfterCommit, Agents, Call, Cx, Ports, store_fault};
use crate::doorbell::Doorbell;

/// How the server carries an operation out. An operation without it does not compile into the door.
pub trait Run: Operation {
    /// Whether calls are written to the audit trail; not so for what nodes report by the thousand.
    const AUDITED: bool = true;

    /// Carries it out.
    ///
    /// # Errors
    /// A fault rolls everything back.
    fn run(self, cx: &mut Cx<'_>) -> impl Future<Output = Result<Self::Reply, Fault>> + Send;
}

/// The door.
#[derive(Clone)]
pub struct Door {
    store: Store,
    ports: Ports,
    clock: Arc<dyn Clock>,
    dice: Dice,
    audit: AuditTrail,
    doorbell: Doorbell,
    account_id: Arc<str>,
}

impl Door {
    /// A door around a store. Must be called inside a tokio runtime.
    #[must_use]
    pub fn new(store: Store, ports: Ports, clock: Arc<dyn Clock>, dice: Dice, doorbell: Doorbell) -> Self {
        let audit = AuditTrail::start(store.clone());
        Self { store, ports, clock, dice, audit, doorbell, account_id: Arc::from("000000000000") }
    }

    /// The same door for another account than the one of zeros.
    #[must_use]
    pub fn with_account(self, account_id: &str) -> Self {
        Self { account_id: Arc::from(account_id), ..self }
    }

    /// Rings after every commit that changed something.
    #[must_use]
    pub fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }

    /// The door's clock.
    #[must_use]
    pub fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The door's chance.
    #[must_use]
    pub fn dice(&self) -> &Dice {
        &self.dice
    }

    /// The ports.
    #[must_use]
    pub fn ports(&self) -> &Ports {
        &self.ports
    }

    /// Resolves when the audit rows of every call that has ended are written.
    pub async fn settled(&self) {
        self.audit.settled().await;
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn check(&self) -> Result<(), Fault> {
        self.store.ping().await.map_err(store_fault)
    }

    /// Carries an operation out for a caller.
    ///
    /// # Errors
    /// The operation's own fault; `ValidationException`, `AccessDeniedException`, or a failure of the store.
    pub async fn perform<O: Run>(&self, call: &Call, operation: O) -> Result<O::Reply, Fault> {
        let audited = O::AUDITED && !call.renewal;
        let outcome = self.attempt(call, operation, audited).await;
        let row_is_written = O::ACCESS == Access::Write && outcome.is_ok();
        if audited && !row_is_written {
            let code = outcome.as_ref().err().map_or("ok", |fault| fault.code.as_ref());
            self.audit.note(self.audit_record::<O>(call, code)).await;
        }
        outcome
    }

    async fn attempt<O: Run>(&self, call: &Call, operation: O, audited: bool) -> Result<O::Reply, Fault> {
        let mut violations = Violations::default();
        operation.validate(&mut violations);
        violations.into_result()?;
        if !call.caller.may(O::PERMISSION) {
            let (caller, permission) = (&call.caller, O::PERMISSION);
            return Err(Fault::denied(format!("{caller} is not authorized to perform: {permission}")));
        }
        let mut tx = self.begin(O::ACCESS).await?;
        let (reply, after) = {
            let mut cx = Cx {
                tx: &mut tx,
                call,
                now: self.clock.now(),
                dice: &self.dice,
                ports: &self.ports,
                account_id: &self.account_id,
                after: Vec::new(),
                rung: HashSet::new(),
            };
            let reply = operation.run(&mut cx).await?;
            (reply, cx.after)
        };
        if O::ACCESS == Access::Write {
            if audited {
                let row = self.audit_record::<O>(call, "ok");
                append_many(&mut tx, &[row]).await.map_err(store_fault)?;
            }
            tx.commit().await.map_err(store_fault)?;
            self.publish(after);
        }
        Ok(reply)
    }

    async fn begin(&self, access: Access) -> Result<Tx, Fault> {
        match access {
            Access::Read => self.store.read().await,
            Access::Write => self.store.write().await,
        }
        .map_err(store_fault)
    }

    fn publish(&self, after: Vec<AfterCommit>) {
        let agents: &dyn Agents = &*self.ports.agents;
        for effect in after {
            match effect {
                AfterCommit::Ring(ring) => self.doorbell.ring(ring),
                AfterCommit::Send(instance, frame) => {
                    if !agents.send(&instance, *frame) {
                        // The rows say that it was sent. A resume brings both sides together again.
                        agents.disconnect(&instance, Refusal::Busy, "the link is behind: resume");
                    }
                }
                AfterCommit::Disconnect(instance, reason, message) => {
                    agents.disconnect(&instance, reason, &message);
                }
            }
        }
    }

    fn audit_record<O: Operation>(&self, call: &Call, outcome: &str) -> AuditRecord {
        AuditRecord {
            at: self.clock.now(),
            region: call.region.clone(),
            caller: call.caller.to_string(),
            operation: O::NAME.to_owned(),
            permission: O::PERMISSION.to_owned(),
            read_only: O::ACCESS == Access::Read,
            outcome: outcome.to_owned(),
            request_id: call.request_id.clone(),
            source: call.source.clone(),
        }
    }
}
