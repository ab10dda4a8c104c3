//! Law 8: SIGTERM in the middle of an apply. What is under way is finished, nothing new is begun, the report is written.

use std::{
    io::{BufRead, BufReader},
    process::ChildStderr,
    thread::{self, JoinHandle},
};

use evenkeel_core::report::{Report, Status};
use evenkeel_engine::exit_code::ExitCode;
use evenkeel_sandbox::{Effect, Fault, Gate, Kind, Matching};
use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::oneshot;

use crate::{
    bench::Bench,
    essence::{differences, essence},
    program::Program,
    subject::Subject,
};

/// A write of a run is held at a gate, so that the signal comes in the middle of it, and the gate is opened once the
/// program has said that it heard the signal.
pub(crate) async fn a_signal_lets_the_current_write_finish_and_starts_no_other<S: Subject>() {
    let subject = S::start();
    let program = Program::<S>::new(&S::values(&subject.urls()));
    let gate = Gate::new();
    subject.inject_into(0, Fault::once(Matching::writes().nth(3), Effect::Hold(gate.clone())));
    let mut child = program.command("apply", &["--concurrency", "1", "--log-format", "json"]).spawn().unwrap();
    let pid = Pid::from_child(&child);
    // read from the beginning: a full pipe would hold the program up
    let (heard, reader) = listen(child.stderr.take().unwrap());
    gate.reached(1).await;
    let begun = writes(&subject);
    assert!(begun >= 3);
    kill_process(pid, Signal::TERM).unwrap();
    assert!(heard.await.is_ok(), "the program did not say that it heard the signal");
    gate.open();
    let status = blocking(move || child.wait().unwrap()).await;
    reader.join().unwrap();
    assert_eq!(status.code(), Some(i32::from(ExitCode::SomeFailed.number())));

    assert_eq!(writes(&subject), begun, "{:?}", subject.requests());
    let report: Report = serde_json::from_slice(&std::fs::read(program.out("report.json")).unwrap()).unwrap();
    assert_eq!(report.exit_code, ExitCode::SomeFailed.number());
    assert_eq!(report.count(Status::Applied), begun, "what was under way is applied, and told as such");
    assert!(report.count(Status::Skipped) > 0);
    assert_eq!(report.count(Status::Failed), 0);
    assert!(!std::fs::read(program.out("termination-log")).unwrap().is_empty());

    let again = program.command("apply", &[]).spawn().unwrap();
    let again = blocking(move || again.wait_with_output()).await.unwrap();
    assert!(again.status.success(), "{}", String::from_utf8_lossy(&again.stderr));
    let whole = Bench::<S>::converged().await;
    assert_eq!(differences(&essence(&whole.subject), &essence(&subject)), [""; 0]);
}

fn writes<S: Subject>(subject: &S) -> usize {
    subject.requests().iter().filter(|request| request.kind == Kind::Write).count()
}

/// Reads what the program says until it ends, and tells when it has heard the signal.
fn listen(stderr: ChildStderr) -> (oneshot::Receiver<()>, JoinHandle<()>) {
    let (tell, heard) = oneshot::channel();
    let reader = thread::spawn(move || {
        let mut tell = Some(tell);
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if line.contains("stopping after what is under way") {
                // whoever waits for it no more has failed already
                let _ = tell.take().map(|tell| tell.send(()));
            }
        }
    });
    (heard, reader)
}

async fn blocking<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> R {
    tokio::task::spawn_blocking(work).await.unwrap()
}
