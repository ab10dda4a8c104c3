//! How each managed object and field of Keycloak is spoiled by hand: by the same hand that spoils a real server's.

use evenkeel_conformance::{
    live::{hand::Hand, server::Server},
    scenario::Target,
};
use evenkeel_core::object::ObjectId;

use super::{ADMIN_PASSWORD, Keycloak};

impl Keycloak {
    /// Spoils a field, or undoes a relation.
    pub(super) async fn spoil(&self, object: &ObjectId, path: Option<&str>) {
        Hand::new(&self.past_the_task(), "otomi").spoil(object, path).await.unwrap();
    }

    /// Removes an object, or undoes a relation.
    pub(super) async fn remove_object(&self, object: &ObjectId) {
        Hand::new(&self.past_the_task(), "otomi").remove(object).await.unwrap();
    }

    /// The sandbox by plain HTTP.
    fn past_the_task(&self) -> Server {
        let target = Target::new(self.server.url(), "admin", ADMIN_PASSWORD.into());
        Server::new(&target).unwrap()
    }
}
