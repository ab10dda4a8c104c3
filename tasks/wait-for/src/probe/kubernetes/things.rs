//! What does not run: Secrets, claims, what stands behind Services, namespaces, definitions.

use evenkeel_kubernetes_client::k8s_openapi::{
    api::{
        core::v1::{Namespace, PersistentVolumeClaim, Secret},
        discovery::v1::EndpointSlice,
    },
    apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition,
};

use crate::barrier::Verdict;

pub(super) fn secret(secret: &Secret, key: Option<&str>) -> Verdict {
    let Some(key) = key else { return Verdict::Ready };
    match secret.data.as_ref().and_then(|data| data.get(key)) {
        Some(value) if !value.0.is_empty() => Verdict::Ready,
        Some(_) => Verdict::NotYet(format!("has nothing under key `{key}`")),
        None => Verdict::NotYet(format!("has no key `{key}`")),
    }
}

pub(super) fn claim(claim: &PersistentVolumeClaim) -> Verdict {
    match claim.status.as_ref().and_then(|status| status.phase.as_deref()) {
        Some("Bound") => Verdict::Ready,
        Some("Lost") => Verdict::NotYet("has lost its volume".to_owned()),
        Some(phase) => Verdict::NotYet(format!("is not bound, its phase is {phase}")),
        None => Verdict::NotYet("is not bound".to_owned()),
    }
}

/// A Service by the slices of its endpoints. That nothing is said of an endpoint means that it is ready.
pub(super) fn service<'a>(slices: impl Iterator<Item = &'a EndpointSlice>) -> Verdict {
    let endpoints: Vec<bool> = slices
        .flat_map(|slice| &slice.endpoints)
        .map(|endpoint| endpoint.conditions.as_ref().and_then(|conditions| conditions.ready).unwrap_or(true))
        .collect();
    match (endpoints.iter().any(|is_ready| *is_ready), endpoints.len()) {
        (true, _) => Verdict::Ready,
        (false, 0) => Verdict::NotYet("has no endpoints: it does not exist, or selects no Pod".to_owned()),
        (false, number) => Verdict::NotYet(format!("has no endpoint that is ready, of {number}")),
    }
}

pub(super) fn namespace(namespace: &Namespace) -> Verdict {
    match namespace.status.as_ref().and_then(|status| status.phase.as_deref()) {
        Some("Active") => Verdict::Ready,
        Some("Terminating") => Verdict::NotYet("is being deleted".to_owned()),
        _ => Verdict::NotYet("is not active".to_owned()),
    }
}

pub(super) fn definition(definition: &CustomResourceDefinition) -> Verdict {
    let conditions = definition.status.as_ref().and_then(|status| status.conditions.as_deref()).unwrap_or_default();
    if conditions.iter().any(|condition| condition.type_ == "Established" && condition.status == "True") {
        return Verdict::Ready;
    }
    let refused = conditions.iter().find(|condition| condition.type_ == "NamesAccepted" && condition.status == "False");
    Verdict::NotYet(match refused {
        Some(_) => "is not established: its names are taken".to_owned(),
        None => "is not established".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::*;

    #[test]
    fn a_secret_needs_something_under_its_key() {
        let filled: Secret = from_value(json!({"metadata": {}, "data": {"a": "eA==", "empty": ""}})).unwrap();
        assert_eq!(secret(&filled, None), Verdict::Ready);
        assert_eq!(secret(&filled, Some("a")), Verdict::Ready);
        assert!(matches!(secret(&filled, Some("b")), Verdict::NotYet(_)));
        assert!(matches!(secret(&filled, Some("empty")), Verdict::NotYet(_)));
    }

    #[test]
    fn a_service_is_ready_when_one_endpoint_behind_it_is() {
        let of = |slices: &[Value]| {
            let slices: Vec<EndpointSlice> = slices.iter().map(|slice| from_value(slice.clone()).unwrap()).collect();
            service(slices.iter())
        };
        let slice = |conditions: &[Value]| {
            let endpoint = |conditions: &Value| json!({"addresses": ["10.0.0.1"], "conditions": conditions});
            let endpoints: Vec<Value> = conditions.iter().map(endpoint).collect();
            json!({"metadata": {}, "addressType": "IPv4", "endpoints": endpoints})
        };
        let nothing = Verdict::NotYet("has no endpoints: it does not exist, or selects no Pod".to_owned());
        assert_eq!(of(&[]), nothing);
        let empty = json!({"metadata": {}, "addressType": "IPv4", "endpoints": null});
        assert_eq!(of(&[empty]), nothing);
        let not_ready =
            slice(&[json!({"ready": false}), json!({"ready": false, "serving": true, "terminating": true})]);
        assert_eq!(
            of(std::slice::from_ref(&not_ready)),
            Verdict::NotYet("has no endpoint that is ready, of 2".to_owned())
        );
        assert_eq!(of(&[not_ready.clone(), slice(&[json!({"ready": true})])]), Verdict::Ready);
        assert_eq!(of(&[not_ready, slice(&[json!({})])]), Verdict::Ready);
    }

    #[test]
    fn a_claim_is_ready_when_it_is_bound() {
        let of = |status: Value| claim(&from_value(json!({"metadata": {}, "status": status})).unwrap());
        assert_eq!(of(json!({"phase": "Bound"})), Verdict::Ready);
        assert_eq!(of(json!({"phase": "Pending"})), Verdict::NotYet("is not bound, its phase is Pending".to_owned()));
        assert_eq!(of(json!({"phase": "Lost"})), Verdict::NotYet("has lost its volume".to_owned()));
    }
}
