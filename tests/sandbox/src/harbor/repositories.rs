//! Repositories of a project, as the API shows them.

use serde_json::{Value, json};

use super::answer::{Answer, Reply};
use super::paging::{Key, Listing};
use super::projects::Project;
use super::request::{Request, unescaped};
use super::routes::nowhere;
use super::time::written;
use super::world::World;

/// Bytes of the tiny image that tests push, with its configuration and layer.
const TINY: i64 = 1587;
/// The digest of that image.
const DIGEST: &str = "sha256:5c7a6f3a4d3b2e1f0a9b8c7d6e5f40312233445566778899aabbccddeeff0011";

/// Where images of one name are.
#[derive(Debug)]
pub(crate) struct Repository {
    pub(crate) id: i64,
    /// Without the project's name.
    pub(crate) name: String,
    pub(crate) created: i64,
    pub(crate) artifacts: Vec<Artifact>,
}

/// One image.
#[derive(Debug)]
pub(crate) struct Artifact {
    pub(crate) digest: String,
    pub(crate) size: i64,
    pub(crate) tags: Vec<String>,
}

impl Repository {
    fn view(&self, project: &Project) -> Value {
        json!({
            "artifact_count": self.artifacts.len(),
            "creation_time": written(self.created),
            "id": self.id,
            "name": format!("{}/{}", project.name, self.name),
            "project_id": project.id,
            "update_time": written(self.created),
        })
    }

    fn key(&self, field: &str) -> Option<Key> {
        match field {
            "name" => Some(self.name.as_str().into()),
            "id" => Some(self.id.into()),
            _ => None,
        }
    }

    pub(crate) fn artifact(&self, reference: &str) -> Option<&Artifact> {
        let fits =
            |artifact: &&Artifact| artifact.digest == reference || artifact.tags.iter().any(|tag| tag == reference);
        self.artifacts.iter().find(fits)
    }
}

impl World {
    /// Puts a tiny image into a project. False where there is no such project.
    pub(crate) fn push(&mut self, project: &str, repository: &str, tag: &str) -> bool {
        let (now, next) = (self.now(), self.repositories + 1);
        let Some(id) = self.project_names.get(project).copied() else { return false };
        let Some(project) = self.projects.get_mut(id) else { return false };
        let stored = project.repositories.entry(repository.to_owned()).or_insert_with(|| Repository {
            id: next,
            name: repository.to_owned(),
            created: now,
            artifacts: Vec::new(),
        });
        match stored.artifacts.iter_mut().find(|artifact| artifact.digest == DIGEST) {
            Some(artifact) => artifact.tags.push(tag.to_owned()),
            None => {
                stored.artifacts.push(Artifact { digest: DIGEST.to_owned(), size: TINY, tags: vec![tag.to_owned()] });
            }
        }
        self.repositories = next;
        true
    }

    pub(crate) fn answer_repositories(&mut self, request: &Request, reference: &str, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let listing = Listing::of(request)?;
                let project = self.allowed_project(request, reference, "repository", "list")?;
                let rows = project.repositories.values();
                listing.answer(rows, |row, field| row.key(field), |row| row.view(project))
            }
            // a slash in the name may be escaped twice, for proxies that undo it once
            ("GET", [name]) => {
                let project = self.allowed_project(request, reference, "repository", "read")?;
                let name = unescaped(name);
                let repository = project.repositories.get(&name).ok_or_else(|| missing(project, &name))?;
                Ok(Answer::found(repository.view(project)))
            }
            ("GET", [name, "artifacts"]) => {
                let listing = Listing::of(request)?;
                let project = self.allowed_project(request, reference, "artifact", "list")?;
                let name = unescaped(name);
                let repository = project.repositories.get(&name).ok_or_else(|| missing(project, &name))?;
                let view = |artifact: &Artifact| artifact_view(project, repository, artifact);
                listing.answer(repository.artifacts.iter(), |_, _| None, view)
            }
            ("DELETE", [name]) => {
                let project = self.allowed_project(request, reference, "repository", "delete")?;
                let (id, name) = (project.id, unescaped(name));
                project.repositories.get(&name).ok_or_else(|| missing(project, &name))?;
                if let Some(project) = self.projects.get_mut(id) {
                    project.repositories.remove(&name);
                }
                Ok(Answer::done())
            }
            _ => Err(nowhere(request)),
        }
    }

    /// `GET /repositories`: those of all projects that the caller sees.
    pub(crate) fn all_repositories(&self, request: &Request) -> Reply {
        let listing = Listing::of(request)?;
        let visible = self.projects.all().filter(|project| self.sees(request.who, project));
        let rows = visible.flat_map(|project| project.repositories.values().map(move |row| (project, row)));
        listing.answer(rows, |(_, row), field| row.key(field), |(project, row)| row.view(project))
    }
}

fn artifact_view(project: &Project, repository: &Repository, artifact: &Artifact) -> Value {
    let tags = artifact.tags.iter().map(|tag| json!({ "name": tag, "repository_id": repository.id }));
    json!({
        "digest": artifact.digest,
        "media_type": "application/vnd.oci.image.config.v1+json",
        "manifest_media_type": "application/vnd.oci.image.manifest.v1+json",
        "project_id": project.id,
        "repository_id": repository.id,
        "size": artifact.size,
        "tags": tags.collect::<Vec<_>>(),
        "type": "IMAGE",
    })
}

fn missing(project: &Project, name: &str) -> Answer {
    Answer::not_found(format!("repository {}/{name} not found", project.name))
}
