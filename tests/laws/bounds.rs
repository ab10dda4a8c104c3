//! Law 8: everything is bounded. The parts that need no process; stopping is in `stopping`.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Gate, Kind, Matching, Page};

use crate::{
    bench::{Bench, told},
    proxy::Proxy,
    subject::Subject,
};

/// A server that never answers a login, a read or a write: the run ends when its time is up, and says so.
pub(crate) async fn a_server_that_never_answers_ends_the_run_at_its_deadline<S: Subject>() {
    for (what, matching) in
        [("logins", Matching::tokens()), ("reads", Matching::reads()), ("writes", Matching::writes())]
    {
        if what == "logins" && !S::LOGS_IN {
            continue;
        }
        let mut bench = Bench::<S>::new();
        bench.options.timeout = Duration::from_secs(1);
        let gate = Gate::new();
        bench.subject.inject(Fault::always(matching, Effect::Hold(gate.clone())));
        let begin = Instant::now();
        let finished = bench.apply().await;
        assert_eq!(finished.exit_code, ExitCode::Unavailable, "{what}: {}", told(&finished));
        let took = begin.elapsed();
        assert!(took >= bench.options.timeout && took < Duration::from_secs(20), "{what}: {took:?}");
        gate.open();
        bench.options.timeout = Duration::from_secs(600);
        bench.subject.heal();
        bench.converge().await;
    }
}

/// However much there is to do, no more requests to a server are under way than `--concurrency` says; and so many are: objects
/// that do not depend on each other are made side by side.
pub(crate) async fn no_more_requests_are_under_way_than_allowed<S: Subject>() {
    const MOST: usize = 3;
    let subject = S::start();
    let proxy = Proxy::before(&subject.urls()).await;
    let mut bench = Bench::with_values(subject, &S::values(proxy.urls()));
    bench.options.concurrency = NonZeroUsize::new(MOST).unwrap();
    // long enough that requests which may meet do meet
    bench.subject.inject(Fault::always(Matching::any(), Effect::Delay(Duration::from_millis(5))));
    bench.converge().await;
    bench.converge().await;
    assert_eq!(proxy.most_at_once(), MOST);
    assert!(proxy.most_writes_at_once() >= MOST, "{} writes at once", proxy.most_writes_at_once());
}

/// A server that asks for time gets it, on reads and writes alike, and the report counts what was sent again.
pub(crate) async fn a_server_that_asks_for_time_gets_it<S: Subject>() {
    let bench = Bench::<S>::new();
    let busy = |code| Effect::Status { code, page: Page::Empty, retry_after: Some(1) };
    bench.subject.inject(Fault::once(Matching::reads(), busy(429)));
    bench.subject.inject(Fault::once(Matching::writes().nth(2), busy(503)));
    let finished = bench.converge().await;
    let struck = 2 * bench.subject.servers().len();
    assert_eq!(finished.report.requests.retries, u64::try_from(struck).unwrap(), "{}", told(&finished));
    assert_eq!(finished.report.rounds, 1, "nothing failed");
    assert!(finished.report.duration_milliseconds >= 2_000, "{} ms", finished.report.duration_milliseconds);
    assert_eq!(bench.subject.requests().iter().filter(|request| request.faulted).count(), struck);
}

/// A server that is overloaded for good is given up after a few attempts, long before the deadline.
pub(crate) async fn a_server_that_stays_overloaded_is_given_up<S: Subject>() {
    let bench = Bench::<S>::new();
    bench
        .subject
        .inject(Fault::always(Matching::any(), Effect::Status { code: 503, page: Page::Html, retry_after: Some(0) }));
    let finished = bench.apply().await;
    assert_eq!(finished.exit_code, ExitCode::Unavailable, "{}", told(&finished));
    assert!(bench.subject.requests().len() < 20, "{}", bench.subject.requests().len());
}

/// When nobody knows whether a create was done, the same create is not sent again before the server was asked.
pub(crate) async fn a_post_in_doubt_is_not_repeated_before_a_read<S: Subject>() {
    let bench = Bench::<S>::new().one_at_a_time();
    bench.converge().await;
    let mut posts = Vec::new();
    for (position, (_, server)) in bench.subject.servers().into_iter().enumerate() {
        let writes = server.requests().into_iter().filter(|request| request.kind == Kind::Write);
        let in_doubt = (1..)
            .zip(writes)
            .filter(|(_, request)| request.method == "POST" && !S::may_be_repeated(&request.path))
            .map(|(number, _)| (position, number));
        posts.extend(in_doubt);
    }
    assert!(!posts.is_empty());
    for (server, number) in posts {
        let subject = S::start();
        let proxy = Proxy::before(&subject.urls()).await;
        let bench = Bench::with_values(subject, &S::values(proxy.urls())).one_at_a_time();
        bench.subject.inject_into(server, Fault::once(Matching::writes().nth(number), Effect::CutAfter));
        bench.apply().await;
        let seen = proxy.seen();
        let cut = seen.iter().position(|request| request.cut).unwrap_or_else(|| panic!("write {number} was not cut"));
        assert_eq!(seen[cut].method, "POST");
        let next = seen[cut + 1..].iter().find(|request| request.method == "GET" || request.is_like(&seen[cut]));
        assert!(next.is_some_and(|request| request.method == "GET"), "{} was sent twice in a row", seen[cut].path);
    }
}
