//! A server that means harm: it passes everything on to a sandbox, but one of its lists.

use std::{
    collections::HashMap,
    fmt::Write as _,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    thread,
};

/// What the list does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// It is sixty megabytes of `{}`.
    Tiny,
    /// It is one row with a map of a million small entries.
    Entries,
    /// Each page is full, and leads to another.
    Endless,
    /// Each page is full, and the same.
    Again,
}

/// It stops with the process of the test.
pub(crate) struct Hostile {
    url: String,
}

impl Hostile {
    /// Stands before the server at `url`, and does harm where a path ends in `list`.
    pub(crate) fn before(url: &str, list: &'static str, harm: Harm) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let own = format!("http://{}", listener.local_addr().unwrap());
        let behind = url.trim_start_matches("http://").to_owned();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let behind = behind.clone();
                // Whoever had enough of an answer hangs up.
                thread::spawn(move || drop(answer(stream, &behind, list, harm)));
            }
        });
        Self { url: own }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}

/// One request of each connection.
fn answer(mut stream: TcpStream, behind: &str, list: &str, harm: Harm) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut words = head.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    if method == "GET" && path.ends_with(list) {
        return stream.write_all(&harmful(harm, path, &parameters(query)));
    }
    let length =
        head.to_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body)?;
    let mut server = TcpStream::connect(behind)?;
    server.write_all(head.replacen("\r\n", "\r\nconnection: close\r\n", 1).as_bytes())?;
    server.write_all(&body)?;
    io::copy(&mut server, &mut stream).map(drop)
}

fn parameters(query: &str) -> HashMap<&str, &str> {
    query.split('&').filter_map(|pair| pair.split_once('=')).collect()
}

fn harmful(harm: Harm, path: &str, parameters: &HashMap<&str, &str>) -> Vec<u8> {
    let number = |name: &str| parameters.get(name).and_then(|text| text.parse::<usize>().ok());
    let is_cluster = path.starts_with("/api/v1/");
    let is_harbor = path.starts_with("/api/v2.0/");
    let most = number("max").or(number("page_size")).or(number("limit")).unwrap_or(100);
    let first = match harm {
        Harm::Again => 0,
        Harm::Endless | Harm::Tiny | Harm::Entries => {
            let page = number("page").map_or(0, |page| (page - 1) * most);
            number("first").or(number("continue")).unwrap_or(page)
        }
    };
    let rows = match harm {
        Harm::Tiny => "{},".repeat(20_000_000) + "{}",
        Harm::Entries => {
            let entries: Vec<String> = (0..1_300_000).map(|number| format!("\"{number:x}\":\"\"")).collect();
            let entries = entries.join(",");
            format!("{{\"name\":\"n\",\"metadata\":{{\"name\":\"n\",\"annotations\":{{{entries}}}}}}}")
        }
        Harm::Endless | Harm::Again => {
            (first..first + most).map(|number| row(number, is_cluster, is_harbor)).collect::<Vec<_>>().join(",")
        }
    };
    let body = if is_cluster {
        // the place of a page grows also where its rows do not
        let next = number("continue").unwrap_or_default() + most;
        format!("{{\"kind\":\"List\",\"metadata\":{{\"continue\":\"{next}\"}},\"items\":[{rows}]}}")
    } else {
        format!("[{rows}]")
    };
    let mut answer = String::with_capacity(body.len() + 256);
    let _ = write!(
        answer,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-total-count: 1000000000\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    answer.into_bytes()
}

/// Something that passes for a role, a user, a project, a robot or a Secret, a few kilobytes long.
fn row(number: usize, is_cluster: bool, is_harbor: bool) -> String {
    let text = "x".repeat(4000);
    if is_cluster {
        return format!(
            "{{\"metadata\":{{\"name\":\"n{number}\",\"namespace\":\"team-a\",\"uid\":\"{number}\"}},\"type\":\"kubernetes.io/dockerconfigjson\",\"data\":{{\".dockerconfigjson\":\"{}\"}}}}",
            "eHh4".repeat(1000)
        );
    }
    if is_harbor {
        return format!("{{\"id\":{number},\"project_id\":{number},\"name\":\"n{number}{text}\"}}");
    }
    format!("{{\"id\":\"{number}\",\"name\":\"n{number}\",\"description\":\"{text}\"}}")
}
