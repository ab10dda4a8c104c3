//! Schedules of six fields: second, minute, hour, day of the month, month, day of the week.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

/// The least and the greatest number of each field.
const RANGES: [(i8, i8); 6] = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];

/// How far ahead the next time is looked for.
const DAYS: u32 = 366;

/// The numbers that each field allows.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Cron([Vec<i8>; 6]);

impl Cron {
    /// Reads a schedule, or says why it is none, as the server does.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let count = fields.len();
        let Ok(fields) = <[&str; 6]>::try_from(fields) else {
            return Err(format!("expected exactly 6 fields, found {count}: [{}]", text.trim()));
        };
        let mut numbers: [Vec<i8>; 6] = Default::default();
        for ((field, range), numbers) in fields.into_iter().zip(RANGES).zip(&mut numbers) {
            *numbers = read(field, range).ok_or_else(|| format!("failed to parse int from {field}"))?;
        }
        Ok(Self(numbers))
    }

    /// The next time after that moment, in UTC and without fractions of a second.
    pub(crate) fn next_after(&self, milliseconds: i64) -> Option<String> {
        let [seconds, minutes, hours, days, months, weekdays] = &self.0;
        let start = Timestamp::from_millisecond(milliseconds).ok()?.to_zoned(TimeZone::UTC).datetime();
        let mut date = start.date();
        for _ in 0..DAYS {
            let weekday = date.weekday().to_sunday_zero_offset();
            if days.contains(&date.day()) && months.contains(&date.month()) && weekdays.contains(&weekday) {
                let times = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| (*hour, *minute)));
                let moments = times
                    .flat_map(|(hour, minute)| seconds.iter().map(move |second| date.at(hour, minute, *second, 0)));
                let later = |moment: &DateTime| *moment > start;
                if let Some(next) = moments.into_iter().find(later) {
                    return Some(format!("{next}Z"));
                }
            }
            date = date.checked_add(1.day()).ok()?;
        }
        None
    }
}

fn read(field: &str, (least, greatest): (i8, i8)) -> Option<Vec<i8>> {
    let mut numbers = Vec::new();
    for part in field.split(',') {
        let (range, step) = part.split_once('/').map_or((part, Some(1)), |(range, step)| (range, step.parse().ok()));
        let (first, last) = match range.split_once('-') {
            _ if matches!(range, "*" | "?") => (least, greatest),
            Some((first, last)) => (first.parse().ok()?, last.parse().ok()?),
            None if part.contains('/') => (range.parse().ok()?, greatest),
            None => (range.parse().ok()?, range.parse().ok()?),
        };
        let step: usize = step.filter(|step| *step > 0)?;
        if first < least || last > greatest || first > last {
            return None;
        }
        numbers.extend((first..=last).step_by(step));
    }
    numbers.sort_unstable();
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn six_fields_are_wanted() {
        assert_eq!(Cron::parse("bad"), Err("expected exactly 6 fields, found 1: [bad]".to_owned()));
        assert_eq!(Cron::parse("0 0 * * *"), Err("expected exactly 6 fields, found 5: [0 0 * * *]".to_owned()));
        assert!(Cron::parse("0 0 25 * * *").is_err());
    }

    #[test]
    fn the_next_time_is_found() {
        let next = |cron: &str| Cron::parse(cron).expect("a schedule").next_after(1_785_000_000_123).expect("a time");
        // a Saturday, 2026-07-25T17:20:00.123Z
        assert_eq!(next("0 0 0 * * *"), "2026-07-26T00:00:00Z");
        assert_eq!(next("30 */25 17-18 * * *"), "2026-07-25T17:25:30Z");
        assert_eq!(next("0 0 0 * * 1"), "2026-07-27T00:00:00Z");
        assert_eq!(next("0 30 8 1 1 *"), "2027-01-01T08:30:00Z");
    }
}
