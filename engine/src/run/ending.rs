//! Why a whole run ended.

use evenkeel_core::{
    plan::{PlanError, Unjudged, WhyUnjudged},
    report::Failure,
    values::Problems,
};

use crate::{
    bounds::{Bounds, Halt},
    exit_code::ExitCode,
    failure::{Class, Classified, Fault},
    secrets::SecretError,
};

/// How many problems a report's one failure names.
const NAMED_PROBLEMS: usize = 10;

/// An exit code with what there is to say about it.
#[derive(Debug)]
pub(crate) struct Ending {
    pub code: ExitCode,
    pub failures: Vec<Failure>,
    pub problems: Option<Problems>,
}

impl Ending {
    pub(crate) const fn of(code: ExitCode) -> Self {
        Self { code, failures: Vec::new(), problems: None }
    }

    pub(crate) fn failed(code: ExitCode, failure: Failure) -> Self {
        Self { code, failures: vec![failure], problems: None }
    }

    pub(crate) fn of_error(error: &impl Classified) -> Self {
        let Fault { class, failure } = Fault::of(error);
        Self::failed(ExitCode::of(class), failure)
    }

    pub(crate) fn of_secrets(errors: &[SecretError]) -> Self {
        let failure = |error: &SecretError| Failure { message: error.to_string(), hint: Some(error.hint()) };
        // What somebody has to change comes before what may be better the next time.
        let classes = [Class::Unexpected, Class::Configuration, Class::NotAuthorised];
        let worst = classes.into_iter().find(|class| errors.iter().any(|error| error.class() == *class));
        let code = ExitCode::of(worst.unwrap_or(Class::Unavailable));
        Self { code, failures: errors.iter().map(failure).collect(), problems: None }
    }

    pub(crate) fn of_files(failures: Vec<Failure>) -> Self {
        Self { code: ExitCode::InvalidValues, failures, problems: None }
    }

    pub(crate) const fn of_problems(problems: Problems) -> Self {
        Self { code: ExitCode::InvalidValues, failures: Vec::new(), problems: Some(problems) }
    }

    /// No change could be planned for declared objects: whatever else the run did, it cannot say that all is well. `code` is what the rest
    /// of the run asks for, if anything.
    pub(crate) fn of_unjudged(code: Option<ExitCode>, unjudged: &[Unjudged]) -> Self {
        let is_all = |why| unjudged.iter().all(|unjudged| unjudged.why == why);
        let is_any = |why| unjudged.iter().any(|unjudged| unjudged.why == why);
        let code = code.unwrap_or(match () {
            () if is_all(WhyUnjudged::Away) => ExitCode::Unavailable,
            () if is_any(WhyUnjudged::Unseen) => ExitCode::NotAuthorised,
            () => ExitCode::Configuration,
        });
        let failure =
            |unjudged: &Unjudged| Failure { message: unjudged.message.clone(), hint: Some(unjudged.hint.clone()) };
        Self { code, failures: unjudged.iter().map(failure).collect(), problems: None }
    }

    pub(crate) fn mistake(error: &PlanError) -> Self {
        let hint = Some("this is a mistake in evenkeel: please report it".to_owned());
        Self::failed(ExitCode::Unexpected, Failure { message: format!("the plan is none: {error}"), hint })
    }

    pub(crate) fn halted(halt: Halt, bounds: &Bounds<'_>) -> Self {
        let code = match halt {
            Halt::Stopped | Halt::LeaseLost => ExitCode::SomeFailed,
            Halt::Deadline => ExitCode::Unavailable,
        };
        Self::failed(code, bounds.reason(halt))
    }

    /// All of it in one, for the report.
    pub(crate) fn summary(&self) -> Option<Failure> {
        if let Some(problems) = &self.problems {
            return Some(summary_of(problems));
        }
        let mut hints: Vec<&str> = Vec::new();
        for hint in self.failures.iter().filter_map(|failure| failure.hint.as_deref()) {
            if !hints.contains(&hint) {
                hints.push(hint);
            }
        }
        let messages: Vec<&str> = self.failures.iter().map(|failure| failure.message.as_str()).collect();
        let hint = (!hints.is_empty()).then(|| hints.join("; "));
        (!messages.is_empty()).then(|| Failure { message: messages.join("; "), hint })
    }
}

fn summary_of(problems: &Problems) -> Failure {
    let named = problems.iter().take(NAMED_PROBLEMS).map(|problem| match problem.location() {
        Some(location) => format!("{} ({location})", problem.message()),
        None => problem.message().to_owned(),
    });
    let mut message = format!("the values cannot be used: {}", named.collect::<Vec<_>>().join("; "));
    if problems.len() > NAMED_PROBLEMS {
        message.push_str(&format!("; and {} more", problems.len() - NAMED_PROBLEMS));
    }
    Failure {
        message,
        hint: problems.iter().find_map(|problem| problem.hint().map(str::to_owned)).filter(|_| problems.len() == 1),
    }
}
