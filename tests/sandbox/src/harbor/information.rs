//! What the server tells of itself: ping, health, counts, search.

use serde_json::{Value, json};

use super::answer::{Answer, Content, Reply};
use super::outages::HarborPart;
use super::projects::Project;
use super::request::Request;
use super::routes::nowhere;
use super::world::World;
use http::StatusCode;

impl World {
    pub(crate) fn answer_information(&self, request: &Request, segments: &[&str]) -> Reply {
        match segments {
            ["ping"] => Ok(pong(request)),
            ["health"] => self.health(),
            ["systeminfo"] => self.system_information(request),
            ["systeminfo", "volumes"] => {
                self.need(request.who, "system-volumes", "read")?;
                Ok(Answer::found(json!({ "storage": [{ "free": 1_u64 << 40, "total": 1_u64 << 41 }] })))
            }
            ["statistics"] => self.statistics(request),
            ["search"] => self.search(request),
            ["permissions"] => self.grantable(request),
            ["scanners"] => self.list_scanners(request),
            ["repositories"] => self.all_repositories(request),
            _ => Err(nowhere(request)),
        }
    }

    /// Counts of what the caller sees; totals for the administrator only.
    fn statistics(&self, request: &Request) -> Reply {
        self.need_login(request.who)?;
        let admin = self.is_admin(request.who);
        let seen: Vec<&Project> = self.projects.all().filter(|project| self.sees(request.who, project)).collect();
        let count = |public: bool| seen.iter().filter(|project| project.is_public() == public).count();
        let repositories = |public: bool| {
            let projects = seen.iter().filter(|project| project.is_public() == public);
            projects.map(|project| project.repositories.len()).sum::<usize>()
        };
        let used: i64 = seen.iter().map(|project| project.used()).sum();
        let total = |number: i64| if admin { number } else { 0 };
        Ok(Answer::found(json!({
            "private_project_count": count(false),
            "private_repo_count": repositories(false),
            "public_project_count": count(true),
            "public_repo_count": repositories(true),
            "total_project_count": if admin { seen.len() } else { 0 },
            "total_repo_count": if admin { repositories(true) + repositories(false) } else { 0 },
            "total_storage_consumption": total(used),
        })))
    }

    fn search(&self, request: &Request) -> Reply {
        if self.outages.is_away(HarborPart::Database) {
            return Err(Answer::unhandled());
        }
        let part = request.query.get("q").unwrap_or_default();
        let mut seen: Vec<&Project> = self.projects.all().filter(|project| self.sees(request.who, project)).collect();
        seen.sort_by(|one, other| one.name.cmp(&other.name));
        let projects = seen.iter().filter(|project| project.name.contains(part));
        let projects: Vec<Value> = projects.map(|project| self.found_view(request.who, project)).collect();
        let repositories = seen.iter().flat_map(|project| project.repositories.values().map(move |row| (project, row)));
        let found = repositories.map(|(project, row)| (project, format!("{}/{}", project.name, row.name), row));
        let found = found.filter(|(_, name, _)| name.contains(part)).map(|(project, name, row)| {
            json!({
                "artifact_count": row.artifacts.len(),
                "project_id": project.id,
                "project_name": project.name,
                "project_public": project.is_public(),
                "pull_count": 0,
                "repository_name": name,
            })
        });
        Ok(Answer::found(json!({ "project": projects, "repository": found.collect::<Vec<_>>() })))
    }
}

/// A JSON text for who asks for JSON, plain text for all others.
fn pong(request: &Request) -> Answer {
    if request.header("accept").is_some_and(|accept| accept.contains("application/json")) {
        return Answer::found(json!("Pong"));
    }
    Answer::new(StatusCode::OK, Content::Other("text/plain", "Pong".to_owned()))
}
