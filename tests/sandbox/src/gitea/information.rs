//! What the server says of itself.

use http::StatusCode;
use serde_json::{Value, json};

use super::answer::{Answer, Content, Reply};
use super::options::GiteaVersion;
use super::paging::{self, Pages};
use super::request::Request;
use super::time;
use super::world::{World, plain_json};

/// What the server does at times, and when.
const CRON: [(&str, &str); 27] = [
    ("update_mirrors", "@every 10m"),
    ("repo_health_check", "@midnight"),
    ("check_repo_stats", "@midnight"),
    ("archive_cleanup", "@midnight"),
    ("sync_external_users", "@midnight"),
    ("deleted_branches_cleanup", "@midnight"),
    ("update_migration_poster_id", "@midnight"),
    ("cleanup_hook_task_table", "@midnight"),
    ("cleanup_packages", "@midnight"),
    ("cleanup_actions", "@midnight"),
    ("delete_inactive_accounts", "-"),
    ("delete_repo_archives", "-"),
    ("git_gc_repos", "-"),
    ("resync_all_sshkeys", "-"),
    ("resync_all_sshprincipals", "-"),
    ("resync_all_hooks", "-"),
    ("reinit_missing_repos", "-"),
    ("delete_missing_repos", "-"),
    ("delete_generated_repository_avatars", "-"),
    ("delete_old_actions", "-"),
    ("update_checker", "-"),
    ("delete_old_system_notices", "-"),
    ("rebuild_issue_indexer", "-"),
    ("stop_zombie_tasks", "@every 5m"),
    ("stop_endless_tasks", "@every 30m"),
    ("cancel_abandoned_jobs", "@every 6h"),
    ("start_schedule_tasks", "@every 1m"),
];

const ATTACHMENTS: &str = ".cpuprofile,.csv,.dmp,.docx,.fodg,.fodp,.fods,.fodt,.gif,.gz,.jpeg,.jpg,.json,.jsonc,.log,.md,.mov,.mp4,\
                           .odf,.odg,.odp,.ods,.odt,.patch,.pdf,.png,.pptx,.svg,.tgz,.txt,.webm,.xls,.xlsx,.zip";

/// What needs no login.
pub(crate) fn answer(world: &World, segments: &[&str]) -> Reply {
    let body = match segments {
        ["api", "healthz"] => return Ok(plain_json(&json!({ "status": "pass" }))),
        ["swagger.v1.json"] => return Ok(plain_json(&json!({ "swagger": "2.0", "basePath": "/api/v1" }))),
        // a server without a signing key
        ["api", "v1", "signing-key.gpg"] => return Ok(Answer::new(StatusCode::OK, Content::Empty)),
        ["api", "v1", "version"] => json!({ "version": version(world.version) }),
        ["api", "v1", "settings", "api"] => json!({
            "max_response_items": paging::MOST, "default_paging_num": 30, "default_git_trees_per_page": 1000,
            "default_max_blob_size": 10_485_760,
        }),
        ["api", "v1", "settings", "repository"] => json!({
            "mirrors_disabled": false, "http_git_disabled": false, "migrations_disabled": false, "stars_disabled": false,
            "forks_disabled": false, "time_tracking_disabled": false, "lfs_disabled": true,
        }),
        ["api", "v1", "settings", "attachment"] => {
            json!({ "enabled": true, "allowed_types": ATTACHMENTS, "max_size": 2048, "max_files": 5 })
        }
        ["api", "v1", "settings", "ui"] => json!({ "default_theme": "forgejo-auto" }),
        _ => return Err(Answer::nowhere()),
    };
    Ok(Answer::found(body))
}

fn version(version: GiteaVersion) -> &'static str {
    match version {
        GiteaVersion::Forgejo7 => "v7.0.8",
        // a build of the development branch, which names the release before it
        GiteaVersion::Gitea122 => "v1.20.0-dev-2169-g3081e7e15",
    }
}

pub(crate) fn cron(world: &World, request: &Request) -> Reply {
    let row = |(name, schedule): &(&str, &str)| -> Value {
        json!({ "name": name, "schedule": schedule, "next": time::ZERO, "prev": time::ZERO, "exec_times": 0 })
    };
    Ok(paging::list(request, &world.base, Pages::PLAIN, CRON.iter().map(row).collect()))
}
