use std::collections::BTreeMap;

use jiff::civil;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

use super::*;

/// An authority, one below it, and a certificate of that one.
struct Pki {
    root: String,
    intermediate: String,
    leaf: String,
    key: String,
    /// A certificate that the root has issued itself.
    direct: String,
    /// An authority with the intermediate's name and another key.
    impostor: String,
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
    params
}

/// Valid from January until the end of June 2026.
fn server() -> CertificateParams {
    let mut params = CertificateParams::new(vec!["shop.example.com".to_owned()]).unwrap();
    (params.not_before, params.not_after) = (date_time_ymd(2026, 1, 1), date_time_ymd(2026, 7, 1));
    params
}

fn key() -> KeyPair {
    KeyPair::generate().unwrap()
}

impl Pki {
    fn new() -> Self {
        let root = CertifiedIssuer::self_signed(authority("Demo Root"), key()).unwrap();
        let intermediate = CertifiedIssuer::signed_by(authority("Demo Issuer"), key(), &root).unwrap();
        let key = key();
        Self {
            leaf: server().signed_by(&key, &intermediate).unwrap().pem(),
            direct: server().signed_by(&key, &root).unwrap().pem(),
            impostor: authority("Demo Issuer").signed_by(&self::key(), &root).unwrap().pem(),
            root: root.pem(),
            intermediate: intermediate.pem(),
            key: key.serialize_pem(),
        }
    }
}

fn secret(data: &[(&str, &str)]) -> SecretObject {
    let data = data.iter().map(|(key, value)| ((*key).to_owned(), value.as_bytes().to_vec().into()));
    SecretObject { secret_type: TLS.to_owned(), data: BTreeMap::from_iter(data), ..SecretObject::default() }
}

fn flaws(chain: &[&str], key: &str) -> Vec<Flaw> {
    let secret = secret(&[("tls.crt", &chain.concat()), ("tls.key", key)]);
    Certificate::of(&secret, &Authorities::default()).unwrap().flaws
}

fn missing(issuer: &str) -> Vec<Flaw> {
    vec![Flaw::ChainIncomplete(format!("CN={issuer}"))]
}

fn at(date: civil::Date) -> Timestamp {
    date.to_zoned(TimeZone::UTC).unwrap().timestamp()
}

#[test]
fn a_chain_is_complete_with_and_without_its_authority() {
    let pki = Pki::new();
    assert_eq!(flaws(&[&pki.leaf, &pki.intermediate, &pki.root], &pki.key), []);
    assert_eq!(flaws(&[&pki.leaf, &pki.intermediate], &pki.key), []);
}

#[test]
fn a_certificate_without_the_one_between_it_and_its_authority_is_found() {
    let pki = Pki::new();
    assert_eq!(flaws(&[&pki.leaf], &pki.key), missing("Demo Issuer"));
    assert_eq!(flaws(&[&pki.leaf, &pki.root], &pki.key), missing("Demo Issuer"));
    assert_eq!(flaws(&[&pki.leaf, &pki.impostor, &pki.root], &pki.key), missing("Demo Issuer"));
}

#[test]
fn an_authority_that_has_issued_the_certificate_itself_is_known_from_the_secret_or_the_platform() {
    let pki = Pki::new();
    assert_eq!(flaws(&[&pki.direct], &pki.key), missing("Demo Root"));
    let with_authority = secret(&[("tls.crt", &pki.direct), ("tls.key", &pki.key), ("ca.crt", &pki.root)]);
    assert_eq!(Certificate::of(&with_authority, &Authorities::default()).unwrap().flaws, []);
    let bundle = Authorities::new(Some(&format!("{}{}", pki.impostor, pki.root).into()));
    let alone = secret(&[("tls.crt", &pki.direct), ("tls.key", &pki.key)]);
    assert_eq!(Certificate::of(&alone, &bundle).unwrap().flaws, []);
    let other = Pki::new();
    let other = Authorities::new(Some(&other.root.into()));
    assert_eq!(Certificate::of(&alone, &other).unwrap().flaws, missing("Demo Root"));
}

