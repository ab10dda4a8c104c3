//! Cookies: who sends the session's back must prove each write with a token (server-behaviour 1.2).

use http::header::{self, HeaderName};
use std::collections::BTreeMap;

use super::answer::Answer;
use super::request::Request;
use crate::random::random_word;

const COOKIE: &str = "_gorilla_csrf";
const TOKEN: HeaderName = HeaderName::from_static("x-harbor-csrf-token");

/// Tokens by the cookie that they belong to.
#[derive(Debug, Default)]
pub(crate) struct Csrf(BTreeMap<String, String>);

impl Csrf {
    /// 403 for a write with a session's cookie and without the token that goes with it.
    pub(crate) fn check(&self, request: &Request) -> Result<(), Answer> {
        if !request.writes() || request.cookie("sid").is_none() {
            return Ok(());
        }
        let Some(sent) = request.header(TOKEN.as_str()) else {
            return Err(Answer::forbidden("CSRF token not found in request"));
        };
        if request.cookie(COOKIE).and_then(|cookie| self.0.get(cookie)).is_some_and(|token| token == sent) {
            return Ok(());
        }
        Err(Answer::forbidden("CSRF token invalid"))
    }

    /// Adds the token of the request's cookie, or of a new one.
    pub(crate) fn tokens(&mut self, request: &Request, now: i64, answer: Answer) -> Answer {
        if let Some(token) = request.cookie(COOKIE).and_then(|cookie| self.0.get(cookie)) {
            return answer.with(TOKEN, token.clone());
        }
        let (cookie, token) = (random_word(64), random_word(88));
        let expires = super::time::http_date(now + 43_200_000);
        let set = format!("{COOKIE}={cookie}; Path=/; Expires={expires}; Max-Age=43200; HttpOnly; SameSite=Strict");
        self.0.insert(cookie, token.clone());
        answer.with(header::SET_COOKIE, set).with(TOKEN, token)
    }
}
