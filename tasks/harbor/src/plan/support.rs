//! What this server cannot keep, and what it would refuse: told before anything is written.

use std::borrow::Cow;

use evenkeel_core::{
    object::ObjectId,
    plan::{Unjudged, WhyUnjudged},
};

use evenkeel_harbor_client::types::Registry;

use crate::{
    desired::Desired,
    names::{REGISTRY, REPLICATION},
    observe::{Observed, YOUNG_METADATA, Young, young_fields},
};

/// The desired values without what this server does not keep or take, and what there is to tell about that.
pub(super) fn possible<'d>(desired: &'d Desired, observed: &Observed) -> (Cow<'d, Desired>, Vec<Unjudged>) {
    let mut possible = Cow::Borrowed(desired);
    let mut told = Vec::new();
    leave_out_young_fields(&mut possible, observed, &mut told);
    (possible, told)
}

/// An older server drops what it does not know, without a word: it would be written again and again.
fn leave_out_young_fields(desired: &mut Cow<'_, Desired>, observed: &Observed, told: &mut Vec<Unjudged>) {
    let Some(version) = observed.support.version else { return };
    for Young { object, field, since, .. } in young_fields(desired, observed) {
        if version >= since {
            continue;
        }
        told.push(Unjudged {
            message: format!("harbor {version} does not keep `{field}` of `{object}`"),
            hint: format!("leave it out of the values, or bring harbor to version {since} or newer"),
            objects: vec![object.clone()],
            why: WhyUnjudged::Fixed,
        });
        leave_out(desired.to_mut(), &object, field);
    }
}

fn leave_out(desired: &mut Desired, object: &ObjectId, field: &str) {
    let kind = object.kind();
    if *kind == REGISTRY {
        for declared in desired.system.iter_mut().filter(|declared| declared.object == *object) {
            let less = declared.as_ref().clone().edited(|registry: &mut Registry| registry.ca_certificate = None);
            *declared = less.into();
        }
    } else if *kind == REPLICATION {
        let policies = desired.replications.iter_mut().filter(|policy| policy.name == object.name());
        policies.for_each(|policy| policy.policy.value.single_active_replication = None);
    } else {
        let places = YOUNG_METADATA.into_iter().filter(|(name, ..)| *name == field).map(|(_, _, place)| place);
        for place in places {
            let projects = desired.projects.iter_mut().filter(|project| project.name == object.name());
            projects.for_each(|project| *place(&mut project.metadata.value) = None);
        }
    }
}
