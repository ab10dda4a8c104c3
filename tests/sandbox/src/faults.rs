//! Faults by rule: which requests they strike, and what they do to them.

use http::Method;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

use crate::request_log::Kind;

/// Which requests a fault strikes. Without further words: the first one of any kind.
#[derive(Debug, Clone, Default)]
pub struct Matching {
    kind: Option<Kind>,
    method: Option<Method>,
    path: Option<String>,
    skip: usize,
}

impl Matching {
    /// Any request.
    #[must_use]
    pub fn any() -> Self {
        Self::default()
    }

    /// Requests that write an object; logins are not among them.
    #[must_use]
    pub fn writes() -> Self {
        Self { kind: Some(Kind::Write), ..Self::default() }
    }

    /// Requests that read.
    #[must_use]
    pub fn reads() -> Self {
        Self { kind: Some(Kind::Read), ..Self::default() }
    }

    /// Logins and refreshes.
    #[must_use]
    pub fn tokens() -> Self {
        Self { kind: Some(Kind::Token), ..Self::default() }
    }

    /// Only requests of that method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Only requests whose path, without the query and as it was sent, fits the pattern; `*` stands for anything.
    #[must_use]
    pub fn path(mut self, pattern: impl Into<String>) -> Self {
        self.path = Some(pattern.into());
        self
    }

    /// The `number`th (from 1) of the requests that fit, counted from the injection.
    #[must_use]
    pub fn nth(mut self, number: usize) -> Self {
        self.skip = number.saturating_sub(1);
        self
    }

    fn fits(&self, method: &Method, path: &str, kind: Kind) -> bool {
        self.kind.is_none_or(|wanted| wanted == kind)
            && self.method.as_ref().is_none_or(|wanted| wanted == method)
            && self.path.as_deref().is_none_or(|pattern| fits_pattern(path, pattern))
    }
}

fn fits_pattern(path: &str, pattern: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    let Some(last) = parts.next_back() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

/// The body of a failure that a fault answers with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// None.
    Empty,
    /// A page for people, as a gateway sends it.
    Html,
    /// A JSON object that is not of the application's making.
    Json,
}

/// What a fault does.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Effect {
    /// The connection is closed before anything is applied.
    CutBefore,
    /// The request is applied, and the connection closed before a byte of the answer.
    CutAfter,
    /// The connection is reset (TCP RST) before anything is applied.
    Reset,
    /// Nothing is applied; the answer is this status.
    Status {
        /// The status, usually a 5xx or 429.
        code: u16,
        /// The answer's body.
        page: Page,
        /// Seconds of a `Retry-After` header.
        retry_after: Option<u64>,
    },
    /// The request is applied, but a gateway answers this status with a page of its own.
    StatusAfter {
        /// The status, usually 502 or 504.
        code: u16,
    },
    /// The request is applied and its answer held until the gate opens.
    Hold(Gate),
    /// The request is applied and its answer held for that long.
    Delay(Duration),
    /// 401, and the token is dead from now on.
    DeadToken,
    /// The request is applied; the answer's JSON ends in its middle, though the HTTP message is whole.
    TruncatedJson,
    /// The request is applied; the connection is closed in the middle of the answer's body.
    CutInBody,
}

/// Holds answers until a test lets them go, so that no test needs to sleep.
#[derive(Debug, Clone)]
pub struct Gate {
    waiting: Arc<watch::Sender<usize>>,
    open: Arc<watch::Sender<bool>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self { waiting: Arc::new(watch::Sender::new(0)), open: Arc::new(watch::Sender::new(false)) }
    }

    /// Waits until that many answers are, or were, held at the gate: the requests have been applied.
    pub async fn reached(&self, answers: usize) {
        // the sender lives as long as the gate, so waiting cannot fail
        let _ = self.waiting.subscribe().wait_for(|held| *held >= answers).await;
    }

    /// Lets all answers go, those to come as well.
    pub fn open(&self) {
        self.open.send_replace(true);
    }

    pub(crate) async fn pass(&self) {
        self.waiting.send_modify(|held| *held += 1);
        let _ = self.open.subscribe().wait_for(|open| *open).await;
    }
}

/// A rule: what it strikes, what it does, and how often.
#[derive(Debug, Clone)]
pub struct Fault {
    matching: Matching,
    effect: Effect,
    /// `None` is without end.
    left: Option<usize>,
}

impl Fault {
    /// Strikes one request: the first that fits, or the one that [`Matching::nth`] names.
    #[must_use]
    pub fn once(matching: Matching, effect: Effect) -> Self {
        Self::times(1, matching, effect)
    }

    /// Strikes that many requests in a row.
    #[must_use]
    pub fn times(times: usize, matching: Matching, effect: Effect) -> Self {
        Self { matching, effect, left: Some(times) }
    }

    /// Strikes every request that fits, from the one that [`Matching::nth`] names.
    #[must_use]
    pub fn always(matching: Matching, effect: Effect) -> Self {
        Self { matching, effect, left: None }
    }
}

/// The rules that wait for their requests.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens to a request. Every rule counts every request that fits it; of several that strike, the oldest acts.
    pub(crate) fn strike(&mut self, method: &Method, path: &str, kind: Kind) -> Option<Effect> {
        let mut struck: Option<Effect> = None;
        for fault in self.0.iter_mut().filter(|fault| fault.matching.fits(method, path, kind)) {
            if fault.matching.skip > 0 {
                fault.matching.skip -= 1;
            } else if struck.is_none() {
                struck = Some(fault.effect.clone());
                fault.left = fault.left.map(|left| left.saturating_sub(1));
            }
        }
        self.0.retain(|fault| fault.left != Some(0));
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(faults: &mut Faults, count: usize) -> Vec<bool> {
        (0..count).map(|_| faults.strike(&Method::POST, "/a/b", Kind::Write).is_some()).collect()
    }

    #[test]
    fn the_nth_write_is_struck_once() {
        let mut faults = Faults::default();
        faults.inject(Fault::once(Matching::writes().nth(3), Effect::CutBefore));
        assert!(faults.strike(&Method::GET, "/a", Kind::Read).is_none());
        assert_eq!(hits(&mut faults, 5), [false, false, true, false, false]);
    }

    #[test]
    fn a_rule_without_end_strikes_from_its_first_on() {
        let mut faults = Faults::default();
        faults.inject(Fault::always(Matching::any().nth(2), Effect::Reset));
        assert_eq!(hits(&mut faults, 4), [false, true, true, true]);
    }

    #[test]
    fn paths_fit_patterns() {
        assert!(fits_pattern("/admin/realms/x/roles", "/admin/realms/*/roles"));
        assert!(!fits_pattern("/admin/realms/x/roles/y", "/admin/realms/*/roles"));
        assert!(fits_pattern("/admin/realms/x/roles/y", "*/roles/*"));
        assert!(fits_pattern("/a", "/a"));
        assert!(!fits_pattern("/ab", "/a"));
    }
}
