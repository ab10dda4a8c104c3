//! What kinds of failures there are: a failure's kind decides about the next step of a run and about its exit code.

use evenkeel_core::report::Failure;

/// What kind of failure it was: it decides about the next step and the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// The target cannot be reached, does not answer in time, or says that it is overloaded.
    Unavailable,
    /// The login is refused, or a right is missing.
    NotAuthorised,
    /// The target is not what the configuration says: wrong address, unusable certificate.
    Configuration,
    /// The object has changed since it was observed: observing and planning once more may help.
    Conflict,
    /// The application refuses this change as it is: a value that it does not take, or something that is not there yet.
    Refused,
    /// Something that lasts keeps the change from coming about, such as an object of that name that is not ours, and nothing
    /// was changed: another try ends alike until somebody has changed that.
    Prevented,
    /// Anything that should not happen.
    Unexpected,
}

impl Class {
    /// Whether a failure of this kind says that the application has answered, and done nothing.
    #[must_use]
    pub const fn changed_nothing(self) -> bool {
        matches!(self, Self::Refused | Self::Prevented | Self::NotAuthorised | Self::Conflict)
    }
}

/// An error that says what kind of failure it is.
pub trait Classified: std::error::Error + Send + Sync + 'static {
    /// The kind of failure.
    fn class(&self) -> Class;

    /// Whether the object of the change is certainly as it was: what the inventory has announced is taken back then, so that what
    /// others make under that name is not taken for ours. A kind of failure does not always tell: nothing was sent, whatever
    /// the reason, or a part was done before the rest was refused.
    fn changed_nothing(&self) -> bool {
        self.class().changed_nothing()
    }

    /// What to do about it, without a final period.
    fn hint(&self) -> Option<String>;
}

/// A failure of a change, and what kind it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub class: Class,
    pub failure: Failure,
}

impl Fault {
    pub(crate) fn of(error: &impl Classified) -> Self {
        Self { class: error.class(), failure: Failure { message: error.to_string(), hint: error.hint() } }
    }

    /// Whether trying again in this run cannot help.
    pub(crate) const fn is_final(&self) -> bool {
        matches!(self.class, Class::Refused | Class::Prevented | Class::NotAuthorised | Class::Configuration)
    }
}
