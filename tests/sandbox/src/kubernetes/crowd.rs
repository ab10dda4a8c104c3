//! How many requests are under way, for a server that is told to be too busy (contract `overload`).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::access::User;
use super::answer::Failure;
use super::options::KubernetesOptions;
use super::request::Request;

/// Counts readers and writers apart.
#[derive(Debug)]
pub(crate) struct Crowd {
    readers: Arc<AtomicUsize>,
    writers: Arc<AtomicUsize>,
    limit: Option<(usize, usize)>,
}

/// A place among the requests under way; given back when the answer has left.
#[derive(Debug)]
pub(crate) struct Permit(Arc<AtomicUsize>);

impl Drop for Permit {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Crowd {
    pub(crate) fn new(options: &KubernetesOptions) -> Self {
        Self { readers: Arc::default(), writers: Arc::default(), limit: options.limits() }
    }

    /// How many are under way.
    pub(crate) fn size(&self) -> usize {
        self.readers.load(Ordering::SeqCst) + self.writers.load(Ordering::SeqCst)
    }

    /// Takes a place, where places are counted. Watches take none, nor does the group `system:masters`.
    pub(crate) fn enter(&self, user: &User, request: &Request) -> Result<Option<Permit>, Failure> {
        let Some((readers, writers)) = self.limit else { return Ok(None) };
        let verb = request.verb();
        if user.is_master() || verb == "watch" {
            return Ok(None);
        }
        let (count, limit) = match verb {
            "get" | "list" => (&self.readers, readers),
            _ => (&self.writers, writers),
        };
        // taken first, so that two requests at once cannot both have the last place
        let permit = Permit(Arc::clone(count));
        if count.fetch_add(1, Ordering::SeqCst) >= limit {
            return Err(Failure::text(429, "Too many requests, please try again later.\n", Some(1)));
        }
        Ok(Some(permit))
    }
}