#[test]
fn a_certificate_that_signs_itself_needs_nobody() {
    let key = key();
    let certificate = server().self_signed(&key).unwrap().pem();
    assert_eq!(flaws(&[&certificate], &key.serialize_pem()), []);
}

#[test]
fn a_key_that_belongs_to_another_certificate_is_found() {
    let pki = Pki::new();
    let chain = [&*pki.leaf, &*pki.intermediate];
    assert_eq!(flaws(&chain, &key().serialize_pem()), [Flaw::KeyMismatch]);
    assert_eq!(flaws(&chain, "no key"), [Flaw::NoKey]);
    let ed25519 = KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
    assert_eq!(flaws(&[&server().self_signed(&ed25519).unwrap().pem()], &ed25519.serialize_pem()), []);
}

#[test]
fn what_is_no_certificate_is_told_as_such() {
    let pki = Pki::new();
    let broken = pki.leaf.replace("MII", "MAA");
    for chain in ["", "no certificate", &pki.key, &broken, &format!("{}{broken}", pki.leaf)] {
        assert_eq!(flaws(&[chain], &pki.key), [Flaw::Unreadable], "{chain}");
    }
}

#[test]
fn only_what_is_meant_to_be_a_certificate_is_looked_at() {
    let mut secret = secret(&[("tls.crt", "text")]);
    assert!(Certificate::of(&secret, &Authorities::default()).is_some());
    secret.secret_type = "Opaque".to_owned();
    assert!(Certificate::of(&secret, &Authorities::default()).is_none());
    secret.data.insert("tls.key".to_owned(), b"text".to_vec().into());
    assert!(Certificate::of(&secret, &Authorities::default()).is_some());
}

#[test]
fn days_are_counted_to_the_end_and_from_it() {
    let until = at(civil::date(2026, 7, 1)).as_second();
    let certificate = |days: i64, intermediates_until| Certificate {
        validity: Some(Validity { from: until - days * SECONDS_OF_A_DAY, until }),
        intermediates_until,
        flaws: Vec::new(),
    };
    let told = |certificate: &Certificate, date: civil::Date, expiring: Option<u32>| -> Vec<String> {
        certificate.verdicts(at(date), expiring).iter().map(ToString::to_string).collect()
    };
    let year = certificate(365, None);
    let none: [&str; 0] = [];
    assert_eq!(told(&year, civil::date(2026, 6, 16), None), none);
    assert_eq!(told(&year, civil::date(2026, 6, 17), None), ["the certificate expires in 14 days (2026-07-01)"]);
    assert_eq!(told(&year, civil::date(2026, 6, 30), None), ["the certificate expires in 1 day (2026-07-01)"]);
    assert_eq!(told(&year, civil::date(2026, 7, 1), None), ["the certificate expires in less than a day (2026-07-01)"]);
    assert_eq!(told(&year, civil::date(2026, 7, 4), None), ["the certificate expired 3 days ago (2026-07-01)"]);
    assert_eq!(told(&year, civil::date(2026, 6, 1), Some(30)), ["the certificate expires in 30 days (2026-07-01)"]);
    assert_eq!(told(&year, civil::date(2025, 6, 1), None), ["the certificate is not valid before 2025-07-01"]);
    let week = certificate(8, None);
    assert_eq!(told(&week, civil::date(2026, 6, 28), None), none, "it lives eight days and has three left");
    assert_eq!(told(&week, civil::date(2026, 6, 29), None), ["the certificate expires in 2 days (2026-07-01)"]);
    let chain = certificate(365, Some(until - 20 * SECONDS_OF_A_DAY));
    assert_eq!(
        told(&chain, civil::date(2026, 6, 9), None),
        ["a certificate of its chain expires in 2 days (2026-06-11)"]
    );
    assert_eq!(told(&chain, civil::date(2026, 6, 13), None), ["a certificate of its chain has expired (2026-06-11)"]);
}
