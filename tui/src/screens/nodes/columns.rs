//! The columns of the fleet: what they are called, what stands in them, how they sort, and which go first when it is narrow.

use std::borrow::Cow;
use std::cmp::{Ordering, Reverse};

use pilothouse_api::protocol::PingStatus;
use pilothouse_api::topics::NodeView;
use pilothouse_kit::table::{self, Align, Cell, Width};
use pilothouse_kit::theme::Role;
use serde::{Deserialize, Serialize};

use super::fleet::is_outdated;
use crate::screen::{Cx, Times};
use crate::screens::rows::natural;
use crate::{facts, look, times};

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Column {
    /// What people call it.
    Name,
    /// Whether it answers, and whether two machines claim it.
    State,
    /// The environment that its tags name.
    Environment,
    /// One of its tags.
    Tag(String),
    /// Distribution and version.
    System,
    /// Linux, Windows or macOS.
    Platform,
    /// Its address.
    Address,
    /// Version of the agent.
    Agent,
    /// When it was last heard.
    Seen,
    /// Logical processors.
    Cpus,
    /// Memory.
    Memory,
    /// Machine architecture.
    Architecture,
    /// Kernel release.
    Kernel,
    /// Host name.
    Host,
    /// When it registered.
    Registered,
    /// `mi-…`.
    Id,
}

impl Column {
    /// Those that one can choose, but for the tags.
    pub const ALL: [Self; 15] = [
        Self::Name,
        Self::State,
        Self::Environment,
        Self::System,
        Self::Platform,
        Self::Address,
        Self::Agent,
        Self::Seen,
        Self::Cpus,
        Self::Memory,
        Self::Architecture,
        Self::Kernel,
        Self::Host,
        Self::Registered,
        Self::Id,
    ];

    /// What a new list shows.
    #[must_use]
    pub fn first_choice() -> Vec<Self> {
        vec![
            Self::Name,
            Self::State,
            Self::Environment,
            Self::Tag("role".to_owned()),
            Self::System,
            Self::Address,
            Self::Seen,
            Self::Agent,
            Self::Cpus,
            Self::Memory,
        ]
    }

    /// What stands over it.
    #[must_use]
    pub fn title(&self) -> &str {
        match self {
            Self::Name => "Name",
            Self::State => "State",
            Self::Environment => "Env",
            Self::Tag(key) => key,
            Self::System => "System",
            Self::Platform => "Platform",
            Self::Address => "Address",
            Self::Agent => "Agent",
            Self::Seen => "Seen",
            Self::Cpus => "CPUs",
            Self::Memory => "Memory",
            Self::Architecture => "Arch",
            Self::Kernel => "Kernel",
            Self::Host => "Host",
            Self::Registered => "Registered",
            Self::Id => "Id",
        }
    }

    /// The higher, the sooner it is left out when there is no room.
    const fn dispensable(&self) -> u8 {
        match self {
            Self::Name => 0,
            Self::State => 1,
            Self::Environment => 2,
            Self::Tag(_) => 3,
            Self::Seen => 4,
            Self::System => 5,
            Self::Address => 6,
            Self::Agent => 7,
            Self::Memory => 8,
            Self::Cpus => 9,
            // Only who asked for it has it.
            _ => 2,
        }
    }

    fn width(&self, times: Times) -> Width {
        match self {
            Self::Name => Width::Flex { min: 18, weight: 4 },
            Self::State => Width::Fixed(10),
            Self::Environment => Width::Flex { min: 7, weight: 1 },
            Self::Tag(_) => Width::Flex { min: 7, weight: 2 },
            Self::System => Width::Flex { min: 15, weight: 3 },
            Self::Platform => Width::Fixed(8),
            Self::Address => Width::Flex { min: 13, weight: 1 },
            Self::Memory | Self::Architecture => Width::Fixed(8),
            Self::Agent => Width::Fixed(7),
            Self::Seen | Self::Registered => Width::Fixed(if times == Times::Relative { 10 } else { 12 }),
            Self::Cpus => Width::Fixed(4),
            Self::Kernel => Width::Flex { min: 14, weight: 1 },
            Self::Host => Width::Flex { min: 14, weight: 3 },
            Self::Id => Width::Fixed(20),
        }
    }

