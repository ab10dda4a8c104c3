//! What an unchanged run costs a server (law 9), counted where the requests leave: the real server keeps no log of its own.

use std::{fmt::Write as _, fs};

use evenkeel_core::report::RequestCounts;
use futures::future::BoxFuture;

use super::{server::Server, stage::Stage};

const TEAMS: usize = 100;
const USERS: usize = 1_000;

/// The most that an unchanged realm of that size may take, logins included.
const MOST_REQUESTS: u64 = 120;
const MOST_LOGINS: u64 = 2;

/// A hundred teams with a thousand users: made once, then looked at again.
pub(super) fn unchanged<'a>(
    stage: &'a mut Stage,
    _: &'a Server,
) -> BoxFuture<'a, Result<(), Box<dyn std::error::Error + Send + Sync>>> {
    Box::pin(async move {
        fs::write(stage.values(), values())?;
        let first = stage.apply(&[]).await;
        let users = first.report.changes.iter().filter(|change| change.change.object.kind().as_str() == "user");
        stage.expect("the first run makes every user", users.count() == USERS);

        let second = stage.apply(&[]).await;
        let RequestCounts { total, writes, tokens, .. } = second.report.requests;
        stage.expect("the second run has nothing to change", second.report.changes.is_empty());
        stage.expect("the second run writes nothing", writes == 0);
        stage.expect(&format!("{total} requests are at most {MOST_REQUESTS}"), total <= MOST_REQUESTS);
        stage.expect(&format!("{tokens} logins are at most {MOST_LOGINS}"), tokens <= MOST_LOGINS);
        stage.remark(format!(
            "{total} requests, {tokens} of them logins, in {} ms; the first run: {} in {} ms",
            second.report.duration_milliseconds, first.report.requests.total, first.report.duration_milliseconds
        ));
        Ok(())
    })
}

/// No initial passwords: the server would spend its time on hashing them, and an unchanged run never looks at them.
fn values() -> String {
    let mut text =
        "platform: {name: cost}\nkeycloak: {admin: {username: admin, password: {fromEnv: ADMIN_PASSWORD}}}\nteams:\n"
            .to_owned();
    let teams = (0..TEAMS).map(|team| format!("  t{team}: {{displayName: Team {team}}}\n"));
    text.extend(teams);
    text.push_str("users:\n");
    for user in 0..USERS {
        let team = user % TEAMS;
        // Writing into a text does not fail.
        let _ = writeln!(
            text,
            "  - {{email: user{user}@example.com, firstName: U, lastName: L{user}, teams: [t{team}], teamAdmin: false}}"
        );
    }
    text
}
