//! Times as the server writes them.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// What the server writes where a time is not known.
pub(crate) const ZERO: &str = "0001-01-01T00:00:00.000Z";

/// Milliseconds since 1970 as `2026-01-02T03:04:05.678Z`.
pub(crate) fn written(milliseconds: i64) -> String {
    Timestamp::from_millisecond(milliseconds).map_or_else(|_| ZERO.to_owned(), |time| format!("{time:.3}"))
}

/// The same for a header.
pub(crate) fn http_date(milliseconds: i64) -> String {
    let time = Timestamp::from_millisecond(milliseconds).unwrap_or_default().to_zoned(TimeZone::UTC);
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_milliseconds() {
        assert_eq!(written(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(written(1_785_000_000_123), "2026-07-25T17:20:00.123Z");
        assert_eq!(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    }
}
