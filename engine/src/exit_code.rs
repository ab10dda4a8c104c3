//! How a run ends, told to whoever started it: one enum, from which `docs/exit-codes.md` is made.

use std::fmt::Write;

use crate::failure::Class;

/// How a run ended. The numbers are public API; those above 63 follow `sysexits.h`, whose meanings
/// schedulers and people already know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ExitCode {
    /// The application equals the values.
    Converged = 0,
    /// Something that should not happen.
    Unexpected = 1,
    /// The application differs from the values.
    Differences = 2,
    /// The command line cannot be understood.
    Usage = 64,
    /// The values cannot be read or used.
    InvalidValues = 65,
    /// The target does not answer, or the run's deadline has passed.
    Unavailable = 69,
    /// Some changes failed or were not tried.
    SomeFailed = 75,
    /// The login is refused or a right is missing.
    NotAuthorised = 77,
    /// A secret, an address, the inventory or a limit of the run is not usable.
    Configuration = 78,
}

impl ExitCode {
    /// Every code, by number.
    pub const ALL: [Self; 9] = [
        Self::Converged,
        Self::Unexpected,
        Self::Differences,
        Self::Usage,
        Self::InvalidValues,
        Self::Unavailable,
        Self::SomeFailed,
        Self::NotAuthorised,
        Self::Configuration,
    ];

    /// The process's exit code.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The code in words, as in [`Report::outcome`](evenkeel_core::report::Report::outcome).
    #[must_use]
    pub const fn outcome(self) -> &'static str {
        match self {
            Self::Converged => "converged",
            Self::Unexpected => "unexpected error",
            Self::Differences => "differences",
            Self::Usage => "wrong usage",
            Self::InvalidValues => "invalid values",
            Self::Unavailable => "target unavailable",
            Self::SomeFailed => "some changes failed",
            Self::NotAuthorised => "not authorised",
            Self::Configuration => "wrong configuration",
        }
    }

    /// Whether running the same again cannot help: somebody has to change something first.
    #[must_use]
    pub const fn is_permanent(self) -> bool {
        matches!(self, Self::Usage | Self::InvalidValues | Self::NotAuthorised | Self::Configuration)
    }

    /// The code of a failure that ends a whole run.
    #[must_use]
    pub const fn of(class: Class) -> Self {
        match class {
            Class::Unavailable => Self::Unavailable,
            Class::NotAuthorised => Self::NotAuthorised,
            Class::Configuration | Class::Prevented => Self::Configuration,
            Class::Conflict => Self::SomeFailed,
            Class::Refused | Class::Unexpected => Self::Unexpected,
        }
    }

    const fn meaning(self) -> &'static str {
        match self {
            Self::Converged => {
                "Everything that the values declare is there; nothing is left to do. `plan` (without \
                 `--detailed-exitcode`) and `check` also end with 0 when they found differences: the \
                 report's `outcome` is `differences` then."
            }
            Self::Unexpected => {
                "A mistake of evenkeel or an answer that makes no sense. Please report it with the log."
            }
            Self::Differences => {
                "`plan --detailed-exitcode` found changes to make, or `check` something that somebody should see to, such as \
                 a certificate that ends soon (`warnings` in the report)."
            }
            Self::Usage => {
                "An unknown option or a missing argument (`--help` shows what there is), or `--only` selects nothing that is declared, planned, or in the inventory."
            }
            Self::InvalidValues => {
                "A values file is missing, is no YAML, or holds unknown keys, wrong types or plain secrets. \
                 Every problem is named with file and line; no request was made."
            }
            Self::Unavailable => {
                "The target cannot be reached, is overloaded or in read-only mode, or `--timeout` has passed. What was not \
                 done is listed as skipped."
            }
            Self::SomeFailed => {
                "At least one change failed or was skipped; what did not depend on it was done. Also when the run was \
                 stopped by a signal, another run holds the inventory or undoes what this one does, or the disk that the \
                 inventory is on is full."
            }
            Self::NotAuthorised => {
                "The login is refused, every change that failed lacked a right, or something declared could not be \
                 judged because the account may not see it; what it may see is equal. After an export, that the \
                 account may not read a part."
            }
            Self::Configuration => {
                "A secret is not there, an address or certificate is wrong, the inventory cannot be used, standard output or the \
                 report cannot be written (what the run did weighs more), or \
                 more objects would be deleted than `--max-deletes` allows (then none is deleted), or more memberships, roles and \
                 scopes taken away than `--max-removals` allows (then none is). Also when all that failed \
                 will fail again: an object of a declared name is there and not ours, the application refuses a declared \
                 value, its environment or state fixes a setting, or the application accepts a value twice and does not keep it."
            }
        }
    }

    /// The page `docs/exit-codes.md`.
    #[must_use]
    pub fn documentation() -> String {
        let mut page = String::from(
            "# Exit codes\n\n\
             <!-- generated from `engine/src/exit_code.rs`: `EVENKEEL_UPDATE=1 cargo test -p evenkeel-engine` writes it anew -->\n\n\
             Every command ends with one of these. The report (`--report FILE`) carries the number as `exitCode` and the \
             words as `outcome`.\n\n\
             | code | outcome | try again? | meaning |\n|---|---|---|---|\n",
        );
        for code in Self::ALL {
            let again = match code {
                Self::Converged | Self::Differences => "–",
                _ if code.is_permanent() => "no: change something first",
                _ => "yes",
            };
            // Writing to a string cannot fail.
            let _ = writeln!(page, "| {} | {} | {again} | {} |", code.number(), code.outcome(), code.meaning());
        }
        page.push_str(
            "\nA Job should fail at once on the codes that need a change (64, 65, 77, 78) and may be repeated on the \
             others: in Kubernetes that is a `podFailurePolicy` with these `exitCodes`.\n",
        );
        page
    }
}

impl From<ExitCode> for std::process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_exit_codes_is_up_to_date() {
        crate::generated_file("docs/exit-codes.md", &ExitCode::documentation());
    }

    #[test]
    fn the_codes_that_need_a_change_are_those_of_the_pod_failure_policy() {
        let permanent: Vec<u8> =
            ExitCode::ALL.into_iter().filter(|code| code.is_permanent()).map(ExitCode::number).collect();
        assert_eq!(permanent, [64, 65, 77, 78]);
    }
}
