//! One file per document action. Each has an `ACTION`, its `Inputs` (members that it does not know are refused), and `run`.
//!
//! In: a step's context and inputs. Out: how it ended. A plugin knows `plugin` and the `host` traits.
//! Never here: the link, the ledger, another plugin, `std::process`.

pub(crate) mod run_shell_script;
