//! The list of rooms: the one place that names them all. A new room is one line here.
//!
//! In: a place's name. Out: one type that is any room, and one that is anything that can be said to a room.
//! Never here: what a room does.

use std::path::Path;

use pilothouse_api::protocol::Millis;
use pilothouse_api::topics::Topic;
use pilothouse_kit::keymap::Keymap;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::effect::{CallError, Choice, Effect, Effects, Question, Reply, Secret, Ticket};
use crate::route::Route;
use crate::screen::{Cx, Input, Screen};
use crate::screens::{
    access, approval, audit, command, commands, document, documents, editor, inbox, node, nodes, parameters,
    run,
};

macro_rules! rooms {
    ($($(#[$doc:meta])* $name:ident($room:ty), $route:pat => $new:expr;)*) => {
        /// A kind of room, for tables of keys.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Kind { $($(#[$doc])* $name),* }

        /// Any room.
        pub enum Room { $($(#[$doc])* $name(Box<$room>)),* }

        /// Anything that can be said to a room.
        #[derive(Clone, Debug, PartialEq)]
        pub enum RoomMsg { $($(#[$doc])* $name(<$room as Screen>::Msg)),* }

        impl Kind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its name in the keymap file, as in its locator.
            #[must_use]
            pub fn name(self) -> String {
                match self { $(Self::$name => stringify!($name).to_lowercase()),* }
            }

            /// Its keys.
            #[must_use]
            pub fn keys(self) -> Keymap<RoomMsg> {
                match self { $(Self::$name => <$room as Screen>::keys().map(RoomMsg::$name)),* }
            }
        }

        impl RoomMsg {
            /// The permission that it needs.
            #[must_use]
            pub fn permission(&self) -> Option<&'static str> {
                match self { $(Self::$name(msg) => <$room as Screen>::permission(msg)),* }
            }
        }

        impl Room {
            /// The room of a place.
            #[must_use]
            pub fn enter(route: Route) -> Self {
                match route { $($route => Self::$name(Box::new($new))),* }
            }

            /// Which kind it is.
            #[must_use]
            pub fn kind(&self) -> Kind {
                match self { $(Self::$name(_) => Kind::$name),* }
            }

            /// Why `msg` is not allowed, or makes no sense now.
            #[must_use]
            pub fn why_not(&self, msg: &RoomMsg, cx: &Cx<'_>) -> Option<String> {
                if let Some(why) = msg.permission().and_then(|permission| cx.mirror.caller.why_denied(permission)) {
                    return Some(why.to_owned());
                }
                match (self, msg) {
                    $((Self::$name(room), RoomMsg::$name(msg)) => room.why_not(msg, cx),)*
                    _ => Some(String::from("it belongs to another place")),
                }
            }

            /// The name of this place.
            #[must_use]
            pub fn route(&self) -> Route {
                match self { $(Self::$name(room) => room.route()),* }
            }

            /// What it is called.
            #[must_use]
            pub fn title(&self, cx: &Cx<'_>) -> String {
                match self { $(Self::$name(room) => room.title(cx)),* }
            }

            /// What it wants to be told of.
            #[must_use]
            pub fn wants(&self, cx: &Cx<'_>) -> Vec<Topic> {
                match self { $(Self::$name(room) => room.wants(cx)),* }
            }

            /// It was just entered for the first time.
            pub fn open(&mut self, cx: &Cx<'_>) -> Effects<RoomMsg> {
                match self { $(Self::$name(room) => map(room.open(cx), RoomMsg::$name)),* }
            }

            /// What typing means while a text field has the focus.
            #[must_use]
            pub fn typed(&self, input: &Input) -> Option<RoomMsg> {
                match self { $(Self::$name(room) => room.typed(input).map(RoomMsg::$name)),* }
            }

            /// Says something to it. What is meant for another room is not heard.
            pub fn update(&mut self, msg: RoomMsg, cx: &Cx<'_>) -> Effects<RoomMsg> {
                match (self, msg) {
                    $((Self::$name(room), RoomMsg::$name(msg)) => map(room.update(msg, cx), RoomMsg::$name),)*
                    _ => Vec::new(),
                }
            }

            /// A call that it made was answered.
            pub fn landed(&mut self, ticket: Ticket, result: Result<Reply, CallError>, cx: &Cx<'_>) -> Effects<RoomMsg> {
                match self { $(Self::$name(room) => map(room.landed(ticket, result, cx), RoomMsg::$name)),* }
            }

            /// The mirror changed.
            pub fn told(&mut self, cx: &Cx<'_>) {
                match self { $(Self::$name(room) => room.told(cx)),* }
            }

            /// It was told, or is seen again: it may ask for more.
            pub fn follow_up(&mut self, cx: &Cx<'_>) -> Effects<RoomMsg> {
                match self { $(Self::$name(room) => map(room.follow_up(cx), RoomMsg::$name)),* }
            }

            /// A file was written for it, or was not.
            pub fn saved(&mut self, path: &Path, well: bool) {
                match self { $(Self::$name(room) => room.saved(path, well)),* }
            }

            /// A file that it asked for was read, or was not.
            pub fn loaded(&mut self, path: &Path, held: Result<Secret, String>, cx: &Cx<'_>) -> Effects<RoomMsg> {
                match self { $(Self::$name(room) => map(room.loaded(path, held, cx), RoomMsg::$name)),* }
            }

            /// Another place is seen now.
            pub fn left(&mut self) {
                match self { $(Self::$name(room) => room.left()),* }
            }

            /// The user asks for everything anew.
            pub fn refreshed(&mut self, cx: &Cx<'_>) -> Effects<RoomMsg> {
                match self { $(Self::$name(room) => map(room.refreshed(cx), RoomMsg::$name)),* }
            }

            /// When it wants to be asked for more without being told.
            #[must_use]
            pub fn wakes_at(&self) -> Option<Millis> {
                match self { $(Self::$name(room) => room.wakes_at()),* }
            }

            /// What would be lost if it were closed now.
            #[must_use]
            pub fn unsaved(&self) -> Option<String> {
                match self { $(Self::$name(room) => room.unsaved()),* }
            }

            /// Closes something of its own, if anything is open.
            pub fn step_back(&mut self) -> bool {
                match self { $(Self::$name(room) => room.step_back()),* }
            }

            /// Draws it.
            pub fn view(&self, cx: &Cx<'_>, frame: &mut Frame<'_>, area: Rect) {
                match self { $(Self::$name(room) => room.view(cx, frame, area)),* }
            }
        }
    };
}

rooms! {
    /// The fleet.
    Nodes(nodes::Nodes), Route::Nodes { filter } => nodes::Nodes::new(filter);
    /// One node.
    Node(node::Node), Route::Node(id) => node::Node::new(id);
    /// Preparing a run.
    Run(run::Run), Route::Run(spec) => run::Run::new(spec);
    /// One command.
    Command(command::Command), Route::Command(spot) => command::Command::new(spot);
    /// The history.
    Commands(commands::Commands), Route::Commands => commands::Commands::new();
    /// Requests for approval.
    Inbox(inbox::Inbox), Route::Inbox => inbox::Inbox::new();
    /// One request for approval.
    Approval(approval::Approval), Route::Approval(id) => approval::Approval::new(id);
    /// Who there is, and what they may do.
    Access(access::Access), Route::Access { tab, selected } => access::Access::new(tab, selected);
    /// The tree of parameters, now or as it was.
    Parameters(parameters::Parameters), Route::Parameters { path, at } => parameters::Parameters::new(path, at);
    /// One parameter.
    Parameter(parameters::Parameter), Route::Parameter(place) => parameters::Parameter::new(place);
    /// Documents.
    Documents(documents::Documents), Route::Documents { filter } => documents::Documents::new(filter);
    /// One document.
    Document(document::Document), Route::Document(spot) => document::Document::new(spot);
    /// Writing a document.
    Editor(editor::Editor), Route::Editor(draft) => editor::Editor::new(draft);
    /// What was done.
    Audit(audit::Audit), Route::Audit { filter } => audit::Audit::new(filter);
}

/// The same effects, said in the words of all rooms.
fn map<M>(effects: Effects<M>, wrap: impl Fn(M) -> RoomMsg) -> Effects<RoomMsg> {
    effects
        .into_iter()
        .map(|effect| match effect {
            Effect::Call(ticket, request) => Effect::Call(ticket, request),
            Effect::Open(route) => Effect::Open(route),
            Effect::Replace(route) => Effect::Replace(route),
            Effect::Close => Effect::Close,
            Effect::Ask(Question { title, card, ladder, yes }) => {
                Effect::Ask(Question { title, card, ladder, yes: wrap(yes) })
            }
            Effect::Pick { title, items } => {
                let items = items.into_iter().map(|Choice { label, detail, disabled, msg }| Choice {
                    label,
                    detail,
                    disabled,
                    msg: wrap(msg),
                });
                Effect::Pick { title, items: items.collect() }
            }
            Effect::Arm { environment, then } => Effect::Arm { environment, then: wrap(then) },
            Effect::Copy(text) => Effect::Copy(text),
            Effect::Save { path, text } => Effect::Save { path, text },
            Effect::SaveOutput(file) => Effect::SaveOutput(file),
            Effect::CopySecret(secret) => Effect::CopySecret(secret),
            Effect::SaveSecret { path, text } => Effect::SaveSecret { path, text },
            Effect::Load(path) => Effect::Load(path),
            Effect::Toast(level, text) => Effect::Toast(level, text),
            Effect::Quit => Effect::Quit,
        })
        .collect()
}
