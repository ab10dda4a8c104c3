//! The numbers by which Harbor tells its objects apart.

use evenkeel_core::memory::{Identity, Sight};
use jiff::Timestamp;

/// Which very object a number means, with the moment at which that was made: numbers are given out anew once the server's database is.
pub(crate) fn numbered(number: Option<i64>, created: Option<&str>) -> Sight {
    let moment = created.and_then(|created| created.parse::<Timestamp>().ok());
    Sight::of(number.zip(moment).map(|(number, moment)| format!("{number} of {}", moment.as_millisecond())))
}

/// Which very object a number means that counts within the project that its object lives in.
pub(crate) fn numbered_within(number: Option<i64>, project: &Sight) -> Sight {
    match (number, project) {
        (Some(number), Sight::This(project)) => Sight::This(Identity::new(format!("{number} in {project}"))),
        _ => Sight::There,
    }
}
