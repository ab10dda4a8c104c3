//! What scans the images of projects.

use std::collections::{BTreeMap, BTreeSet};

use evenkeel_harbor_client::{paging, scanner_of_project};
use futures::{StreamExt, TryStreamExt, stream};

use super::AT_ONCE;
use crate::{Error, Harbor, directory::Named, error::WithContext};

/// The scanners of the system, and what scans each project.
#[derive(Clone, Debug, Default)]
pub struct Scanners {
    /// The names of all.
    pub known: BTreeSet<String>,
    /// The name of the one that a project has when nobody has chosen another.
    pub usual: Option<String>,
    /// Names by project, where something scans it.
    pub of_projects: BTreeMap<String, String>,
}

impl Harbor {
    /// The scanners of these projects.
    pub(super) async fn read_scanners(&self, projects: &BTreeSet<String>) -> Result<Scanners, Error> {
        let mut scanners = Scanners::default();
        if projects.is_empty() {
            return Ok(scanners);
        }
        let list = paging::scanners(self.administrator()).await;
        for scanner in list.context("list", "scanners of", "harbor")? {
            let (Some(name), Some(uuid)) = (scanner.name, scanner.uuid) else { continue };
            self.directory.insert_scanner(name.clone(), uuid);
            if scanner.is_default == Some(true) {
                scanners.usual = Some(name.clone());
            }
            scanners.known.insert(name);
        }
        // Where there is none, there is none for any project.
        if scanners.known.is_empty() {
            return Ok(scanners);
        }
        let mut reads = Vec::new();
        for project in projects.iter().filter(|name| self.directory.get(&Named::Project((*name).clone())).is_some()) {
            reads.push(self.read_scanner(project));
        }
        let read: Vec<(String, Option<String>)> = stream::iter(reads).buffer_unordered(AT_ONCE).try_collect().await?;
        scanners.of_projects = read.into_iter().filter_map(|(project, name)| Some((project, name?))).collect();
        Ok(scanners)
    }

    async fn read_scanner(&self, project: &str) -> Result<(String, Option<String>), Error> {
        let answer = scanner_of_project(self.administrator(), project).await;
        let read = answer.context("read", "scanner of project", project)?;
        Ok((project.to_owned(), read.and_then(|scanner| scanner.name)))
    }
}
