//! Certificates are looked at before they are copied, and each time after.

use evenkeel_engine::exit_code::ExitCode;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};

use crate::stage::{RULES, Stage, TLS, failures, lines, told};

/// A certificate that signs itself, valid from and until these years, and a key: its own or another's.
fn pair((from, until): (i32, i32), own_key: bool) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["shop.example.com".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
    let certificate = params.self_signed(&key).unwrap().pem();
    let key = if own_key { key } else { KeyPair::generate().unwrap() };
    (certificate, key.serialize_pem())
}

impl Stage {
    async fn put_certificate(&self, name: &str, (certificate, key): &(String, String)) {
        self.put("team-alpha", name, TLS, &[("tls.crt", certificate), ("tls.key", key)]).await;
    }
}

#[tokio::test]
async fn certificates_that_do_not_work_are_told_of_and_copied_all_the_same() {
    let stage = Stage::new(RULES);
    stage.put_certificate("good", &pair((2020, 2090), true)).await;
    stage.put_certificate("expired", &pair((2020, 2021), true)).await;
    stage.put_certificate("early", &pair((2080, 2090), true)).await;
    stage.put_certificate("wrong-key", &pair((2020, 2090), false)).await;
    stage.put("team-alpha", "garbage", TLS, &[("tls.crt", "no"), ("tls.key", "no")]).await;
    let finished = stage.apply().await;
    let warnings = lines(&finished.report.warnings);
    for (name, words) in [
        ("expired", "the certificate expired"),
        ("early", "the certificate is not valid before 2080-01-01"),
        ("wrong-key", "the private key does not belong to the certificate"),
        ("garbage", "`tls.crt` holds no certificate that can be read"),
    ] {
        let object = format!("secret/istio-system/copy-team-alpha-{name}: ");
        let line = warnings.iter().find(|line| line.starts_with(&object)).unwrap();
        assert!(line.contains(words), "{line}");
        assert!(stage.find("istio-system", &format!("copy-team-alpha-{name}")).await.is_some());
    }
    assert!(!warnings.iter().any(|line| line.contains("-good")), "{warnings:?}");
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
}

#[tokio::test]
async fn a_check_ends_with_2_while_a_certificate_needs_somebody() {
    let stage = Stage::new(RULES);
    stage.put_certificate("good", &pair((2020, 2090), true)).await;
    stage.converge().await;
    assert_eq!(stage.check().await.exit_code, ExitCode::Converged);
    stage.put_certificate("old", &pair((2020, 2021), true)).await;
    stage.apply().await;
    let finished = stage.check().await;
    assert_eq!(finished.exit_code, ExitCode::Differences, "{}", told(&finished));
    stage.delete("team-alpha", "old").await;
    stage.prune().await;
    assert_eq!(stage.check().await.exit_code, ExitCode::Converged);
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_told_with_the_days_that_are_left() {
    let stage = Stage::new(&RULES.replacen("name}'}", "name}'}\n    expiringDays: 3650", 1));
    let soon = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).year();
    stage.put_certificate("soon", &pair((2020, i32::from(soon) + 2), true)).await;
    let finished = stage.apply().await;
    let warnings = lines(&finished.report.warnings).join("\n");
    assert!(warnings.contains("the certificate expires in ") && warnings.contains(" days ("), "{warnings}");
}

#[tokio::test]
async fn with_require_valid_a_broken_certificate_replaces_none_that_works() {
    let stage = Stage::new(RULES);
    stage.put_certificate("shop", &pair((2020, 2090), true)).await;
    stage.converge().await;
    let before = stage.get("istio-system", "copy-team-alpha-shop").await.data;
    stage.put_certificate("shop", &pair((2020, 2021), true)).await;
    stage.put_config("team-alpha", "pull", "first").await;
    let finished = stage.apply_with(|options| options.own.require_valid = true).await;
    assert_eq!(finished.exit_code, ExitCode::SomeFailed, "{}", told(&finished));
    assert!(failures(&finished).concat().contains("Secret `team-alpha/shop` is not copied: the certificate expired"));
    assert_eq!(stage.get("istio-system", "copy-team-alpha-shop").await.data, before);
    assert!(stage.find("argocd", "copy-team-alpha-pull").await.is_some(), "others are copied");
    stage.put_certificate("shop", &pair((2020, 2090), true)).await;
    let finished = stage.apply_with(|options| options.own.require_valid = true).await;
    assert_eq!(finished.exit_code, ExitCode::Converged, "{}", told(&finished));
}
