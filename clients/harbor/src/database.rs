//! Whether Harbor's database is there.

use evenkeel_transport::{ApiError, Auth, Kind, ResultExt, progenitor_client::ClientInfo};

use crate::Client;

/// Why no refusal of a login proves anything now: while its database is away, Harbor answers 401 to every password and secret
/// (server-behaviour 1.1). `None` when the database is there, or nobody knows.
///
/// The list of projects shows it at once: anybody may read it, and it fails without the database. The server's own account of
/// its health is up to ten seconds old.
pub(crate) async fn database_is_away(client: &Client) -> Option<ApiError> {
    let anybody =
        Client::new_with_client(client.baseurl(), client.client().clone(), client.inner().with_auth(Auth::None));
    let message = "its database is away, and every login is refused meanwhile";
    let away = || Some(ApiError::new(Kind::Unavailable, message));
    let projects = anybody.project_list().page_size(1).send().await.api();
    if projects.is_err_and(|error| error.kind() == Kind::Server) {
        return away();
    }
    let health = client.health_get().send().await.api().ok()?;
    let is_away = |name: &str| {
        let components = health.components.iter().flatten();
        components
            .filter(|component| component.name.as_deref() == Some(name))
            .any(|component| component.status.as_deref() != Some("healthy"))
    };
    if is_away("database") { away() } else { None }
}
