//! A link that is up: frames in, and what the board has to say out.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use pilothouse_protocol::frame::{decode, encode};
use pilothouse_protocol::link::{Liveness, Window};
use pilothouse_protocol::{JobId, ToAgent, ToServer};
use tokio::sync::mpsc;
use tokio::time::{Interval, MissedTickBehavior};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::dial::Socket;
use super::{Broken, Up, refused, why};
use crate::board::{Board, Told};
use crate::{clock, runner};

/// Frames between the session and its socket.
const OUTGOING: usize = 8;

/// Runs a link until it breaks: frames in by one half of the socket, frames out through a future on the other half, so that
/// neither side can be stuck writing to a peer that is stuck writing.
pub(super) async fn run(socket: Socket, up: &Up, board: &Board) -> Broken {
    let (mut sink, mut stream) = socket.split();
    let (outgoing, mut queue) = mpsc::channel::<Vec<u8>>(OUTGOING);
    let writer = async move {
        while let Some(bytes) = queue.recv().await {
            sink.feed(Message::Binary(bytes.into())).await?;
            while let Ok(bytes) = queue.try_recv() {
                sink.feed(Message::Binary(bytes.into())).await?;
            }
            sink.flush().await?;
        }
        Ok::<_, Error>(())
    };
    let mut session = Session::new(up, board);
    let reader = async {
        loop {
            let turn = tokio::select! {
                message = stream.next() => session.hear(message),
                () = board.changed() => session.look(),
                permit = outgoing.reserve(), if session.may_speak() => session.speak(permit.ok()),
                _ = session.heartbeat.tick() => session.beat(),
            };
            if let Err(broken) = turn {
                return broken;
            }
        }
    };
    tokio::select! {
        Err(error) = writer => Broken::Again(why(&error)),
        broken = reader => broken,
    }
}

struct Session<'a> {
    board: &'a Board,
    window: Window,
    told: BTreeMap<JobId, Told>,
    turn: usize,
    /// The last ask that was told.
    asked: u64,
    /// The server has answered what is held; before that nothing is said of jobs.
    resumed: bool,
    /// The board may have something to say.
    more: bool,
    /// What is said before that.
    waiting: VecDeque<ToServer>,
    liveness: Liveness,
    heartbeat: Interval,
    sequence: u64,
}

impl<'a> Session<'a> {
    fn new(up: &Up, board: &'a Board) -> Self {
        let mut heartbeat = tokio::time::interval(Duration::from_secs(u64::from(up.heartbeat_seconds)));
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            board,
            window: Window::new(up.output_window),
            told: BTreeMap::new(),
            turn: 0,
            asked: 0,
            resumed: false,
            more: false,
            waiting: [ToServer::Holding { jobs: board.held() }].into(),
            liveness: Liveness::new(up.heartbeat_seconds, clock::ticks()),
            heartbeat,
            sequence: 0,
        }
    }

    fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), Broken> {
        let frame = match message {
            Some(Ok(Message::Binary(bytes))) => {
                decode(&bytes).map_err(|error| Broken::Again(error.to_string()))?
            }
            Some(Ok(Message::Close(_))) | None => {
                return Err(Broken::Again(String::from("the server closed the link")));
            }
            Some(Ok(_)) => return Ok(()),
            Some(Err(error)) => return Err(Broken::Again(why(&error))),
        };
        self.liveness.heard(clock::ticks());
        self.more = true;
        self.take(frame)
    }

    fn look(&mut self) -> Result<(), Broken> {
        self.more = true;
        Ok(())
    }

    fn may_speak(&self) -> bool {
        !self.waiting.is_empty() || (self.more && self.resumed)
    }

    fn speak(&mut self, permit: Option<mpsc::Permit<'_, Vec<u8>>>) -> Result<(), Broken> {
        let permit = permit.ok_or_else(|| Broken::Again(String::from("the link broke")))?;
        match self.waiting.pop_front().or_else(|| self.say()) {
            Some(frame) => permit.send(encode(&frame).map_err(|error| Broken::Again(error.to_string()))?),
            None => self.more = false,
        }
        Ok(())
    }

    fn say(&mut self) -> Option<ToServer> {
        if !self.resumed {
            return None;
        }
        let asks = self.board.say_ask(&mut self.asked);
        asks.or_else(|| self.board.say(&mut self.told, &mut self.turn, &mut self.window))
    }

    fn beat(&mut self) -> Result<(), Broken> {
        if self.liveness.is_dead(clock::ticks()) {
            return Err(Broken::Again(String::from("the server does not answer any more")));
        }
        self.sequence += 1;
        self.waiting.push_back(ToServer::Heartbeat { sequence: self.sequence });
        Ok(())
    }

    fn take(&mut self, frame: ToAgent) -> Result<(), Broken> {
        match frame {
            ToAgent::Resume { verdicts } => {
                self.told = self.board.resume(verdicts, &mut self.window);
                self.resumed = true;
            }
            ToAgent::Run { job } => {
                if let Some(told) = self.told.get_mut(&job.id) {
                    told.again();
                }
                runner::deliver(self.board, &job);
            }
            ToAgent::Cancel { job } => self.board.cancel(&job),
            ToAgent::Stored { job, to } => {
                self.window.stored(&job, to);
                self.board.stored(&job, to);
            }
            ToAgent::Acknowledged { job } => {
                self.window.forget(&job);
                self.told.remove(&job);
                self.board.forget(&job);
            }
            ToAgent::Refused { reason, message } => return Err(refused(reason, message)),
            ToAgent::Answer { ask, answer } => self.board.answered(ask, answer),
            ToAgent::Pulse { .. } | ToAgent::Unknown => {}
            ToAgent::Challenge { .. } | ToAgent::Welcome { .. } => {
                return Err(Broken::Again(String::from("the server sent a frame out of turn")));
            }
        }
        Ok(())
    }
}
