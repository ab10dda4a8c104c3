use evenkeel_transport::{ApiError, Kind, ResultExt, location_id, reqwest::Method};
use serde::Deserialize;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::client::{Client, session};

async fn client(answer: ResponseTemplate) -> (MockServer, Client) {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(answer).expect(1).mount(&server).await;
    let client = Client::new(&server.uri(), session());
    (server, client)
}

async fn error(answer: ResponseTemplate) -> ApiError {
    client(answer).await.1.method(Method::POST).await.unwrap_err()
}

#[tokio::test]
async fn a_body_that_is_no_object_keeps_its_status() {
    let html = ResponseTemplate::new(502).set_body_raw("<html>bad gateway</html>", "text/html");
    assert_eq!(error(html).await.to_string(), "502 Bad Gateway");
    let text = ResponseTemplate::new(404).set_body_string("404 page\n not \u{1b}[31mfound");
    assert_eq!(error(text).await.to_string(), "404 Not Found: 404 page not [31mfound");
    let list = ResponseTemplate::new(403).set_body_json(json!(["no"]));
    assert_eq!(error(list).await.kind(), Kind::Forbidden);
    assert_eq!(error(ResponseTemplate::new(409)).await.to_string(), "409 Conflict");
}

#[tokio::test]
async fn an_error_body_of_another_shape_than_described_keeps_its_status_and_words() {
    let shape = json!({"message": {"code": 7}, "error_description": "name is taken"});
    let error = error(ResponseTemplate::new(409).set_body_json(shape)).await;
    assert_eq!((error.kind(), error.to_string().as_str()), (Kind::Conflict, "409 Conflict: name is taken"));
}

#[tokio::test]
async fn the_servers_words_are_cut_to_one_line() {
    let long = json!({"errorMessage": format!("first\r\n\u{202e}second {}", "x".repeat(5000))});
    let error = error(ResponseTemplate::new(400).set_body_json(long)).await;
    assert_eq!(error.kind(), Kind::Invalid);
    assert!(error.message().starts_with("first second xxx"), "{error}");
    assert_eq!(error.message().chars().count(), evenkeel_transport::text::LIMIT + 1);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_its_target_is_not_shown() {
    let answer = ResponseTemplate::new(302).insert_header("location", "http://user:canary@elsewhere/?q=canary");
    let error = error(answer).await;
    assert_eq!((error.kind(), error.status().unwrap().as_u16()), (Kind::Unexpected, 302));
    assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    assert!(error.to_string().contains("redirects are not followed"), "{error}");
}

#[tokio::test]
async fn no_cookie_is_kept() {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).insert_header("set-cookie", "session=1; Path=/").set_body_json(json!({}));
    Mock::given(any()).respond_with(answer).expect(2).mount(&server).await;
    let client = Client::new(&server.uri(), session());
    client.get().await.unwrap();
    client.get().await.unwrap();
    for request in server.received_requests().await.unwrap() {
        assert!(!request.headers.contains_key("cookie"));
        let agent = request.headers["user-agent"].to_str().unwrap();
        assert_eq!(agent, concat!("evenkeel/", env!("CARGO_PKG_VERSION")));
    }
}

#[tokio::test]
async fn absent_and_existing_objects_are_answers_for_who_asks_so() {
    let (_server, absent) = client(ResponseTemplate::new(404)).await;
    assert_eq!(absent.call::<Value>(Method::GET, "", None).await.optional(), Ok(None));
    let (_server, taken) = client(ResponseTemplate::new(409)).await;
    assert_eq!(taken.call::<Value>(Method::POST, "", None).await.unless_conflict(), Ok(None));
    let (_server, forbidden) = client(ResponseTemplate::new(403)).await;
    let error = forbidden.call::<Value>(Method::GET, "", None).await.optional().unwrap_err();
    assert_eq!(error.kind(), Kind::Forbidden);
}

#[tokio::test]
async fn the_id_of_a_created_object_is_read_from_its_location() {
    for (location, id) in [
        ("http://server/things/1234", Some("1234")),
        ("/things/a%2Fb%20c/", Some("a/b c")),
        ("/things/x?y=z#w", Some("x")),
        ("/", None),
    ] {
        let answer = ResponseTemplate::new(201).insert_header("location", location).set_body_json(json!({}));
        let (_server, client) = client(answer).await;
        let response = client.call::<Value>(Method::POST, "", None).await.unwrap();
        assert_eq!(location_id(&response).as_deref(), id);
    }
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "only decoded")]
struct User {
    username: String,
    enabled: bool,
    #[serde(default)]
    kind: Option<Colour>,
    #[serde(default)]
    since: Option<Strict>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Colour {
    Red,
}

/// A type whose own message quotes the value.
#[derive(Debug)]
struct Strict;

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(serde::de::Error::custom(format!("cannot read {text}, expected {text}")))
    }
}

