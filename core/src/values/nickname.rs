//! The user name that other applications know a person by.

/// The email in the form that Gitea takes for a user name: `@` and `.` become `-`, other characters
/// than letters, digits, `-` and `_` go, a run of separators becomes one `-`, none stand at the ends.
/// An email without any letter that Gitea takes gives an empty one.
#[must_use]
pub fn nickname_of(email: &str) -> String {
    let mut name = String::with_capacity(email.len());
    for character in email.chars() {
        let separator = matches!(character, '@' | '.' | '-' | '_');
        if separator && name.ends_with(['-', '_']) {
            name.pop();
            name.push('-');
        } else if separator {
            name.push(if character == '_' { '_' } else { '-' });
        } else if character.is_ascii_alphanumeric() {
            name.push(character.to_ascii_lowercase());
        }
    }
    name.trim_matches(['-', '_']).to_owned()
}

/// A nickname as it is compared: to Gitea, `Ada` and `ada` are one user.
#[must_use]
pub fn folded_nickname(nickname: &str) -> String {
    nickname.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nickname_is_a_user_name_that_gitea_takes() {
        for (email, expected) in [
            ("ada@example.com", "ada-example-com"),
            ("a.b+c@example.com", "a-bc-example-com"),
            ("__a..b@@x.io.", "a-b-x-io"),
            ("a_.b@x.io", "a-b-x-io"),
            ("Grace_H@Example.com", "grace_h-example-com"),
        ] {
            assert_eq!(nickname_of(email), expected, "{email}");
        }
    }
}
