//! Times as the server writes them.

use jiff::Timestamp;

/// What the server writes where nothing has happened yet.
pub(crate) const NEVER: &str = "1970-01-01T00:00:00Z";

/// What the server writes where the caller may not know.
pub(crate) const ZERO: &str = "0001-01-01T00:00:00Z";

/// Milliseconds since 1970 as `2026-01-02T03:04:05Z`.
pub(crate) fn written(milliseconds: i64) -> String {
    Timestamp::from_second(milliseconds / 1000).map_or_else(|_| ZERO.to_owned(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_seconds() {
        assert_eq!(written(0), NEVER);
        assert_eq!(written(1_785_000_000_987), "2026-07-25T17:20:00Z");
    }
}
