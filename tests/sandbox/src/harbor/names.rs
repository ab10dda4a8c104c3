//! Names of projects and robots.

/// Lower case letters and digits, with a dot, one or two underscores, or hyphens between them.
pub(crate) fn is_plain(name: &str) -> bool {
    let letter = |character: char| character.is_ascii_lowercase() || character.is_ascii_digit();
    let joint = |part: &str| matches!(part, "" | "." | "_" | "__") || part.bytes().all(|byte| byte == b'-');
    name.starts_with(letter) && name.ends_with(letter) && name.split(letter).all(joint)
}

#[cfg(test)]
mod tests {
    use super::is_plain;

    #[test]
    fn names_are_lower_case_with_single_joints() {
        for good in ["a", "team-alpha", "team_delta.x", "a--b", "a__b", "12345"] {
            assert!(is_plain(good), "{good}");
        }
        for bad in ["", "Team", "team..delta", "-a", "a-", "a._b", "a___b", "bad$name", "a b", "a+b", "*"] {
            assert!(!is_plain(bad), "{bad}");
        }
    }
}
