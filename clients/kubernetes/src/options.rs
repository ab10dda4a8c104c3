//! What a cluster is made with.

use std::{num::NonZeroUsize, time::Duration};

use evenkeel_transport::{Deadline, Mask, Retry};

/// What a cluster is made with. Every duration is positive.
#[derive(Debug, Clone)]
pub struct ClusterOptions {
    /// Under which name server-side apply and other writes manage fields, such as `evenkeel-harbor`.
    pub field_manager: String,
    /// How long making a connection may take, its TLS handshake included.
    pub connect_timeout: Duration,
    /// How long one attempt of a request may take, its answer's body included.
    pub request_timeout: Duration,
    /// When and how often a request is repeated. In addition to what [`Retry`] says, a 500 is repeated where the request may
    /// be done twice: etcd's passing troubles come as 500.
    pub retry: Retry,
    /// How many requests may be under way at once, over all clones. A watch does not count.
    pub concurrency: NonZeroUsize,
    /// The end of the run: no request starts after it, and none outlives it.
    pub deadline: Option<Deadline>,
    /// How many bytes of an answer are read at most: a page of 500 Secrets of ordinary size is a few hundred KiB.
    pub max_response_bytes: usize,
    /// How many of the last attempts the request log keeps. Its counters are exact.
    pub log_capacity: usize,
    /// The run's secrets: they are taken out of what the server says, and the credentials of this cluster are added.
    pub mask: Mask,
}

impl Default for ClusterOptions {
    fn default() -> Self {
        Self {
            field_manager: "evenkeel".to_owned(),
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(30),
            retry: Retry::default(),
            concurrency: NonZeroUsize::MIN.saturating_add(7),
            deadline: None,
            max_response_bytes: 64 * 1024 * 1024,
            log_capacity: 2_000,
            mask: Mask::default(),
        }
    }
}
