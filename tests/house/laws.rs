//! The tables of the house: who may import whom, and what a room must never name.

/// What a crate may import of the house. Imports only go down.
pub const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("pilothouse-document", &[]),
    ("pilothouse-protocol", &["pilothouse-document"]),
    ("pilothouse-trust", &[]),
    ("pilothouse-agent", &["pilothouse-document", "pilothouse-protocol", "pilothouse-trust"]),
    ("pilothouse-api", &["pilothouse-document", "pilothouse-protocol"]),
    ("pilothouse-client", &["pilothouse-api", "pilothouse-protocol", "pilothouse-trust"]),
    ("pilothouse-store", &["pilothouse-api", "pilothouse-document", "pilothouse-protocol"]),
    (
        "pilothouse-server",
        &[
            "pilothouse-api",
            "pilothouse-document",
            "pilothouse-protocol",
            "pilothouse-store",
            "pilothouse-trust",
        ],
    ),
    ("pilothouse-kit", &[]),
    (
        "pilothouse",
        // The last two for `local.rs` alone: see the law of rooms.
        &[
            "pilothouse-kit",
            "pilothouse-client",
            "pilothouse-api",
            "pilothouse-document",
            "pilothouse-server",
            "pilothouse-agent",
        ],
    ),
];

/// The crates of contracts hold data: nothing that reads, writes, waits or draws.
pub const PLAIN: &[&str] =
    &["serde", "serde_json", "serde_bytes", "serde-saphyr", "rmp-serde", "base64", "regex", "thiserror"];
pub const CONTRACTS: &[&str] = &["pilothouse-document", "pilothouse-protocol", "pilothouse-api"];

/// Who may use what comes from outside and stamps a floor.
pub const OUTSIDE: &[(&str, &[&str])] = &[
    ("axum", &["pilothouse-server"]),
    ("hyper", &["pilothouse-server"]),
    ("tower", &["pilothouse-server"]),
    ("tower-http", &["pilothouse-server"]),
    ("sqlx", &["pilothouse-store", "pilothouse-tests"]),
    ("object_store", &["pilothouse-server"]),
    ("reqwest", &["pilothouse-client", "pilothouse-agent", "pilothouse-server"]),
    ("rcgen", &["pilothouse-server"]),
    ("x509-parser", &["pilothouse-server"]),
    ("ratatui", &["pilothouse-kit", "pilothouse"]),
    ("crossterm", &["pilothouse-kit", "pilothouse"]),
    ("portable-pty", &["pilothouse-tests"]),
    ("sysinfo", &["pilothouse-agent"]),
    ("cedar-policy", &["pilothouse-server"]),
];

/// What the code of a room must never name.
pub struct Law {
    /// Paths that begin so, but those in `except`.
    pub room: &'static str,
    pub except: &'static [&'static str],
    pub never: &'static [&'static str],
    pub why: &'static str,
}

pub const CLOCKS: &[&str] = &[
    "std::time::SystemTime",
    "std::time::Instant",
    "tokio::time",
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
];
pub const IO: &[&str] =
    &["std::fs", "std::net", "std::process", "std::env", "tokio", "axum", "sqlx", "ratatui"];