#[tokio::test]
async fn a_decode_error_shows_where_and_what_was_expected_and_never_what_was_there() {
    let at = |user: Value| async move {
        let (_server, client) = client(ResponseTemplate::new(200).set_body_json(json!([user]))).await;
        let error = client.call::<Vec<User>>(Method::GET, "", None).await.api().unwrap_err();
        assert_eq!(error.kind(), Kind::Decode);
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
        error.to_string()
    };
    assert_eq!(
        at(json!({"username": "u", "enabled": "hunter2, expected x"})).await,
        "the answer is not what the API describes: expected a boolean at `[0].enabled`"
    );
    assert_eq!(
        at(json!({"username": "u"})).await,
        "the answer is not what the API describes: missing field `enabled` at `[0]`"
    );
    assert_eq!(
        at(json!({"username": "u", "enabled": true, "kind": "hunter2"})).await,
        "the answer is not what the API describes: expected `red` at `[0].kind`"
    );
    assert_eq!(
        at(json!({"username": "u", "enabled": true, "since": "hunter2"})).await,
        "the answer is not what the API describes: a value does not fit its type at `[0].since`"
    );
}

#[tokio::test]
async fn an_answer_that_is_no_json_says_so_and_no_more() {
    for (body, words) in [("hunter2", "not JSON"), ("{\"hunter2\":", "cut short"), ("", "cut short")] {
        let (_server, client) = client(ResponseTemplate::new(200).set_body_string(body)).await;
        let error = client.call::<Value>(Method::GET, "", None).await.api().unwrap_err();
        assert_eq!(error.kind(), Kind::Decode);
        assert!(error.to_string().contains(words), "{error}");
        assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_name_that_would_reach_something_else_is_refused_before_anything_is_sent() {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let client = Client::new(&server.uri(), session());
    for name in ["", ".", "..", "a\tb"] {
        let error = client.named(Method::DELETE, name).await.api().unwrap_err();
        assert_eq!(error.kind(), Kind::Unaddressable, "{name:?}");
        assert!(!error.outcome_unknown() && !error.is_unavailable(), "{error}");
        assert!(error.message().starts_with("no address can carry what is given as `name` of `named_call`: it "));
    }
    assert_eq!(client.session().log().summary().requests, 0);
}

#[tokio::test]
async fn an_answer_about_another_object_is_an_error() {
    let answer = |name: &str| ResponseTemplate::new(200).set_body_json(json!({"name": name}));
    let (_server, same) = client(answer("a/b")).await;
    assert!(same.named(Method::GET, "a/b").await.api().is_ok());
    let (_server, other) = client(answer("a")).await;
    let error = other.named(Method::GET, "a/b").await.optional().unwrap_err();
    assert_eq!(error.kind(), Kind::OtherObject);
    assert_eq!(
        error.to_string(),
        "the answer to `named_call` is about another object: its `name` is not what was asked for"
    );
}

#[tokio::test]
async fn a_list_that_is_null_has_nothing_in_it_and_no_other_answer_is_a_list() {
    let list = async |body: &str| client(ResponseTemplate::new(200).set_body_string(body)).await.1.list().await;
    for nothing in ["null", " null\n", "[]"] {
        assert_eq!(list(nothing).await.unwrap(), [Value::Null; 0], "{nothing:?}");
    }
    for other in ["", "{}", "nullnull"] {
        assert_eq!(list(other).await.unwrap_err().kind(), Kind::Decode, "{other:?}");
    }
}

/// Whether a failure is one of the server or of what was asked shows in what was asked.
#[tokio::test]
async fn an_error_knows_whether_its_request_could_change_something_whatever_form_it_has() {
    let documented = ResponseTemplate::new(500).set_body_json(json!({"message": "no"}));
    let of_another_form = ResponseTemplate::new(500).set_body_json(json!({"message": 1}));
    let undocumented = ResponseTemplate::new(302);
    for (answer, is_known) in [(documented, true), (of_another_form, true), (undocumented, false)] {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer.insert_header("evenkeel-of-read", "true")).mount(&server).await;
        let client = Client::new(&server.uri(), session());
        for (method, reads) in [(Method::GET, true), (Method::PUT, false), (Method::POST, false)] {
            let error = client.method(method.clone()).await.unwrap_err();
            assert_eq!(error.is_of_read(), reads && is_known, "{method} {error}");
        }
    }
    let client = Client::new("http://127.0.0.1:1", session());
    assert!(client.get().await.unwrap_err().is_of_read());
    assert!(!client.method(Method::DELETE).await.unwrap_err().is_of_read());
}
