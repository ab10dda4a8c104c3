//! Requests that meet: which of them wins is chance, and what the losers are told as well.

/// A loser is told that the object exists, or meets the server's own check of that and gets its failure instead (contract
/// `members-at-once`): both are the answer to having lost.
const LOST: [u16; 2] = [409, 500];

/// Whether the statuses of requests that were sent at once are as recorded, both sorted: the same ones, or losers that lost otherwise
/// beside at least one that won. Of two that won, the second made the same object once more, and one is there in the end.
pub(super) fn agrees(recorded: &[u16], got: &[u16]) -> bool {
    if recorded == got {
        return true;
    }
    let is_race = recorded.iter().any(|status| LOST.contains(status)) && recorded.len() == got.len();
    let winners =
        |statuses: &[u16]| -> Vec<u16> { statuses.iter().copied().filter(|status| !LOST.contains(status)).collect() };
    let (expected, won) = (winners(recorded), winners(got));
    is_race
        && won.iter().all(|status| expected.contains(status))
        && (expected.is_empty() == won.is_empty())
        && won.len() <= expected.len() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losers_may_be_told_one_thing_or_the_other() {
        for got in [[201, 409, 409, 409], [201, 409, 409, 500], [201, 500, 500, 500], [201, 201, 409, 500]] {
            assert!(agrees(&[201, 409, 409, 409], &got), "{got:?}");
        }
        assert!(agrees(&[409, 409], &[409, 500]));
    }

    #[test]
    fn a_race_that_nobody_or_everybody_wins_is_another_one() {
        for got in [
            vec![409, 409, 409, 500],
            vec![201, 201, 201, 409],
            vec![200, 409, 409, 409],
            vec![201, 400, 409, 409],
            vec![201, 409],
        ] {
            assert!(!agrees(&[201, 409, 409, 409], &got), "{got:?}");
        }
        assert!(!agrees(&[200, 200], &[200, 500]));
        assert!(!agrees(&[409, 409], &[201, 409]));
    }
}
