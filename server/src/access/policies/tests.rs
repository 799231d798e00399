//! Stories of policies.
