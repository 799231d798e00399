//! The one narrow door: authenticate is the callers' part, everything else happens here, once, for every caller.
//!
//! validate → may this caller ever? → begin → run (which asks for each resource it touches) → did it ask? → audit → commit →
//! publish.
//!
//! In: a call and an operation. Out: its reply or a fault, and what it did. A call that lacks nothing but somebody else's approval
//! is rolled back and becomes a request for it.
//! Never here: what operations do, how a caller proved who it is.

mod approval;
mod guard;
mod secret_replies;
mod shown;

use std::collections::HashSet;
use std::sync::Arc;

use pilothouse_api::Fault;
use pilothouse_api::approvals::APPROVAL_REQUIRED;
use pilothouse_api::operation::{Access as Effect, Operation};
use pilothouse_protocol::Refusal;
use pilothouse_store::{Store, Tx};

use approval::Waiting;
pub(crate) use guard::NOT_IN_FORCE;
pub(crate) use guard::run_as_itself;
pub use guard::{Guard, Run};
pub(crate) use secret_replies::answers_with_a_secret;

use crate::access::Access;
use crate::audit::{AuditTrail, CallRecord, Outcome, named, parameters};
use crate::clock::{Clock, Dice};
use crate::cx::{AfterCommit, Agents, Asked, Call, Cx, Ports, Rules, store_fault};
use crate::doorbell::{Doorbell, Ring, Subject};

/// The door.
#[derive(Clone)]
pub struct Door {
    store: Store,
    ports: Ports,
    clock: Arc<dyn Clock>,
    dice: Dice,
    audit: AuditTrail,
    access: Access,
    doorbell: Doorbell,
    account_id: Arc<str>,
    rules: Rules,
}

impl Door {
    /// A door around a store. Must be called inside a tokio runtime.
    #[must_use]
    pub fn new(
        store: Store,
        ports: Ports,
        clock: Arc<dyn Clock>,
        dice: Dice,
        audit: AuditTrail,
        doorbell: Doorbell,
    ) -> Self {
        let account_id = Arc::from("000000000000");
        let (access, rules) = (Access::default(), Rules::default());
        Self { store, ports, clock, dice, audit, access, doorbell, account_id, rules }
    }

    /// The same door with these principals and policies.
    #[must_use]
    pub fn with_access(self, access: Access) -> Self {
        Self { access, ..self }
    }

    /// The same door for another account than the one of zeros.
    #[must_use]
    pub fn with_account(self, account_id: &str) -> Self {
        Self { account_id: Arc::from(account_id), ..self }
    }

    /// The same door with these bounds.
    #[must_use]
    pub fn with_rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// Rings after every commit that changed something.
    #[must_use]
    pub fn doorbell(&self) -> &Doorbell {
        &self.doorbell
    }

    /// Principals and policies.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
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

