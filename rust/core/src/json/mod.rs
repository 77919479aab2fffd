//! A push tokenizer for JSON text that arrives in pieces, and the growing value.
