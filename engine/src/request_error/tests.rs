use evenkeel_transport::reqwest::StatusCode;

use super::*;

/// A client's error that says no more than the transport.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Plain(ApiError);

impl ClientError for Plain {
    fn api(&self) -> &ApiError {
        &self.0
    }

    fn hint(&self) -> Option<&'static str> {
        self.0.hint()
    }
}

#[derive(Debug)]
struct Example;

impl Application for Example {
    const NAME: &'static str = "example";
    const ADDRESS: &'static str = "`example.url`";
    const ADDRESS_HINT: &'static str = "check where it is";
    const LOGIN_HINT: &'static str = "check the password";
    const RIGHTS_HINT: &'static str = "give it a right";
    const LOG: &'static str = "its log";
    type Error = Plain;

    fn class(failure: &RequestError<Self>) -> Option<Class> {
        matches!(failure, RequestError::Call { source, .. } if source.0.message() == "odd").then_some(Class::Refused)
    }

    fn hint(failure: &RequestError<Self>) -> Option<&'static str> {
        matches!(failure, RequestError::Call { source, .. } if source.0.message() == "odd")
            .then_some("that is how it is")
    }
}

fn status(code: u16) -> ApiError {
    ApiError::from_status(StatusCode::from_u16(code).unwrap(), "words")
}

fn call(source: ApiError) -> RequestError<Example> {
    RequestError::Call { action: "update", kind: "thing", name: "a".to_owned(), source: Plain(source) }
}

fn login(source: ApiError) -> RequestError<Example> {
    RequestError::Login { address: "http://example".to_owned(), source: Plain(source) }
}

#[test]
fn each_kind_of_failure_has_a_class() {
    let class = |error: ApiError| call(error).class();
    assert_eq!(class(ApiError::new(Kind::Tls, "")), Class::Configuration);
    assert_eq!(class(ApiError::new(Kind::Unaddressable, "")), Class::Configuration);
    for kind in [Kind::Connection, Kind::Timeout, Kind::Deadline, Kind::Unavailable] {
        assert_eq!(class(ApiError::new(kind, "")), Class::Unavailable);
    }
    for code in [429, 502, 503, 504] {
        assert_eq!(class(status(code)), Class::Unavailable, "{code}");
    }
    assert_eq!((class(status(401)), class(status(403))), (Class::NotAuthorised, Class::NotAuthorised));
    assert_eq!((class(status(404)), class(status(409))), (Class::Conflict, Class::Conflict));
    assert_eq!((class(status(422)), class(status(412))), (Class::Prevented, Class::Refused));
    assert_eq!(class(ApiError::new(Kind::Decode, "")), Class::Unexpected);
}

#[test]
fn a_server_that_fails_a_read_is_not_well_and_one_that_fails_a_write_refuses_it() {
    assert_eq!(call(status(500)).class(), Class::Refused);
    assert_eq!(call(status(500).of_read(true)).class(), Class::Unavailable);
    assert_eq!(call(status(500).of_read(true)).hint().as_deref(), Some("run again; its log says what failed"));
}

#[test]
fn what_answers_a_login_with_something_else_is_another_application() {
    for error in [status(302), ApiError::new(Kind::Decode, "")] {
        assert_eq!(login(error.clone()).class(), Class::Configuration);
        assert_eq!(login(error).hint().as_deref(), Some("check where it is"));
    }
    assert_eq!(login(status(500)).class(), Class::Unavailable);
    assert_eq!(login(status(500)).hint().as_deref(), Some("its log says what failed; it may still be starting"));
    assert_eq!(login(status(401)).hint().as_deref(), Some("check the password"));
}

#[test]
fn an_application_says_what_it_means_otherwise() {
    let odd = || ApiError::from_status(StatusCode::NOT_FOUND, "odd");
    assert_eq!((call(odd()).class(), call(odd()).hint().as_deref()), (Class::Refused, Some("that is how it is")));
    assert_eq!(login(odd()).class(), Class::Conflict);
}

#[test]
fn where_no_answer_came_the_values_are_named() {
    let hint = |kind| call(ApiError::new(kind, "")).hint().unwrap();
    assert_eq!(hint(Kind::Connection), "check `example.url`, the proxy variables, and that the server runs");
    assert!(hint(Kind::Tls).contains("`platform.caBundle`") && hint(Kind::Deadline).contains("`--timeout`"));
    assert_eq!(call(status(412)).hint(), None);
}

/// What others make under that name later would be taken for ours, and `--prune` would delete it.
#[test]
fn what_was_never_sent_has_changed_nothing() {
    let never_sent = call(ApiError::new(Kind::Unaddressable, "no"));
    assert!(never_sent.changed_nothing() && !never_sent.class().changed_nothing());
    assert!(!call(ApiError::new(Kind::Timeout, "late")).changed_nothing());
}
