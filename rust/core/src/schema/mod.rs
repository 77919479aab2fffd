//! JSON Schema, compiled once and stepped byte by byte.

pub mod number;
pub mod text;
