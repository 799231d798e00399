//! Calls: who asked for them, and those of the shell itself. Who we are is asked after every link-up and whenever the server tells
//! that rights may have changed.
//!
//! In: answers. Out: what the mirror knows of us, armings, toasts. Never here: a room's own calls.

use pilothouse_api::about::DescribeServer;
use pilothouse_api::access::GetCallerAccess;

use super::Shell;
use super::tabs::RoomId;
use crate::effect::{CallError, Level, Reply, Request, Ticket};
use crate::event::{CallId, Order};

/// Who asked for a call.
pub(super) enum Asker {
    /// A room.
    Room(RoomCall),
    /// The shell.
    Shell(Errand),
}

/// A room's call.
pub(super) struct RoomCall {
    /// Which room.
    pub id: RoomId,
    /// Its name for the call.
    pub ticket: Ticket,
    /// What was asked.
    pub request: Box<Request>,
}

/// What the shell asks.
pub(super) enum Errand {
    /// Who we are.
    WhoAmI,
    /// What the server is.
    Server,
    /// To arm.
    Arm,
    /// To disarm this.
    Disarm(String),
}

/// What is under way of it.
#[derive(Default)]
pub(super) struct Errands {
    /// Whether it is being asked who we are.
    asking_who: bool,
    /// Whether that may have changed since it was asked.
    ask_again: bool,
}

impl Shell {
    /// Makes a call for a room.
    pub(super) fn call_for(&mut self, id: RoomId, ticket: Ticket, request: Request) {
        let (call, request) = (CallId(self.name()), Box::new(request));
        self.orders.push(Order::Call(call, request.clone()));
        self.calls.insert(call, Asker::Room(RoomCall { id, ticket, request }));
    }

    pub(super) fn run_errand(&mut self, errand: Errand, request: Request) {
        let call = CallId(self.name());
        self.orders.push(Order::Call(call, Box::new(request)));
        self.calls.insert(call, Asker::Shell(errand));
    }

    /// The link is up (again): who are we, and to whom do we speak?
    pub(super) fn introduce(&mut self) {
        // What was asked over the old link may never be answered.
        self.errands = Errands::default();
        self.ask_who();
        self.run_errand(Errand::Server, Request::DescribeServer(DescribeServer {}));
    }

    /// Asks who we are and what we may never do; once more afterwards when it is being asked already.
    pub(super) fn ask_who(&mut self) {
        if self.errands.asking_who {
            self.errands.ask_again = true;
            return;
        }
        self.errands.asking_who = true;
        self.run_errand(Errand::WhoAmI, Request::GetCallerAccess(GetCallerAccess {}));
    }

    pub(super) fn errand_landed(&mut self, errand: Errand, result: Result<Reply, CallError>) {
        if let Errand::WhoAmI = errand {
            self.errands.asking_who = false;
        }
        match (errand, result) {
            (Errand::WhoAmI, Ok(Reply::GetCallerAccess(access))) => {
                let changed = *self.world.mirror.caller.access() != access;
                self.world.mirror.known_as(access);
                if changed {
                    self.follow_refused();
                }
            }
            (Errand::Server, Ok(Reply::DescribeServer(server))) => self.world.mirror.described(server),
            (Errand::Arm, Ok(Reply::Arm(armed))) => self.armed(armed.arming),
            (Errand::Disarm(environment), Ok(_)) => self.disarmed(&environment),
            (Errand::Arm, Err(error)) => self.not_armed(error),
            (Errand::Disarm(environment), Err(error)) => {
                self.say(Level::Error, format!("{environment} is not disarmed: {error}"));
            }
            // An older server does not know these questions; nothing is greyed then, and the server decides.
            (Errand::WhoAmI | Errand::Server, Err(error)) => {
                tracing::warn!(%error, "the server does not say");
            }
            (_, Ok(_)) => {}
        }
        if std::mem::take(&mut self.errands.ask_again) {
            self.ask_who();
        }
    }

    /// Says who the user is.
    pub(super) fn say_who(&mut self) {
        let caller = &self.world.mirror.caller;
        if caller.principal().is_empty() {
            return self.say(Level::Warn, "the server has not said who you are");
        }
        let groups = match caller.groups() {
            [] => String::new(),
            groups => format!(", in {}", groups.join(", ")),
        };
        let denied = caller.access().denied.len();
        let said =
            format!("you are {}{groups}; {denied} permissions are given by no policy", caller.principal());
        self.say(Level::Info, said);
    }
}
