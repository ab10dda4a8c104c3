//! What the replayer sends, and what it does where a server does not play along.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use evenkeel_conformance::replay::{Contract, Replay, ReplayError, Replayer, Waiting};
use serde_json::{Value, json};
use wiremock::matchers::{any, body_string, header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

type Failure = Box<dyn std::error::Error>;

fn contract(exchanges: Value) -> Result<Contract, Failure> {
    let text = json!({
        "application": "nothing", "version": "1", "about": "",
        "given": {"user": "ada", "password": null},
        "auth": {"basic": {"basic": ["{user}", "{password}"]}, "token": {"bearer": "{token}", "scheme": "token"}},
        "unordered": [],
        "exchanges": exchanges,
    });
    Ok(Contract::parse("nothing.json", &text.to_string())?)
}

fn replayer(server: &MockServer) -> Result<Replayer, ReplayError> {
    Ok(Replayer::new(&server.uri())?.given("password", "correct horse".into()))
}

async fn replay(server: &MockServer, exchanges: Value) -> Result<Replay, Failure> {
    Ok(replayer(server)?.replay(&contract(exchanges)?).await?)
}

/// A server that answers everything with 200 and nothing, and remembers.
async fn silent_server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    server
}

async fn received(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap_or_default()
}

#[tokio::test]
async fn bodies_go_out_as_recorded() -> Result<(), Failure> {
    let server = silent_server().await;
    let ok = json!({"status": 200});
    let request = |name: &str, body: Value| {
        let mut request = json!({"method": "POST", "path": "/{user}", "auth": "none"});
        request[name] = body;
        request
    };
    let replay = replay(
        &server,
        json!([
            {"name": "json", "request": request("json", json!({"name": "{user}"})), "response": ok},
            {"name": "form", "request": request("form", json!({"password": "{password}"})), "response": ok},
            {"name": "raw", "request": request("raw", json!("{\"name\":")), "response": ok},
        ]),
    )
    .await?;
    assert!(replay.disagreements.is_empty(), "{replay}");
    let sent: Vec<_> = received(&server)
        .await
        .into_iter()
        .map(|request| {
            let kind = request.headers.get("content-type").map(|kind| kind.as_bytes().to_vec());
            (String::from_utf8_lossy(&request.body).into_owned(), kind, request.url.path().to_owned())
        })
        .collect();
    let form = b"application/x-www-form-urlencoded".to_vec();
    assert_eq!(
        sent,
        [
            (r#"{"name": "ada"}"#.to_owned(), Some(b"application/json".to_vec()), "/ada".to_owned()),
            ("password=correct+horse".to_owned(), Some(form), "/ada".to_owned()),
            (r#"{"name":"#.to_owned(), None, "/ada".to_owned()),
        ]
    );
    Ok(())
}

#[tokio::test]
async fn what_a_step_saves_is_used_by_the_next() -> Result<(), Failure> {
    let server = MockServer::start().await;
    let made = ResponseTemplate::new(201)
        .insert_header("location", format!("{}/things/ab-1", server.uri()))
        .set_body_json(json!({"list": [{"name": "other"}, {"name": "mine", "token": "t-1"}]}));
    Mock::given(method("POST")).respond_with(made).mount(&server).await;
    Mock::given(path("/things/ab-1"))
        .and(header("authorization", "token t-1"))
        .respond_with(ResponseTemplate::new(204))
        .mount(&server)
        .await;
    let replay = replay(
        &server,
        json!([
            {
                "name": "make",
                "request": {"method": "POST", "path": "/things", "auth": "basic"},
                "response": {
                    "status": 201,
                    "headers": {"content-type": "application/json", "location": "{{base}}/things/{{thing}}"},
                    "body": {"list": [{"name": "other"}, {"name": "mine", "token": "{{token}}"}]}
                },
                "save": {"thing": "header:Location", "token": "/list/name=mine/token"}
            },
            {
                "name": "read",
                "request": {"method": "GET", "path": "/things/{thing}", "auth": "token"},
                "response": {"status": 204}
            }
        ]),
    )
    .await?;
    assert!(replay.disagreements.is_empty(), "{replay}");
    Ok(())
}

#[tokio::test]
async fn a_repeated_request_counts_with_leading_zeros_and_every_status_is_checked() -> Result<(), Failure> {
    let server = MockServer::start().await;
    Mock::given(body_string(r#"{"name": "team-04"}"#)).respond_with(ResponseTemplate::new(409)).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(201)).mount(&server).await;
    let replay = replay(
        &server,
        json!([{
            "name": "many",
            "request": {"method": "POST", "path": "/", "auth": "none", "json": {"name": "team-{i}"}, "repeat": 12},
            "response": {"status": 201}
        }]),
    )
    .await?;
    let found: Vec<_> = replay.disagreements.iter().map(|found| (found.place.as_str(), found.got.as_str())).collect();
    assert_eq!(found, [("status of round 4", "409")]);
    let last = received(&server).await.pop().ok_or("no request")?;
    assert_eq!(last.body, br#"{"name": "team-12"}"#);
    Ok(())
}

#[tokio::test]
async fn a_server_with_its_own_clock_is_told_to_wait() -> Result<(), Failure> {
    let server = silent_server().await;
    let waited = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&waited);
    let replayer = replayer(&server)?.waiting(Waiting::Advance(Box::new(move |time| {
        log.lock().expect("no panic while it was held").push(time);
    })));
    let exchanges = json!([{
        "name": "later",
        "request": {"method": "GET", "path": "/", "auth": "none", "wait": 3600},
        "response": {"status": 200}
    }]);
    let replay = replayer.replay(&contract(exchanges)?).await?;
    assert!(replay.disagreements.is_empty(), "{replay}");
    assert_eq!(*waited.lock().expect("no panic while it was held"), [Duration::from_secs(3600)]);
    Ok(())
}

#[tokio::test]
async fn a_disagreement_names_file_step_place_and_both_values() -> Result<(), Failure> {
    let server = silent_server().await;
    let replay = replay(
        &server,
        json!([{
            "name": "read",
            "request": {"method": "GET", "path": "/", "auth": "none"},
            "response": {"status": 404}
        }]),
    )
    .await?;
    let told: Vec<_> = replay.disagreements.iter().map(ToString::to_string).collect();
    assert_eq!(told, ["nothing.json: step `read`: status: expected 404, got 200"]);
    Ok(())
}

#[tokio::test]
async fn redirects_are_answers_and_not_followed() -> Result<(), Failure> {
    let server = MockServer::start().await;
    let moved = ResponseTemplate::new(307).insert_header("location", "/elsewhere");
    Mock::given(any()).respond_with(moved).mount(&server).await;
    let replay = replay(
        &server,
        json!([{
            "name": "moved",
            "request": {"method": "GET", "path": "/", "auth": "none"},
            "response": {"status": 307, "headers": {"location": "/elsewhere"}}
        }]),
    )
    .await?;
    assert!(replay.disagreements.is_empty(), "{replay}");
    assert_eq!(received(&server).await.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_server_that_does_not_answer_ends_the_replay_with_one_disagreement() -> Result<(), Failure> {
    // bound, then let go: nobody listens there
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let replayer = Replayer::new(&format!("http://{address}"))?.given("password", "x".into());
    let step = json!({
        "name": "read",
        "request": {"method": "GET", "path": "/", "auth": "none"},
        "response": {"status": 200}
    });
    let replay = replayer.replay(&contract(json!([step, step, step]))?).await?;
    assert_eq!(replay.disagreements.len(), 1, "{replay}");
    assert_eq!(replay.disagreements[0].place, "answer");
    assert!(replay.disagreements[0].got.ends_with("the 2 steps behind it were not sent"), "{replay}");
    Ok(())
}

#[tokio::test]
async fn a_value_that_the_contract_needs_must_be_given() -> Result<(), Failure> {
    let error = Replayer::new("http://127.0.0.1:1")?.replay(&contract(json!([]))?).await.err().ok_or("replayed")?;
    assert_eq!(error.to_string(), "contract `nothing.json` needs a value for `password`");
    Ok(())
}

#[test]
fn a_contract_with_a_key_that_has_no_rule_is_refused() -> Result<(), Failure> {
    let exchanges = json!([{
        "name": "read",
        "request": {"method": "GET", "path": "/", "auth": "none", "follow": true},
        "response": {"status": 200}
    }]);
    let error = contract(exchanges).err().ok_or("read")?;
    assert!(error.to_string().contains("unknown field `follow`"), "{error}");
    Ok(())
}

fn get(name: &str, more: &Value) -> Value {
    let mut request = json!({"method": "GET", "path": "/", "auth": "none"});
    for (key, value) in more.as_object().into_iter().flatten() {
        request[key] = value.clone();
    }
    json!({"name": name, "request": request, "response": {"status": 200}})
}

#[tokio::test]
async fn a_request_is_sent_until_its_answer_is_right() -> Result<(), Failure> {
    let server = MockServer::start().await;
    let says =
        |status: &str| ResponseTemplate::new(200).set_body_json(json!({"status": status, "list": [{"name": "a"}]}));
    Mock::given(any()).respond_with(says("unhealthy")).up_to_n_times(2).mount(&server).await;
    Mock::given(any()).respond_with(says("healthy")).mount(&server).await;
    let until = json!({"until": {"pointer": "/status", "is": "healthy", "every": 0.01, "seconds": 60}});
    let mut step = get("health", &until);
    step["response"] = json!({
        "status": 200, "headers": {"content-type": "application/json"}, "keep": ["status"], "body": {"status": "healthy"}
    });
    let replay = replay(&server, json!([step])).await?;
    assert!(replay.disagreements.is_empty(), "{replay}");
    assert_eq!(received(&server).await.len(), 3);
    Ok(())
}

#[tokio::test]
async fn asking_again_ends_with_the_last_answer() -> Result<(), Failure> {
    let server = silent_server().await;
    let step = get("never", &json!({"until": {"status": 404, "every": 0.01, "seconds": 0.03}}));
    let replay = replay(&server, json!([step])).await?;
    assert!(replay.disagreements.is_empty(), "{replay}");
    assert_eq!(received(&server).await.len(), 4);
    Ok(())
}

#[tokio::test]
async fn of_requests_at_once_all_statuses_are_compared() -> Result<(), Failure> {
    let server = MockServer::start().await;
    Mock::given(any()).respond_with(ResponseTemplate::new(201)).up_to_n_times(1).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(409)).mount(&server).await;
    let mut step = get("race", &json!({"parallel": 3}));
    step["response"] = json!({"status": 409, "statuses": [201, 409, 409]});
    let replayed = replay(&server, json!([step])).await?;
    assert!(replayed.disagreements.is_empty(), "{replayed}");
    let replayed = replay(&server, json!([step])).await?;
    let places: Vec<_> = replayed.disagreements.iter().map(|found| found.place.as_str()).collect();
    assert_eq!(places, ["statuses"]);
    Ok(())
}

#[tokio::test]
async fn a_request_during_another_is_answered_first() -> Result<(), Failure> {
    let server = MockServer::start().await;
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_millis(700));
    Mock::given(path("/slow")).respond_with(slow).mount(&server).await;
    Mock::given(any()).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let mut step = get("meanwhile", &json!({}));
    step["during"] = get("slow", &json!({"path": "/slow"}));
    let replayed = replay(&server, json!([step])).await?;
    assert!(replayed.disagreements.is_empty(), "{replayed}");
    step["during"] = get("fast", &json!({"path": "/fast"}));
    let replayed = replay(&server, json!([step])).await?;
    let places: Vec<_> = replayed.disagreements.iter().map(|found| found.place.as_str()).collect();
    assert_eq!(places, ["during"]);
    Ok(())
}

#[tokio::test]
async fn cookies_whole_headers_claims_and_filled_texts_are_understood() -> Result<(), Failure> {
    let server = MockServer::start().await;
    // {"access": null, "jti": "x"}
    let token = "e30.eyJhY2Nlc3MiOm51bGwsImp0aSI6IngifQ.sig";
    let first = ResponseTemplate::new(200)
        .append_header("set-cookie", "other=1; Path=/")
        .append_header("set-cookie", "sid=abc; Path=/")
        .insert_header("x-csrf", "a/b=")
        .set_body_json(json!({"token": token, "count": 7}));
    Mock::given(method("GET")).respond_with(first).mount(&server).await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).mount(&server).await;
    let mut login = get("login", &json!({"claims": {"token": "/token", "keys": ["access"]}}));
    login["response"] = json!({
        "status": 200, "headers": {"content-type": "application/json"}, "claims": {"access": null},
        "body": {"token": "{{string}}", "count": "{{count}}"}
    });
    login["save"] = json!({"sid": "cookie:sid", "csrf": "whole:X-Csrf", "count": "/count"});
    login["same"] = json!({"count": "/count"});
    login["differs"] = json!({"sid": "/token"});
    let mut write = get("write", &json!({"method": "POST", "raw": "{csrf} {big}", "fill": {"big": ["ab", 3]}}));
    write["request"]["headers"] = json!({"Cookie": "sid={sid}"});
    let replay = replay(&server, json!([login, write])).await?;
    assert!(replay.disagreements.is_empty(), "{replay}");
    let sent = received(&server).await.pop().ok_or("no request")?;
    assert_eq!(sent.body, b"a/b= ababab");
    assert_eq!(sent.headers.get("cookie").map(|cookie| cookie.as_bytes()), Some(&b"sid=abc"[..]));
    Ok(())
}

#[tokio::test]
async fn what_happens_to_the_server_needs_a_hand_on_it() -> Result<(), Failure> {
    let server = silent_server().await;
    let steps = json!([{"name": "trouble", "do": "database down"}]);
    let error = replay(&server, steps.clone()).await.err().ok_or("it happened")?;
    assert!(error.to_string().contains("`database down` did not happen"), "{error}");
    let happened = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&happened);
    let replayer = replayer(&server)?.happening(Box::new(move |what| {
        log.lock().expect("no panic while it was held").push(what.to_owned());
        Ok(())
    }));
    replayer.replay(&contract(steps)?).await?;
    assert_eq!(*happened.lock().expect("no panic while it was held"), ["database down"]);
    Ok(())
}

#[test]
fn a_step_is_an_exchange_or_an_event() {
    let error = contract(json!([{"name": "neither", "note": "x"}])).err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("step `neither` has neither")));
}
