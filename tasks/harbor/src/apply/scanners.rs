//! What scans the images of projects.

use evenkeel_harbor_client::{paging, types::ProjectScanner};
use evenkeel_transport::ResultExt;

use crate::{Error, Harbor, error::WithContext};

impl Harbor {
    /// The server takes any identifier, so that a scanner has to be there first.
    pub(super) async fn set_scanner(&self, project: &str, scanner: &str) -> Result<(), Error> {
        let uuid = self
            .scanner_id(scanner)
            .await?
            .ok_or_else(|| Error::NoScanner { scanner: scanner.to_owned(), project: project.to_owned() })?;
        let answer = self
            .administrator()
            .project_scanner_set()
            .project_name_or_id(project)
            .x_is_resource_name(true)
            .body(ProjectScanner { uuid })
            .send()
            .await
            .api();
        answer.context("update", "scanner of project", project)
    }

    /// The identifier of a scanner: known since it was seen in this round, or one that was made meanwhile.
    async fn scanner_id(&self, name: &str) -> Result<Option<String>, Error> {
        if let Some(uuid) = self.directory.scanner(name) {
            return Ok(Some(uuid));
        }
        let list = paging::scanners(self.administrator()).await;
        let mut scanners = list.context("list", "scanners of", "harbor")?.into_iter();
        Ok(scanners.find(|scanner| scanner.name.as_deref() == Some(name)).and_then(|scanner| scanner.uuid))
    }
}
