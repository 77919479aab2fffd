//! Provider bytes to deltas.
