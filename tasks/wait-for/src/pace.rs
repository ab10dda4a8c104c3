//! How fast a condition is asked.

use std::time::Duration;

/// How long to wait between two questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// After a success that has to be confirmed, and after the first failure. Positive.
    pub interval: Duration,
    /// After many failures: each pause is twice the one before, up to this. At least the interval.
    pub longest: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self { interval: Duration::from_secs(1), longest: Duration::from_secs(10) }
    }
}

impl Pace {
    /// The pause after so many failures in a row, the first counting as 1.
    #[must_use]
    pub fn after_failures(self, failures: u32) -> Duration {
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.interval.saturating_mul(factor).min(self.longest.max(self.interval))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_until_the_longest() {
        let pace = Pace { interval: Duration::from_secs(1), longest: Duration::from_secs(5) };
        let pauses: Vec<u64> = (1..=5).map(|failures| pace.after_failures(failures).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 5, 5]);
        assert_eq!(pace.after_failures(u32::MAX), pace.longest);
    }

    #[test]
    fn a_longest_pause_below_the_interval_does_not_speed_anything_up() {
        let pace = Pace { interval: Duration::from_secs(3), longest: Duration::from_secs(1) };
        assert_eq!(pace.after_failures(1), Duration::from_secs(3));
    }
}
