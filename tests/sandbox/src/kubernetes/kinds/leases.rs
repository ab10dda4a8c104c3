//! Leases.

use serde_json::Value;

use crate::kubernetes::invalid::FieldError;

pub(super) fn validate(lease: &Value) -> Vec<FieldError> {
    let mut errors = Vec::new();
    let number = |key: &str| lease["spec"][key].as_i64();
    if let Some(seconds) = number("leaseDurationSeconds").filter(|seconds| *seconds <= 0) {
        errors.push(FieldError::invalid("spec.leaseDurationSeconds", &seconds.into(), "must be greater than 0"));
    }
    if let Some(times) = number("leaseTransitions").filter(|times| *times < 0) {
        errors.push(FieldError::invalid("spec.leaseTransitions", &times.into(), "must be greater than or equal to 0"));
    }
    errors
}