    /// As the table wants it.
    pub(super) fn head(&self, times: Times) -> table::Column<'_> {
        let align = if matches!(self, Self::Cpus | Self::Memory) { Align::Right } else { Align::Left };
        table::Column { title: self.title(), width: self.width(times), align, pinned: *self == Self::Name }
    }

    /// What stands in it.
    pub(super) fn cell<'a>(&self, node: &'a NodeView, newest: &str, cx: &Cx<'_>) -> Cell<'a> {
        match self {
            Self::Name => Cell::new(&node.name),
            Self::State => state(node, cx),
            Self::Environment => {
                let name = look::env_of(node).unwrap_or_default();
                Cell::of(look::env(name), name)
            }
            Self::Tag(key) => Cell::new(node.tags.get(key).map_or("", String::as_str)),
            Self::System => Cell::new(facts::system(node)),
            Self::Platform => Cell::new(node.platform.map_or("", |platform| platform.as_str())),
            Self::Address => Cell::new(&node.ip_address),
            Self::Agent if is_outdated(node, newest) => Cell::of(Role::Warn, &node.agent_version),
            Self::Agent => Cell::new(&node.agent_version),
            Self::Seen => Cell::new(facts::heard(node, cx)),
            Self::Registered => Cell::new(times::instant(node.registered_at, cx)),
            Self::Cpus if node.cpus == 0 => Cell::new(""),
            Self::Cpus => Cell::new(node.cpus.to_string()),
            Self::Memory if node.memory_bytes == 0 => Cell::new(""),
            Self::Memory => Cell::new(times::bytes(node.memory_bytes)),
            Self::Architecture => Cell::new(&node.architecture),
            Self::Kernel => Cell::new(&node.kernel),
            Self::Host => Cell::new(&node.computer_name),
            Self::Id => Cell::of(Role::TextCode, node.instance_id.as_str()),
        }
    }

    /// The order of two nodes by it; what is alike stands in order of name.
    pub(super) fn compare(&self, a: &NodeView, b: &NodeView) -> Ordering {
        let order = match self {
            Self::Name => Ordering::Equal,
            Self::State => rank(a).cmp(&rank(b)),
            Self::Environment => words(look::env_of(a), look::env_of(b)),
            Self::Tag(key) => words(a.tags.get(key).map(String::as_str), b.tags.get(key).map(String::as_str)),
            Self::System => natural(&a.platform_name, &b.platform_name)
                .then_with(|| natural(&a.platform_version, &b.platform_version)),
            Self::Platform => a.platform.cmp(&b.platform),
            Self::Address => natural(&a.ip_address, &b.ip_address),
            Self::Agent => natural(&a.agent_version, &b.agent_version),
            Self::Seen => facts::last_heard(a).map(Reverse).cmp(&facts::last_heard(b).map(Reverse)),
            Self::Registered => b.registered_at.cmp(&a.registered_at),
            Self::Cpus => a.cpus.cmp(&b.cpus),
            Self::Memory => a.memory_bytes.cmp(&b.memory_bytes),
            Self::Architecture => natural(&a.architecture, &b.architecture),
            Self::Kernel => natural(&a.kernel, &b.kernel),
            Self::Host => natural(&a.computer_name, &b.computer_name),
            Self::Id => Ordering::Equal,
        };
        let by_name = || if *self == Self::Id { Ordering::Equal } else { natural(&a.name, &b.name) };
        order.then_with(by_name).then_with(|| a.instance_id.cmp(&b.instance_id))
    }
}

/// Those of the chosen columns that fit side by side; the most dispensable go first, the order stays.
pub(super) fn that_fit(columns: &[Column], cells: u16, times: Times) -> Vec<&Column> {
    let mut kept: Vec<&Column> = columns.iter().collect();
    while kept.len() > 1 && !table::fits(kept.iter().map(|column| column.width(times)), cells) {
        let Some(worst) = kept.iter().map(|column| column.dispensable()).max() else { break };
        if let Some(at) = kept.iter().rposition(|column| column.dispensable() == worst) {
            kept.remove(at);
        }
    }
    kept
}

/// Whether it answers; two machines with its identity are told in the same place, as that is the graver.
fn state<'a>(node: &NodeView, cx: &Cx<'_>) -> Cell<'a> {
    let look = look::ping(node.ping, cx.theme.symbols());
    if node.conflict.is_some() {
        Cell::of(Role::Bad, Cow::from(format!("{} conflict", look.symbol)))
    } else {
        Cell::of(look.role, look.text())
    }
}

/// Faults stand first.
fn rank(node: &NodeView) -> (bool, Reverse<PingStatus>) {
    (node.conflict.is_none(), Reverse(node.ping))
}

/// What has none stands last.
fn words(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => natural(a, b),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}
