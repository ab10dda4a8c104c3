//! What the kinds of registries need, as far as the server would only say that the registry is unhealthy.

use evenkeel_core::{
    reading::Reading,
    values::{
        Problem, ValuePath,
        model::{HarborRegistry, RegistryCredential},
    },
};

/// The user name under which Google's registries take the key of a service account.
const GOOGLE_KEY: &str = "_json_key";
const AMAZON: &str = "aws-ecr";

/// Whether the server wants to be told of a credential although there is none: it takes the role of its own machine then.
pub(crate) fn takes_a_role(kind: Option<&str>) -> bool {
    kind == Some(AMAZON)
}

/// Reports what a declared registry lacks.
pub(crate) fn check(reading: &Reading<'_>, declared: &HarborRegistry, path: &ValuePath) {
    if let Some(problem) = problem(reading, declared, path) {
        reading.report(problem);
    }
}

fn problem(reading: &Reading<'_>, declared: &HarborRegistry, path: &ValuePath) -> Option<Problem> {
    let credential = declared.credential.as_ref();
    let at = |key: &str| path.clone().key(key);
    if credential.is_some_and(|credential| credential.access_secret.is_some() && credential.access_key.is_none()) {
        let problem = reading.problem(&at("credential"), "harbor keeps no secret without an access key");
        return Some(problem.with_hint("write `accessKey` beside `accessSecret`"));
    }
    let address = declared.url.as_str();
    match declared.kind.as_str() {
        "google-gcr" if credential.is_some_and(|credential| key_of(credential) != Some(GOOGLE_KEY)) => {
            let problem = reading.problem(&at("credential"), "a registry of google takes the key of a service account");
            Some(problem.with_hint("write `accessKey: _json_key`, and the text of the JSON file as `accessSecret`"))
        }
        AMAZON if region_of_amazon(address).is_none() => {
            let problem = reading.problem(&at("url"), "the address of a registry of amazon says its region");
            Some(problem.with_hint(
                "such as `https://api.ecr.eu-central-1.amazonaws.com` or `https://<account>.dkr.ecr.<region>.amazonaws.com`",
            ))
        }
        "tencent-tcr" if !address.contains(".tencentcloudcr.com") => {
            let problem = reading.problem(&at("url"), "this is no address of a registry of tencent");
            Some(problem.with_hint("such as `https://<instance>.tencentcloudcr.com`"))
        }
        "tencent-tcr" if credential.and_then(key_of).is_none() => {
            let problem = reading.problem(path, "a registry of tencent wants a credential");
            Some(problem.with_hint("write the SecretId as `accessKey` and the SecretKey as `accessSecret`"))
        }
        _ => None,
    }
}

fn key_of(credential: &RegistryCredential) -> Option<&str> {
    credential.access_key.as_deref()
}

/// The region in an address of Amazon's registries: `api.ecr.<region>.…` or `<account>.dkr.ecr.<region>.…`.
fn region_of_amazon(address: &str) -> Option<&str> {
    let host = address.strip_prefix("https://")?.split(['/', ':']).next()?;
    let (before, rest) = host.split_once(".ecr").map(|(before, rest)| (before, rest.split_once('.')))?;
    let (variant, rest) = rest?;
    let is_account =
        before.strip_suffix(".dkr").is_some_and(|account| account.bytes().all(|byte| byte.is_ascii_digit()));
    let (region, domain) = rest.split_once('.')?;
    let is_amazon = ["amazonaws.com", "amazonaws.com.cn", "sc2s.sgov.gov", "c2s.ic.gov"].contains(&domain);
    let is_known = ["", "-public", "-fips"].contains(&variant) && (before == "api" || is_account);
    (is_known && is_amazon && !region.is_empty()).then_some(region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_amazon_says_its_region() {
        for (address, region) in [
            ("https://api.ecr.eu-central-1.amazonaws.com", Some("eu-central-1")),
            ("https://123456789012.dkr.ecr.us-east-1.amazonaws.com", Some("us-east-1")),
            ("https://123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com", Some("us-gov-west-1")),
            ("https://123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn", Some("cn-north-1")),
            ("https://ecr.amazonaws.com", None),
            ("https://registry.example.com", None),
            ("http://api.ecr.eu-central-1.amazonaws.com", None),
        ] {
            assert_eq!(region_of_amazon(address), region, "{address}");
        }
    }
}
