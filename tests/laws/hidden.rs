//! Law 3: a secret that the application hides is compared with what was written last, and never rewritten blindly.

use evenkeel_core::object::ObjectId;
use evenkeel_engine::{exit_code::ExitCode, run::Finished};
use evenkeel_sandbox::{Effect, Fault, Gate, Kind, Matching};

use crate::{
    bench::{Bench, changes, planned, told},
    subject::{Hidden, Subject},
};

const OTHER: &str = "KanarieOtherDd6{+}#";

/// Another declared value is found, shown without either value, and written with one request; then it is remembered.
pub(crate) async fn a_hidden_secret_that_changes_is_written_once<S: Subject>() {
    for hidden in S::HIDDEN {
        let mut bench = Bench::<S>::converged().await;
        bench.change_secret(hidden.secret, OTHER);
        let plan = bench.plan().await;
        expect_alone(&plan, hidden);
        bench.subject.forget();
        bench.converge().await;
        assert_eq!(bench.count(Kind::Write), 1, "{hidden:?}: {:?}", bench.subject.requests());
        assert!(holds(&bench, OTHER), "{hidden:?} was not set");
        expect_no_write(&bench).await;
    }
}

/// With the inventory what was written is forgotten: the secret is unknown, told once, and left alone until somebody says that
/// the declared value is the right one.
pub(crate) async fn a_hidden_secret_of_which_nothing_is_remembered_is_left_alone<S: Subject>() {
    for hidden in S::HIDDEN {
        let mut bench = Bench::<S>::converged().await;
        bench.lose_inventory();
        bench.change_secret(hidden.secret, OTHER);
        bench.subject.forget();
        let finished = bench.converge().await;
        assert_eq!(bench.count(Kind::Write), 0, "{hidden:?}: {:?}", bench.subject.requests());
        let told_of = |finished: &Finished| {
            let notes = finished.report.notes.iter();
            notes.filter(|note| note.object == object(hidden) && note.message.contains(hidden.path)).count()
        };
        assert_eq!(told_of(&finished), 1, "{hidden:?}: {:?}", finished.report.notes);
        let adopted = bench.adopt().await;
        assert_eq!(adopted.exit_code, ExitCode::Converged, "{}", told(&adopted));
        assert_eq!(bench.count(Kind::Write), S::HIDDEN.len(), "{:?}", bench.subject.requests());
        assert!(holds(&bench, OTHER), "{hidden:?} was not set");
        let again = bench.adopt().await;
        assert_eq!((again.exit_code, planned(&again).len(), told_of(&again)), (ExitCode::Converged, 0, 0));
    }
}

/// A run dies between the write of a secret and the moment at which it would have remembered it. Whatever is declared then is
/// written: nobody knows what is there.
pub(crate) async fn a_hidden_secret_whose_write_was_cut_off_is_written_again<S: Subject>() {
    for hidden in S::HIDDEN {
        let declared = S::SECRETS.iter().find(|(name, _)| *name == hidden.secret).unwrap().1;
        for after in [OTHER, declared] {
            let mut bench = Bench::<S>::converged().await.one_at_a_time();
            bench.change_secret(hidden.secret, OTHER);
            let gate = Gate::new();
            bench.subject.inject(Fault::once(Matching::writes(), Effect::Hold(gate.clone())));
            tokio::select! {
                biased;
                finished = bench.apply() => panic!("nothing was held: {}", told(&finished)),
                () = gate.reached(1) => {}
            }
            gate.open();
            bench.subject.heal();
            bench.change_secret(hidden.secret, after);
            expect_alone(&bench.plan().await, hidden);
            bench.converge().await;
            assert!(holds(&bench, after), "{hidden:?} was not set");
            expect_no_write(&bench).await;
        }
    }
}

/// The plan is this field, which shows neither value.
fn expect_alone(plan: &Finished, hidden: &Hidden) {
    let changes = changes(plan);
    let [change] = &changes[..] else { panic!("{hidden:?}: {}", told(plan)) };
    let [field] = &change.fields[..] else { panic!("{hidden:?}: {}", told(plan)) };
    assert_eq!((&change.object, &*field.path), (&object(hidden), hidden.path));
    assert!(field.secret && field.before.is_none() && field.after.is_none(), "{field:?}");
}

async fn expect_no_write<S: Subject>(bench: &Bench<S>) {
    bench.subject.forget();
    bench.converge().await;
    assert_eq!(bench.count(Kind::Write), 0, "{:?}", bench.subject.requests());
}

/// Whether a server has stored the secret.
fn holds<S: Subject>(bench: &Bench<S>, secret: &str) -> bool {
    bench.subject.snapshot().to_string().contains(serde_json::Value::from(secret).to_string().trim_matches('"'))
}

fn object(hidden: &Hidden) -> ObjectId {
    hidden.object.parse().unwrap()
}
