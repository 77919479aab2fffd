//! The bounds of the transport, each with its reason.

use std::time::Duration;

/// Bytes of a response's header block, and of what is read from a socket at once. Buffers start at 8 KiB and grow only
/// under load.
pub const READ_BUFFER: usize = 64 * 1024;

/// Connections kept idle, over all origins of a client.
pub const IDLE_CONNECTIONS: usize = 100;

/// How long they are kept; servers close theirs after about as long.
pub const IDLE: Duration = Duration::from_secs(60);

/// Connections held ready for an origin whose running requests are expected to lose theirs.
pub const SPARES: usize = 16;

/// How long connecting ahead may take.
pub const SPARE: Duration = Duration::from_secs(10);

/// How long a finished exchange may take to make its connection usable again.
pub const SETTLE: Duration = Duration::from_secs(1);

/// Between two attempts at addresses of one host (RFC 8305, section 8: "Connection Attempt Delay").
pub const STAGGER: Duration = Duration::from_millis(250);

/// Bytes that one HTTP/2 stream may have under way.
pub const STREAM_WINDOW: u32 = 128 * 1024;

/// Streams on one HTTP/2 connection; further ones open another.
pub const STREAMS: usize = 100;

/// Bytes that one HTTP/2 connection may have under way: all its streams', so that none starves another.
pub const CONNECTION_WINDOW: u32 = STREAM_WINDOW * STREAMS as u32;

/// Streams that may be reset on one HTTP/2 connection. Servers answer floods of resets with GOAWAY (CVE-2023-44487), so
/// that a connection which has used this up takes no further stream and ends with its last one.
pub const RESETS: usize = 64;

/// How long the first connection to an origin is waited for, to see whether it can carry further requests (HTTP/2),
/// before a second one is tried.
pub const SHARED_WAIT: Duration = Duration::from_millis(300);

/// A quiet HTTP/2 connection with open streams is asked for a sign of life this often.
pub const PING_INTERVAL: Duration = Duration::from_secs(20);

/// How long the sign of life may take.
pub const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// How long sockets wait to be read together, where everybody who listens said that this does not matter.
pub const ROUND: Duration = Duration::from_millis(1);

/// Exchanges from which on sockets are read in rounds. With fewer there is little to save, and a decision that ends a
/// stream would come later by as much as a round.
pub const CROWD: usize = 32;

/// Bytes of a proxy's answer to CONNECT.
pub const PROXY_ANSWER: usize = 16 * 1024;

/// How long stopping the thread for a fork is waited for.
pub const PAUSE: Duration = Duration::from_secs(2);
