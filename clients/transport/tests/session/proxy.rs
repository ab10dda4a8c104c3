//! The proxy variables are the process's own, so a copy of this test program runs with others.

use std::process::Command;

use evenkeel_transport::{Kind, ProxyUse, Session, SessionOptions};

use super::{
    client::{Client, options},
    server::{Server, answer, ok},
};

/// Nobody listens there: only a proxy can answer for it.
const NOWHERE: &str = "http://127.0.0.1:1";

async fn child_succeeds(test: &'static str, proxy: String, no_proxy: &'static str) -> bool {
    let program = std::env::current_exe().unwrap();
    tokio::task::spawn_blocking(move || {
        let mut command = Command::new(program);
        command.args(["--exact", test, "--ignored", "--quiet"]);
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_lowercase());
        }
        let output = command.env("HTTP_PROXY", proxy).env("NO_PROXY", no_proxy).output().unwrap();
        let ran = String::from_utf8_lossy(&output.stdout).contains("1 passed");
        ran && output.status.success()
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn the_proxy_variables_are_honoured() {
    let proxy = Server::start(|_, stream| async move { answer(stream, &ok("{}")).await }).await;
    assert!(child_succeeds("proxy::child_goes_through_the_proxy", proxy.url(), "").await);
    assert_eq!(proxy.connections(), 1);
    assert!(child_succeeds("proxy::child_goes_past_the_proxy", proxy.url(), "127.0.0.1").await);
    assert!(child_succeeds("proxy::child_is_told_to_go_directly", proxy.url(), "").await);
    assert_eq!(proxy.connections(), 1);
}

fn client(proxy: ProxyUse) -> Client {
    Client::new(NOWHERE, Session::new(SessionOptions { proxy, ..options() }).unwrap())
}

#[tokio::test]
#[ignore = "run with proxy variables by the_proxy_variables_are_honoured"]
async fn child_goes_through_the_proxy() {
    client(ProxyUse::System).get().await.unwrap();
}

#[tokio::test]
#[ignore = "run with proxy variables by the_proxy_variables_are_honoured"]
async fn child_goes_past_the_proxy() {
    assert_eq!(client(ProxyUse::System).get().await.unwrap_err().kind(), Kind::Connection);
}

#[tokio::test]
#[ignore = "run with proxy variables by the_proxy_variables_are_honoured"]
async fn child_is_told_to_go_directly() {
    assert_eq!(client(ProxyUse::Direct).get().await.unwrap_err().kind(), Kind::Connection);
}
