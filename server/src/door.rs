//! The one narrow door: authenticate is the callers' part, everything else happens here, once, for every caller.
//!
//! validate → may this caller ever? → begin → run (which asks for each resource it touches) → did it ask? → audit → commit →
//! publish.

use std::collections::HashSet;
use std::future::Future;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use pilothouse_api::approvals::APPROVAL_REQUIRED;
use pilothouse_api::operation::{Access as Effect, Operation};
use pilothouse_api::{Fault, Violations};
use pilothouse_protocol::{Millis, Refusal};
use pilothouse_store::{Store, Tx};

use crate::access::{Access, Operator, Resource, Snapshot};
use crate::approval::{self, Waiting};
use crate::audit::{AuditTrail, CallRecord, Outcome, Touched, parameters};
use crate::clock::{Clock, Dice};
use crate::cx::{AfterCommit, Agents, Asked, Call, Cx, Ports, Rules, never, store_fault};
use crate::doorbell::{Doorbell, Ring, Subject};
use crate::internal::{RequestApproval, RequestedApproval};

/// How it is decided whether a caller may have an operation carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// By the kind of caller: what nodes, candidates and the server itself ask for.
    Kind,
    /// Every operator may: it tells the caller about itself.
    Known,
    /// By policies, on the account: it has no resource.
    Account,
    /// By policies, on each resource that `run` resolves ([`Cx::require`], [`Cx::sifter`]). A `run` that ends well without
    /// having asked is a bug, and is refused.
    Resources,
}

/// How the server carries an operation out. An operation without it does not compile into the door.
pub trait Run: Operation {
    /// How it is authorized. There is no default: it must be said of every operation.
    const GUARD: Guard;
    /// Whether it asks for other permissions than its own: those of the operations whose work it shows.
    const DELEGATES: bool = false;
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
        let mut record = audited.then(|| self.record(call, &operation));
        let body = approval::body(call, &operation);
        let mut waiting = None;
        let mut outcome = self.attempt(call, operation, record.as_mut(), &mut waiting).await;
        if let Some(waiting) = waiting {
            let id = record.as_mut().map(|record| &mut record.approval_id);
            let body = body.as_ref().map_or(&[][..], |body| body);
            outcome = Err(self.wait::<O>(call, body, waiting, id).await);
        }
        let row_is_written = O::ACCESS == Effect::Write && outcome.is_ok();
        if let Some(record) = record.filter(|_| !row_is_written) {
            self.audit.note(CallRecord { outcome: Outcome::from(&outcome), ..record }).await?;
        }
        outcome
    }

    /// Everything but the record of a read or a refusal, which has no transaction of its own.
    async fn attempt<O: Run>(
        &self,
        call: &Call,
        operation: O,
        mut record: Option<&mut CallRecord>,
        waiting: &mut Option<Waiting>,
    ) -> Result<O::Reply, Fault> {
        let mut violations = Violations::default();
        operation.validate(&mut violations);
        violations.into_result()?;
        let access = self.access.now();
        let now = self.clock.now();
        may_ever::<O>(&access, call, now)?;
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
            armed: None,
            after: Vec::new(),
            rung: HashSet::new(),
        };
        let outcome = guarded(operation, &mut cx).await;
        let Cx { after, mut asked, armed, .. } = cx;
        if let Some(record) = record.as_deref_mut() {
            record.touched = asked.resources.iter().chain(&asked.created).collect();
            record.decided_by = std::mem::take(&mut asked.decided_by).into_iter().collect();
        }
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

    /// Asks for the approval that a call lacks; the answer to its caller. `approval_id` is where the request's id is noted.
    async fn wait<O: Operation>(
        &self,
        call: &Call,
        body: &[u8],
        waiting: Waiting,
        approval_id: Option<&mut Option<String>>,
    ) -> Fault {
        if let Some(fault) = waiting.refused::<O>() {
            return fault;
        }
        let why = waiting.why().to_owned();
        let Some(request) = approval::request::<O>(call, body, waiting) else {
            tracing::error!(operation = O::NAME, "a call that waits for approval cannot be kept");
            return Fault::internal("the server could not keep this request for approval: see its log");
        };
        match self.request_approval(&call.region, request).await {
            Ok(requested) => {
                let fault = approval::required(&why, &requested);
                if let Some(noted) = approval_id {
                    *noted = Some(requested.approval_id);
                }
                fault
            }
            Err(fault) => fault,
        }
    }

    /// A type of its own ends the circle: every call may end in a request, which is a call.
    fn request_approval(
        &self,
        region: &str,
        request: RequestApproval,
    ) -> BoxFuture<'_, Result<RequestedApproval, Fault>> {
        let call = Call { region: region.to_owned(), ..Call::system() };
        Box::pin(async move { self.perform(&call, request).await })
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
    fn record<O: Operation>(&self, call: &Call, operation: &O) -> CallRecord {
        CallRecord {
            at: self.clock.now(),
            region: call.region.clone(),
            caller: call.caller.clone(),
            source: call.source.clone(),
            user_agent: call.user_agent.clone(),
            operation: O::NAME,
            target: O::TARGET,
            permission: O::PERMISSION,
            read_only: O::ACCESS == Effect::Read,
            request: parameters(operation),
            touched: Touched::default(),
            outcome: Outcome::Done,
            request_id: call.request_id.clone(),
            decided_by: Vec::new(),
            reason: None,
            approval_id: call.approval.as_ref().map(|grant| grant.approval_id.clone()),
        }
    }
}

/// Refuses at once whom nothing could permit the operation, before anything is read for it.
fn may_ever<O: Run>(access: &Snapshot, call: &Call, now: Millis) -> Result<(), Fault> {
    let (caller, permission) = (&call.caller, O::PERMISSION);
    let is_in_force = |operator: &Operator| match &call.approval {
        Some(_) => access.stands(operator),
        None => access.is_in_force(operator, now),
    };
    if let Some(operator) = caller.operator().filter(|operator| !is_in_force(operator)) {
        // Not seen by who signs anew: a stream outlives the request that opened it, but not its key.
        let id = &operator.access_key_id;
        return Err(Fault {
            code: "UnrecognizedClientException".into(),
            ..Fault::denied(format!("the access key {id} is not in force any more"))
        });
    }
    if !caller.is_of_kind(permission) {
        return Err(Fault::denied(format!("{caller} is not authorized to perform: {permission}")));
    }
    match (caller.operator(), O::GUARD) {
        (None, _) | (_, Guard::Kind | Guard::Known) => Ok(()),
        // It asks for the permissions of what is followed.
        (Some(_), Guard::Resources) if O::DELEGATES => Ok(()),
        (Some(operator), Guard::Account | Guard::Resources) => {
            let groups = access.groups_of(&operator.who);
            let ever = access.policies.may_ever(&operator.who, groups, permission);
            ever.map_err(|why| never(operator, permission, &why))
        }
    }
}

/// Runs it, and lets nothing pass that did not ask.
async fn guarded<O: Run>(operation: O, cx: &mut Cx<'_>) -> Result<O::Reply, Fault> {
    if O::GUARD == Guard::Account {
        cx.require(vec![Resource::account(cx.account_id)]).await?;
    }
    let reply = operation.run(cx).await?;
    if O::GUARD == Guard::Resources && !cx.asked.is_asked {
        tracing::error!(operation = O::NAME, "an operation did not ask whether its caller may");
        return Err(Fault::internal("the server failed to authorize this request: see its log"));
    }
    Ok(reply)
}
