//! What a request said in confidence, so that an answer that repeats it can be cleaned.
//!
//! A failing server, or a proxy before it, may quote the request in its error. The message of an error goes to logs and
//! reports, so what we sent as a secret is taken out of it before anybody sees it. What the whole run knows as a secret is in
//! the session's [`Mask`]; a request adds what it carries by the names of its fields.

use http::{HeaderName, HeaderValue, header};
use reqwest::{Request, Url};
use serde_json::Value;

use crate::{
    Mask, Secret,
    mask::{collect, credentials_in, is_confidential},
};

/// The secrets of one request, and those of the run.
pub(crate) struct Echo {
    said: Vec<Secret>,
    run: Mask,
}

impl Echo {
    /// Reads the request's credentials and the confidential fields of its JSON or form.
    pub(crate) fn of(request: &Request, run: &Mask) -> Self {
        let mut found: Vec<String> = request.headers().iter().flat_map(|(name, value)| said_in(name, value)).collect();
        if let Some(body) = request.body().and_then(reqwest::Body::as_bytes) {
            match serde_json::from_slice::<Value>(body) {
                Ok(value) => collect(&value, false, &mut found),
                Err(_) => collect_form(body, &mut found),
            }
        }
        Self { said: found.into_iter().map(Secret::from).collect(), run: run.clone() }
    }

    /// Makes the run know what the request said: a login's password may be quoted at any time later.
    pub(crate) fn remember(&self) {
        self.said.iter().for_each(|secret| self.run.learn(secret.expose()));
    }

    /// The text without the secrets.
    pub(crate) fn mask(&self, text: &str) -> String {
        self.run.entering(&self.own().entering(text))
    }

    /// The value without the secrets, in texts and in names.
    pub(crate) fn mask_value(&self, value: Value) -> Value {
        self.run.entering_json(self.own().entering_json(value))
    }

    /// Made where an answer has to be cleaned, which is seldom.
    fn own(&self) -> Mask {
        let mask = Mask::default();
        self.said.iter().for_each(|secret| mask.learn(secret.expose()));
        mask
    }
}

/// The credential in a header: what follows its scheme, and the password of a user.
fn said_in(name: &HeaderName, value: &HeaderValue) -> Vec<String> {
    let credentials = [header::AUTHORIZATION, header::PROXY_AUTHORIZATION, header::COOKIE];
    if !value.is_sensitive() && !credentials.contains(name) {
        return Vec::new();
    }
    let Ok(value) = value.to_str() else { return Vec::new() };
    credentials_in(value)
}

fn collect_form(body: &[u8], found: &mut Vec<String>) {
    let (Ok(body), Ok(mut url)) = (std::str::from_utf8(body), Url::parse("form:/")) else { return };
    url.set_query(Some(body));
    found.extend(url.query_pairs().filter(|(name, _)| is_confidential(name)).map(|(_, value)| value.into_owned()));
}

#[cfg(test)]
mod tests {
    use base64::{Engine, engine::general_purpose::STANDARD};
    use reqwest::Method;

    use super::*;

    fn request(body: &str) -> Request {
        let mut request = Request::new(Method::POST, Url::parse("http://server/").unwrap());
        *request.body_mut() = Some(body.to_owned().into());
        request
    }

    fn echo(request: &Request) -> Echo {
        Echo::of(request, &Mask::default())
    }

    #[test]
    fn what_was_sent_as_a_secret_is_masked_in_every_spelling() {
        let json = r#"{"name":"team-blue","credentials":[{"type":"password","value":"a\"b c&d"}]}"#;
        let said = echo(&request(json));
        assert_eq!(said.mask(r#"no a"b c&d for team-blue"#), "no (secret) for team-blue");
        assert_eq!(said.mask(json), r#"{"name":"team-blue","credentials":[{"type":"password","value":"(secret)"}]}"#);

        let form = "grant_type=password&username=admin&password=p%40ss+w";
        let said = echo(&request(form));
        assert_eq!(said.mask("p@ss w"), "(secret)");
        assert_eq!(said.mask(form), "grant_type=password&username=admin&password=(secret)");
    }

    #[test]
    fn the_authorization_is_masked() {
        let mut request = request("");
        request.headers_mut().insert("authorization", "Bearer canary-token".parse().unwrap());
        let value = serde_json::json!({ "canary-token": ["got Bearer canary-token"] });
        assert_eq!(echo(&request).mask_value(value), serde_json::json!({ "(secret)": ["got Bearer (secret)"] }));
    }

    #[test]
    fn the_password_of_a_login_is_masked_where_a_server_decodes_it() {
        let mut request = request("");
        let basic = format!("Basic {}", STANDARD.encode("admin:canary-password"));
        request.headers_mut().insert("authorization", basic.parse().unwrap());
        let said = echo(&request);
        assert_eq!(said.mask("no such user admin:canary-password"), "no such user admin:(secret)");
        assert_eq!(said.mask(&format!("got {basic}")), "got Basic (secret)");
    }

    #[test]
    fn what_the_run_knows_is_masked_in_the_answer_to_any_request() {
        let run = Mask::default();
        run.learn("canary-Pass.1");
        let said = Echo::of(&request(""), &run);
        assert_eq!(said.mask("your password canary-Pass.1 is old"), "your password (secret) is old");
    }
}
