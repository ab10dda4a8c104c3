//! What a request said in confidence, so that an answer that repeats it can be cleaned.
//!
//! A failing server, or a proxy before it, may quote the request in its error. The message of an error goes to logs and
//! reports, so what we sent as a secret is taken out of it before anybody sees it.

use reqwest::{Request, Url};
use serde_json::Value;

use crate::Secret;

/// Shorter values would take harmless words apart, and are no secrets worth the name.
const SHORTEST: usize = 4;

/// Words in a field's name that make its text confidential.
const CONFIDENTIAL: [&str; 9] =
    ["password", "passwd", "secret", "token", "credential", "apikey", "private", "auth_header", "authorization"];

/// Whole names of fields that make their text confidential: what Keycloak's credentials and Gitea's secrets use.
const CONFIDENTIAL_NAMES: [&str; 2] = ["value", "data"];

const MASK: &str = "(secret)";

/// The secrets of one request in every spelling in which an answer can repeat them, the longest first.
pub(crate) struct Echo(Vec<Secret>);

impl Echo {
    /// Reads the request's `Authorization` and the confidential fields of its JSON or form.
    pub(crate) fn of(request: &Request) -> Self {
        let mut found = Vec::new();
        for (name, value) in request.headers() {
            if let (true, Ok(value)) = (value.is_sensitive() || name == http::header::AUTHORIZATION, value.to_str()) {
                found.push(value.rsplit(' ').next().unwrap_or(value).to_owned());
            }
        }
        if let Some(body) = request.body().and_then(reqwest::Body::as_bytes) {
            match serde_json::from_slice::<Value>(body) {
                Ok(value) => collect(&value, false, &mut found),
                Err(_) => collect_form(body, &mut found),
            }
        }
        Self(spellings(found))
    }

    /// The text without the secrets.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, secret| text.replace(secret.expose(), MASK))
    }

    /// The value without the secrets, in texts and in names.
    pub(crate) fn mask_value(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.mask(&text)),
            Value::Array(items) => items.into_iter().map(|item| self.mask_value(item)).collect(),
            Value::Object(fields) => {
                fields.into_iter().map(|(name, value)| (self.mask(&name), self.mask_value(value))).collect()
            }
            other => other,
        }
    }
}

fn collect(value: &Value, confidential: bool, found: &mut Vec<String>) {
    match value {
        Value::String(text) if confidential => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, confidential, found)),
        Value::Object(fields) => {
            for (name, value) in fields {
                collect(value, is_confidential(name), found);
            }
        }
        _ => {}
    }
}

fn collect_form(body: &[u8], found: &mut Vec<String>) {
    let (Ok(body), Ok(mut url)) = (std::str::from_utf8(body), Url::parse("form:/")) else { return };
    url.set_query(Some(body));
    found.extend(url.query_pairs().filter(|(name, _)| is_confidential(name)).map(|(_, value)| value.into_owned()));
}

fn is_confidential(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    CONFIDENTIAL.iter().any(|word| name.contains(word)) || CONFIDENTIAL_NAMES.contains(&name.as_str())
}

/// The plain text, as JSON writes it, as a form writes it.
fn spellings(found: Vec<String>) -> Vec<Secret> {
    let mut all: Vec<String> = found
        .into_iter()
        .filter(|text| text.len() >= SHORTEST && !["true", "false"].contains(&text.as_str()))
        .flat_map(|text| {
            let json = Value::String(text.clone()).to_string();
            let json = json.trim_matches('"').to_owned();
            let percent = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
            let form = Url::parse_with_params("form:/", [("", &text)])
                .map(|url| url.query().unwrap_or_default().trim_start_matches('=').to_owned())
                .unwrap_or_default();
            [text, json, percent, form]
        })
        .filter(|text| !text.is_empty())
        .collect();
    all.sort_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    all.dedup();
    all.into_iter().map(Secret::from).collect()
}

#[cfg(test)]
mod tests {
    use reqwest::Method;

    use super::*;

    fn request(body: &str) -> Request {
        let mut request = Request::new(Method::POST, Url::parse("http://server/").unwrap());
        *request.body_mut() = Some(body.to_owned().into());
        request
    }

    #[test]
    fn what_was_sent_as_a_secret_is_masked_in_every_spelling() {
        let json = r#"{"name":"team-blue","credentials":[{"type":"password","value":"a\"b c&d"}]}"#;
        let echo = Echo::of(&request(json));
        assert_eq!(echo.mask(r#"no a"b c&d for team-blue"#), "no (secret) for team-blue");
        assert_eq!(echo.mask(json), r#"{"name":"team-blue","credentials":[{"type":"password","value":"(secret)"}]}"#);

        let form = "grant_type=password&username=admin&password=p%40ss+w";
        let echo = Echo::of(&request(form));
        assert_eq!(echo.mask("p@ss w"), "(secret)");
        assert_eq!(echo.mask(form), "grant_type=password&username=admin&password=(secret)");
    }

    #[test]
    fn the_authorization_is_masked() {
        let mut request = request("");
        request.headers_mut().insert("authorization", "Bearer canary-token".parse().unwrap());
        let value = serde_json::json!({ "canary-token": ["got Bearer canary-token"] });
        assert_eq!(Echo::of(&request).mask_value(value), serde_json::json!({ "(secret)": ["got Bearer (secret)"] }));
    }
}
