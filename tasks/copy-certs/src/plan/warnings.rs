//! What there is to say of certificates.

use evenkeel_core::object::ObjectId;

use super::Planning;
use crate::{certificate::Verdict, wanted::Wanted};

impl Planning<'_> {
    /// Warns of what is wrong with the certificate of a source. Returns why it must not be copied.
    pub(super) fn look_at_certificate(&mut self, object: &ObjectId, wanted: &Wanted<'_>) -> Option<String> {
        let certificate = wanted.observed.certificate.as_ref()?;
        let verdicts = certificate.verdicts(self.observed.now, wanted.rule.expiring_days);
        for verdict in &verdicts {
            self.plan.warn(object.clone(), format!("`{}`: {verdict}", wanted.source));
        }
        let flaws = verdicts.iter().filter(|verdict| matches!(verdict, Verdict::Broken(_)));
        let flaws: Vec<String> = flaws.map(ToString::to_string).collect();
        (self.observed.require_valid && !flaws.is_empty()).then(|| flaws.join("; "))
    }
}
