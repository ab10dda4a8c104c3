//! Times as the API writes and reads them: whole seconds for most, six digits of a second for leases and events.

use super::json::quoted;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Milliseconds since 1970 as `2026-01-01T00:00:00Z`.
pub(crate) fn stamp(milliseconds: i64) -> String {
    let (date, time) = civil(milliseconds.div_euclid(1000));
    format!("{date}T{time}Z")
}

/// Milliseconds since 1970 of a time that [`stamp`] wrote.
pub(crate) fn milliseconds(stamp: &str) -> Option<i64> {
    Time::read(stamp, Precision::Seconds).ok().map(|time| time.seconds * 1000)
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Precision {
    /// Whole seconds; fractions are read and thrown away.
    Seconds,
    /// Exactly six digits of a second.
    Microseconds,
}

/// A time in its one form, in UTC. The error is what the real server says of a text that is no such time.
pub(crate) fn canonical(text: &str, precision: Precision) -> Result<String, String> {
    let time = Time::read(text, precision)?;
    let (date, clock) = civil(time.seconds);
    Ok(match precision {
        Precision::Seconds => format!("{date}T{clock}Z"),
        Precision::Microseconds => format!("{date}T{clock}.{:06}Z", time.microseconds),
    })
}

/// The fields of a cron schedule: minute, hour, day of the month, month, day of the week (0 is Sunday).
pub(crate) fn calendar(milliseconds: i64) -> [u32; 5] {
    let seconds = milliseconds.div_euclid(1000);
    let days = seconds.div_euclid(DAY);
    let (_, month, day) = date(days);
    let part = |number: i64| u32::try_from(number).unwrap_or_default();
    let rest = seconds.rem_euclid(DAY);
    [part(rest / MINUTE % 60), part(rest / HOUR), part(day), part(month), part((days + 4).rem_euclid(7))]
}

fn civil(seconds: i64) -> (String, String) {
    let (year, month, day) = date(seconds.div_euclid(DAY));
    let rest = seconds.rem_euclid(DAY);
    let time = format!("{:02}:{:02}:{:02}", rest / HOUR, rest / MINUTE % 60, rest % MINUTE);
    (format!("{year:04}-{month:02}-{day:02}"), time)
}

/// Year, month and day of a number of days since 1970, in the Gregorian calendar. Years start in March, so that the leap day
/// is the last one.
fn date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

struct Time {
    seconds: i64,
    microseconds: i64,
}

impl Time {
    fn read(text: &str, precision: Precision) -> Result<Self, String> {
        let layout = match precision {
            Precision::Seconds => "2006-01-02T15:04:05Z07:00",
            Precision::Microseconds => "2006-01-02T15:04:05.000000Z07:00",
        };
        let mut reader = Reader { rest: text };
        reader.time(precision).map_err(|element| {
            let (text, rest) = (quoted(text), quoted(reader.rest));
            format!("parsing time {text} as {}: cannot parse {rest} as {}", quoted(layout), quoted(element))
        })
    }
}

/// Reads a time from left to right; an error is the part of the layout that did not fit.
struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn time(&mut self, precision: Precision) -> Result<Time, &'static str> {
        let year = self.number(4, "2006")?;
        self.text("-")?;
        let month = self.number(2, "01")?;
        self.text("-")?;
        let day = self.number(2, "02")?;
        self.text("T")?;
        let hour = self.number(2, "15")?;
        self.text(":")?;
        let minute = self.number(2, "04")?;
        self.text(":")?;
        let second = self.number(2, "05")?;
        let microseconds = self.fraction(precision)?;
        let offset = self.offset()?;
        let seconds = days(year, month, day) * DAY + hour * HOUR + minute * MINUTE + second - offset;
        Ok(Time { seconds, microseconds })
    }

    fn fraction(&mut self, precision: Precision) -> Result<i64, &'static str> {
        let digits = self.rest.strip_prefix('.').map_or(0, |rest| rest.bytes().take_while(u8::is_ascii_digit).count());
        match precision {
            Precision::Seconds if digits == 0 => Ok(0),
            Precision::Microseconds if digits != 6 => Err(".000000"),
            _ => {
                let number = self.rest[1..=digits].parse().unwrap_or_default();
                self.rest = &self.rest[1 + digits..];
                Ok(number)
            }
        }
    }

    fn offset(&mut self) -> Result<i64, &'static str> {
        const ZONE: &str = "Z07:00";
        if self.rest == "Z" {
            return Ok(0);
        }
        let before = self.rest;
        let sign = match before.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Err(ZONE),
        };
        self.rest = &before[1..];
        let read = self.number(2, ZONE).and_then(|hours| {
            self.text(":").map_err(|_| ZONE)?;
            Ok(hours * HOUR + self.number(2, ZONE)? * MINUTE)
        });
        match read {
            Ok(offset) if self.rest.is_empty() => Ok(sign * offset),
            _ => {
                self.rest = before;
                Err(ZONE)
            }
        }
    }

    fn number(&mut self, digits: usize, element: &'static str) -> Result<i64, &'static str> {
        let part = self.rest.get(..digits).filter(|part| part.bytes().all(|byte| byte.is_ascii_digit()));
        let number = part.and_then(|part| part.parse().ok()).ok_or(element)?;
        self.rest = &self.rest[digits..];
        Ok(number)
    }

    fn text(&mut self, expected: &'static str) -> Result<(), &'static str> {
        self.rest = self.rest.strip_prefix(expected).ok_or(expected)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_as_they_were_written() {
        for stamped in ["1970-01-01T00:00:00Z", "2000-02-29T23:59:59Z", "2026-11-25T16:14:56Z"] {
            assert_eq!(milliseconds(stamped).map(stamp).as_deref(), Some(stamped));
        }
        assert_eq!(canonical("2026-01-01T01:00:00+01:00", Precision::Seconds).unwrap(), "2026-01-01T00:00:00Z");
    }

    #[test]
    fn a_lease_wants_six_digits() {
        let precise = Precision::Microseconds;
        assert_eq!(canonical("2026-01-01T00:00:00.000001Z", precise).unwrap(), "2026-01-01T00:00:00.000001Z");
        let why = canonical("2026-01-01T00:00:00Z", precise).unwrap_err();
        let layout = "2006-01-02T15:04:05.000000Z07:00";
        assert_eq!(why, format!(r#"parsing time "2026-01-01T00:00:00Z" as "{layout}": cannot parse "Z" as ".000000""#));
    }

    #[test]
    fn the_calendar_knows_days_of_the_week() {
        // Wednesday
        assert_eq!(calendar(milliseconds("2026-11-25T16:14:56Z").unwrap()), [14, 16, 25, 11, 3]);
    }
}
