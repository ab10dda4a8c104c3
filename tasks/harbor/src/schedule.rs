//! Schedules as Harbor reads them: six fields, seconds first (server-behaviour 6). It takes no words such as `@daily`, and refuses
//! one that it cannot read only once everything before it was written.

use evenkeel_core::{reading::Reading, values::ValuePath};

/// The six fields: their lowest and highest number, and the names that may stand for numbers.
const FIELDS: [(u32, u32, &[&str]); 6] = [
    (0, 59, &[]),
    (0, 59, &[]),
    (0, 23, &[]),
    (1, 31, &[]),
    (1, 12, &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]),
    (0, 6, &["sun", "mon", "tue", "wed", "thu", "fri", "sat"]),
];

/// Reports a schedule that Harbor cannot read. An empty one is none.
pub(crate) fn check(reading: &Reading<'_>, schedule: &str, path: &ValuePath) {
    if !schedule.is_empty() && !is_readable(schedule) {
        let problem = reading.problem(path, "a schedule of harbor has six fields");
        reading.report(problem.with_hint("seconds come first: `0 0 2 * * *` is every night at two"));
    }
}

/// Whether Harbor can read a schedule.
pub(crate) fn is_readable(schedule: &str) -> bool {
    let fields: Vec<&str> = schedule.split_whitespace().collect();
    fields.len() == FIELDS.len() && fields.iter().zip(FIELDS).all(|(field, limits)| fits(field, limits))
}

/// A list of parts: everything, a number or a range, each with or without steps.
fn fits(field: &str, limits: (u32, u32, &[&str])) -> bool {
    field.split(',').all(|part| {
        let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
        let is_step = |step: &str| step.parse::<u32>().is_ok_and(|step| step > 0);
        is_range(range, limits) && step.is_none_or(is_step)
    })
}

fn is_range(range: &str, (low, high, names): (u32, u32, &[&str])) -> bool {
    let number = |text: &str| {
        let named = names.iter().position(|name| text.eq_ignore_ascii_case(name));
        let number = named.and_then(|position| u32::try_from(position).ok()).map(|position| position + low);
        number.or_else(|| text.parse().ok()).filter(|number| (low..=high).contains(number))
    };
    match range.split_once('-') {
        Some((first, last)) => number(first).zip(number(last)).is_some_and(|(first, last)| first <= last),
        None => ["*", "?"].contains(&range) || number(range).is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_that_harbor_reads_are_taken() {
        for schedule in ["0 0 2 * * *", "0 */15 0-6,22 ? JAN-mar 1-5", "0 0 0 1/2 * sun", "  0 0  0 * * 0 "] {
            assert!(is_readable(schedule), "{schedule}");
        }
    }

    #[test]
    fn words_five_fields_and_numbers_out_of_range_are_not() {
        for schedule in [
            "",
            "@daily",
            "daily",
            "0 0 * * *",
            "every night at two in bed",
            "0 0 24 * * *",
            "0 0 0 0 * *",
            "0 0 0 * * 7",
            "0 9-1 * * * *",
            "0 0 0 * * */0",
            "1,, 0 0 * * *",
        ] {
            assert!(!is_readable(schedule), "{schedule}");
        }
    }
}