pub const LAWS: &[Law] = &[
    Law { room: "agent/document/src/", except: &[], never: IO, why: "contracts hold data" },
    Law { room: "agent/document/src/", except: &[], never: CLOCKS, why: "contracts know no clock" },
    Law { room: "agent/protocol/src/", except: &[], never: IO, why: "contracts hold data" },
    Law { room: "agent/protocol/src/", except: &[], never: CLOCKS, why: "contracts know no clock" },
    Law { room: "server/api/src/", except: &[], never: IO, why: "contracts hold data" },
    Law { room: "server/api/src/", except: &[], never: CLOCKS, why: "contracts know no clock" },
    Law {
        room: "agent/src/plugins/",
        except: &[],
        never: &[
            "crate::link",
            "crate::runner",
            "crate::board",
            "crate::ledger",
            "std::process",
            "tokio::process",
            "std::fs",
        ],
        why: "a plugin sees its step context and the host, nothing else",
    },
    Law {
        room: "server/src/capabilities/",
        except: &[],
        never: &[
            "crate::http",
            "crate::gateway",
            "crate::scheduler",
            "axum",
            "hyper",
            "tower",
            "sqlx",
            "std::fs",
            "std::process",
            "std::net",
        ],
        why: "a capability is rules over its context; doors and files are behind ports",
    },
    Law {
        room: "server/src/http/",
        except: &[],
        never: &["crate::gateway", "crate::scheduler", "crate::capabilities", "sqlx"],
        why: "the operators' door knows the door and the api; where doors meet is server.rs",
    },
    Law {
        room: "server/src/gateway/",
        except: &[],
        never: &["crate::http", "crate::scheduler", "crate::capabilities", "axum", "hyper", "sqlx"],
        why: "the agents' door knows the door and the protocol; where doors meet is server.rs",
    },
    Law {
        room: "server/src/scheduler/",
        except: &[],
        never: &["crate::http", "crate::gateway", "crate::capabilities", "axum", "hyper", "sqlx"],
        why: "the clock's door performs operations, nothing else",
    },
    Law {
        room: "server/src/",
        except: &["server/src/http/"],
        never: &["axum", "tower", "tower_http"],
        why: "http is the only room that knows axum",
    },
    Law {
        room: "server/src/",
        except: &["server/src/courier/"],
        never: &["reqwest"],
        why: "what leaves the house goes by the courier",
    },
    Law {
        room: "server/client/src/",
        except: &[],
        never: &["pilothouse_server", "pilothouse_store"],
        why: "the client knows what operators can say, not how it is done",
    },
    Law {
        room: "tui/src/",
        except: &["tui/src/local.rs"],
        never: &["pilothouse_server", "pilothouse_agent"],
        why: "local.rs is the only file that may know how a server or an agent is started",
    },
    Law {
        room: "tui/src/screens/",
        except: &[],
        never: &[
            "crate::remote",
            "crate::shell",
            "crate::local",
            "tokio",
            "std::fs",
            "std::net",
            "std::process",
            "std::thread",
        ],
        why: "a room is state and drawing; what it wants done it returns as an effect",
    },
    Law {
        room: "tui/src/mirror/",
        except: &[],
        never: &[
            "crate::remote",
            "crate::shell",
            "crate::local",
            "crate::screens",
            "tokio",
            "std::fs",
            "std::net",
        ],
        why: "the mirror is told, it does not ask",
    },
    Law {
        room: "tui/",
        // The painter says in escape sequences what others chose.
        except: &["tui/kit/src/theme", "tui/kit/src/painter"],
        never: &["ratatui::style::Color", "ratatui::prelude", "Color"],
        why: "colours stand in themes; ask the theme for a role",
    },
    Law {
        room: "tui/kit/src/",
        except: &[],
        never: &["tokio", "std::net", "std::process"],
        why: "widgets draw and take keys, nothing else",
    },
];

/// Folders in which each room is on its own, and what all of them share there.
pub struct Strangers {
    /// The folder's module.
    pub hall: &'static [&'static str],
    pub folder: &'static str,
    pub shared: &'static [&'static str],
    pub instead: &'static str,
}

pub const STRANGERS: &[Strangers] = &[
    Strangers {
        hall: &["capabilities"],
        folder: "server/src/capabilities/",
        shared: &["page", "parameter_events", "rates", "resources", "tag_keys", "view"],
        instead: "perform that capability's operation (a type of the api) or move the shared rule beside them",
    },
    Strangers {
        hall: &["screens"],
        folder: "tui/src/screens/",
        shared: &["rows"],
        instead: "open that room by a route; what both draw alike belongs to kit or screens/rows",
    },
    Strangers {
        hall: &["plugins"],
        folder: "agent/src/plugins/",
        shared: &[],
        instead: "what plugins share is the host's or the step context's",
    },
];

/// Where tests may let time pass.
pub const MAY_SLEEP: &[&str] = &[
    "tests/harness/wait.rs",  // waiting for a condition is made of it
    "agent/tests/rig/mod.rs", // the same, for a crate that cannot see the harness
    "agent/tests/runs.rs",    // an agent is killed at another moment each time
    "tests/bench/",           // measures
];
