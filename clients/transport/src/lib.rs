//! One HTTP session for every generated client.