    /// The trail that calls are recorded in.
    #[must_use]
    pub fn audit(&self) -> &AuditTrail {
        &self.audit
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
    /// The operation's own fault; `ValidationException`, `AccessDeniedException`, `ApprovalRequiredException`, or a failure of
    /// the store.
    pub async fn perform<O: Run>(&self, call: &Call, operation: O) -> Result<O::Reply, Fault> {
        let audited = O::AUDITED && !call.renewal;
        let mut record = audited.then(|| self.record::<O>(call, parameters(&operation)));
        let body = approval::body(call, &operation);
        let mut waiting = None;
        let mut outcome = self.attempt(call, operation, record.as_mut(), &mut waiting).await;
        if let Some(waiting) = waiting {
            let id = record.as_mut().map(|record| &mut record.approval_id);
            let body = body.as_ref().map_or(&[][..], |body| body);
            outcome = Err(self.wait::<O>(call, body, waiting, id).await);
        }
        let row_is_written = O::ACCESS == Effect::Write && outcome.is_ok();
        if let Some(mut record) = record.filter(|_| !row_is_written) {
            if outcome.is_err() && record.touched.count() == 0 {
                record.touched = named(&record.request).iter().collect();
            }
            self.audit.note(CallRecord { outcome: Outcome::from(&outcome), ..record }).await?;
        }
        outcome
    }

    /// Records a call whose request cannot be read; what its caller is answered. What was wrong with it may hold what it said, and
    /// is not recorded where that may be a secret.
    pub async fn refuse<O: Operation>(&self, call: &Call, fault: Fault) -> Fault {
        let message = if O::SECRETS.is_empty() { fault.message.clone() } else { String::new() };
        let outcome = Outcome::Refused { code: fault.code.to_string(), message };
        let record = CallRecord { outcome, ..self.record::<O>(call, serde_json::Value::Null) };
        self.audit.note(record).await.err().unwrap_or(fault)
    }

    /// Everything but the record of a read or a refusal, which has no transaction of its own.
    async fn attempt<O: Run>(
        &self,
        call: &Call,
        operation: O,
        mut record: Option<&mut CallRecord>,
        waiting: &mut Option<Waiting>,
    ) -> Result<O::Reply, Fault> {
        guard::is_valid(&operation)?;
        let (access, now) = (self.access.now(), self.clock.now());
        guard::may_ever::<O>(&access, call, now)?;
        let mut tx = self.begin(O::ACCESS).await?;
        let mut cx = Cx {
            tx: &mut tx,
            call,
            now,
            dice: &self.dice,
            ports: &self.ports,
            account_id: &self.account_id,
            access: &access,
            permission: O::PERMISSION,
            rules: self.rules,
            asked: Asked::default(),
            only_looks: O::ACCESS == Effect::Read,
            armed: None,
            after: Vec::new(),
            rung: HashSet::new(),
        };
        let outcome = guard::run(operation, &mut cx).await;
        let Cx { after, mut asked, armed, .. } = cx;
        note(record.as_deref_mut(), &mut asked);
        let reply = outcome?;
        *waiting = Waiting::of(&mut asked, armed.unwrap_or_default());
        if waiting.is_some() {
            return Err(Fault::caller(APPROVAL_REQUIRED, "an approval is missing"));
        }
        if O::ACCESS == Effect::Write {
            self.conclude(tx, call, record, &asked, after).await?;
        }
        Ok(reply)
    }

    /// Makes it so, with everything that belongs to it, and tells it.
    async fn conclude(
        &self,
        mut tx: Tx,
        call: &Call,
        record: Option<&mut CallRecord>,
        asked: &Asked,
        mut after: Vec<AfterCommit>,
    ) -> Result<(), Fault> {
        if let Some(grant) = &call.approval {
            approval::settle(&mut tx, grant, asked, self.clock.now()).await?;
            after.push(AfterCommit::Ring(Ring { region: String::new(), subject: Subject::Approvals }));
        }
        let is_recorded = record.is_some();
        if let Some(record) = record {
            self.audit.append(&mut tx, std::slice::from_ref(record)).await.map_err(store_fault)?;
        }
        tx.commit().await.map_err(store_fault)?;
        if is_recorded {
            self.audit.committed(&call.region);
        }
        self.publish(after).await;
        Ok(())
    }

    async fn begin(&self, access: Effect) -> Result<Tx, Fault> {
        match access {
            Effect::Read => self.store.read().await,
            Effect::Write => self.store.write().await,
        }
        .map_err(store_fault)
    }

    async fn publish(&self, after: Vec<AfterCommit>) {
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
                AfterCommit::ReloadAccess => {
                    if let Err(error) = self.access.reload(&self.store).await {
                        // The poll of changes reads it again; until then the former policies hold.
                        tracing::error!(%error, "changed principals and policies could not be read");
                    }
                }
            }
        }
    }

    /// The call as it is recorded, as far as it is known before it is carried out.
    fn record<O: Operation>(&self, call: &Call, request: serde_json::Value) -> CallRecord {
        CallRecord {
            read_only: O::ACCESS == Effect::Read,
            request,
            ..CallRecord::of(call, self.clock.now(), [O::NAME, O::TARGET, O::PERMISSION])
        }
    }
}

/// Notes what the call touched, which policies decided, and why the caller had armed what it changes.
fn note(record: Option<&mut CallRecord>, asked: &mut Asked) {
    if let Some(record) = record {
        record.touched = asked.resources.iter().chain(&asked.created).collect();
        record.decided_by = std::mem::take(&mut asked.decided_by).into_iter().collect();
        record.changes = std::mem::take(&mut asked.changes);
        let armed = record.touched.environments().iter().filter_map(|it| asked.reasons.get_key_value(it));
        let reasons: Vec<_> = armed.map(|(environment, reason)| format!("{environment}: {reason}")).collect();
        record.reason = Some(reasons.join("; ")).filter(|text| !record.read_only && !text.is_empty());
    }
}
