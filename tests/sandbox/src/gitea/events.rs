//! Events of webhooks: a word that is sent can stand for several that are stored (server-behaviour 3.4).

/// What stands for all events of its kind.
const ISSUES: &str = "issues";
const PULL_REQUESTS: &str = "pull_request";
const REVIEWS: &str = "pull_request_review";

/// Words that stand for themselves.
const PLAIN: [&str; 8] = ["create", "delete", "fork", "push", "wiki", "repository", "release", "package"];

/// Events of issues, by the word that is sent for one of them alone.
const OF_ISSUES: [(&str, &str); 5] = [
    ("issues_only", "issues"),
    ("issue_assign", "issue_assign"),
    ("issue_label", "issue_label"),
    ("issue_milestone", "issue_milestone"),
    ("issue_comment", "issue_comment"),
];

/// The same for pull requests.
const OF_PULL_REQUESTS: [(&str, &str); 10] = [
    ("pull_request_only", "pull_request"),
    ("pull_request_assign", "pull_request_assign"),
    ("pull_request_label", "pull_request_label"),
    ("pull_request_milestone", "pull_request_milestone"),
    ("pull_request_comment", "pull_request_comment"),
    (REVIEWS, "pull_request_review_approved"),
    (REVIEWS, "pull_request_review_rejected"),
    (REVIEWS, "pull_request_review_comment"),
    ("pull_request_sync", "pull_request_sync"),
    ("pull_request_review_request", "pull_request_review_request"),
];

/// What is stored of what was sent: nothing is a push, and what is unknown is dropped. The stored words of reviews are such.
pub(crate) fn stored(sent: &[String]) -> Vec<&'static str> {
    if sent.is_empty() {
        return vec!["push"];
    }
    let has = |word: &str| sent.iter().any(|sent| sent == word);
    let plain = PLAIN.iter().copied().filter(|word| has(word));
    let of_issues = OF_ISSUES.iter().filter(|(word, _)| has(word) || has(ISSUES)).map(|(_, stored)| *stored);
    let of_pulls =
        OF_PULL_REQUESTS.iter().filter(|(word, _)| has(word) || has(PULL_REQUESTS)).map(|(_, stored)| *stored);
    plain.chain(of_issues).chain(of_pulls).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored_of(sent: &[&str]) -> Vec<&'static str> {
        stored(&sent.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn a_word_for_all_pull_requests_is_stored_as_ten() {
        assert_eq!(stored_of(&["push", "pull_request"]).len(), 11);
    }

    #[test]
    fn what_is_read_loses_reviews_when_it_is_sent_back() {
        let read = stored_of(&["pull_request"]);
        let again = stored_of(&read);
        assert!(again.contains(&"pull_request_review_approved"), "`pull_request` brings them back");
        assert_eq!(stored_of(&["pull_request_review_approved"]), [""; 0]);
    }
}
