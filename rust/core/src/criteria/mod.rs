//! Checks on text and values as they grow.
