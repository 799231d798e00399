//! agent/document
