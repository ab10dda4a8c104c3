//! One suite against the sandbox and, unchanged, against real servers.
