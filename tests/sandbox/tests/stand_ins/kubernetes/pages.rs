//! Lists in pages, and the revisions that they are of.

use serde_json::json;

use super::client::Client;
use super::{SECRETS, names, secret, start};

#[test]
fn pages_show_the_list_as_it_was_at_the_first_one() {
    let server = start();
    let client = Client::new(&server);
    for name in ["a", "b", "c", "d"] {
        client.post(SECRETS, &secret(name));
    }
    let first = client.get(&format!("{SECRETS}?limit=2")).json();
    assert_eq!(names(&first), ["a", "b"]);
    client.delete(&format!("{SECRETS}/c"));
    client.post(SECRETS, &secret("aa"));
    let token = first["metadata"]["continue"].as_str().unwrap();
    let second = client.get(&format!("{SECRETS}?limit=2&continue={token}")).json();
    assert_eq!(names(&second), ["c", "d"]);
    assert_eq!(second["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    assert_eq!(names(&client.get(SECRETS).json()), ["a", "aa", "b", "d"]);
}

#[test]
fn a_page_whose_past_is_lost_is_refused_with_a_way_to_go_on() {
    let server = start();
    let client = Client::new(&server);
    for name in ["a", "b", "c"] {
        client.post(SECRETS, &secret(name));
    }
    let first = client.get(&format!("{SECRETS}?limit=1")).json();
    client.post(SECRETS, &secret("bb"));
    server.lose_history();
    let token = first["metadata"]["continue"].as_str().unwrap();
    let expired = client.get(&format!("{SECRETS}?limit=5&continue={token}"));
    assert_eq!((expired.status, expired.json()["reason"].as_str()), (410, Some("Expired")));
    let status = expired.json();
    let token = status["metadata"]["continue"].as_str().unwrap();
    assert_eq!(names(&client.get(&format!("{SECRETS}?limit=5&continue={token}")).json()), ["b", "bb", "c"]);
}

#[test]
fn ten_thousand_secrets_come_in_pages_in_a_moment() {
    let server = start();
    for number in 0..10_000 {
        let object = json!({"metadata": {"labels": {"half": (number % 2).to_string()}}, "data": {"a": "b25l"}});
        server.insert("secrets", "team-alpha", &format!("secret-{number:05}"), object);
    }
    let client = Client::new(&server);
    let (mut found, mut token) = (0, String::new());
    loop {
        let page = client.get(&format!("{SECRETS}?labelSelector=half%3D1&limit=500&continue={token}")).json();
        found += names(&page).len();
        match page["metadata"]["continue"].as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!((found, server.reads()), (5000, 10));
}
