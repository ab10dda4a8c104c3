//! What scans a project: its own choice among the scanners of the system, and otherwise the default one, of which the sandbox has
//! none.

use super::answer::{Answer, Reply};
use super::body::{self, Model, Shape};
use super::request::Request;
use super::routes::nowhere;
use super::world::World;

const CHOICE: Model = Model { name: "ProjectScanner", fields: &[("uuid", Shape::Text)] };

impl World {
    /// The answer has no body where nothing scans the project.
    pub(crate) fn answer_project_scanner(&mut self, request: &Request, reference: &str, segments: &[&str]) -> Reply {
        match (request.method.as_str(), segments) {
            ("GET", []) => {
                let project = self.allowed_project(request, reference, "scanner", "read")?;
                let scanner = self.scanners.all().find(|scanner| project.scanner.as_ref() == Some(&scanner.uuid));
                Ok(scanner.map_or_else(Answer::done, |scanner| Answer::found(scanner.view())))
            }
            ("PUT", []) => {
                let fields = request.json("payload", &CHOICE)?;
                let id = self.allowed_project(request, reference, "scanner", "create")?.id;
                let uuid = body::text(&fields, "uuid").to_owned();
                if let Some(project) = self.projects.get_mut(id) {
                    // it is not looked at
                    project.scanner = Some(uuid);
                }
                Ok(Answer::done())
            }
            _ => Err(nowhere(request)),
        }
    }
}
