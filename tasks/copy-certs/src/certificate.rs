//! What is wrong with a certificate, and when it ends.
//!
//! It is looked at as a client of the gateway would: does the key belong to it, is there a way from it to an authority, and is
//! it its time? What cannot be judged (a key of a kind that is not known here) is not called wrong.

mod chain;

use std::fmt;

use evenkeel_kubernetes_client::secret::{SecretBytes, SecretObject, TLS};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use rustls::{
    crypto::ring::sign::any_supported_type,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject},
};
use x509_parser::{certificate::X509Certificate, prelude::FromDer, x509::SubjectPublicKeyInfo};

pub use chain::Authorities;

/// The key of a Secret that holds the certificate, and after it those between it and its authority.
pub const CERTIFICATE_KEY: &str = "tls.crt";
/// The key of a Secret that holds the private key.
pub const PRIVATE_KEY: &str = "tls.key";
/// The key of a Secret that may hold the authority.
pub const AUTHORITY_KEY: &str = "ca.crt";

/// Of certificates that end within so many days is told.
const EXPIRING_DAYS: i64 = 14;
/// Of one that lives shortly is told in this part of its life only: those who renew it have done so before.
const SHARE_OF_LIFE: i64 = 4;
const SECONDS_OF_A_DAY: i64 = 24 * 60 * 60;

/// What is known of a certificate, whatever the time is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// When it is valid; `None` where it cannot be read.
    pub validity: Option<Validity>,
    /// When the first certificate between it and its authority ends.
    pub intermediates_until: Option<i64>,
    /// What is wrong with it.
    pub flaws: Vec<Flaw>,
}

/// From when to when, in seconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub from: i64,
    /// The last moment.
    pub until: i64,
}

/// Why a certificate does not work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// There is none, or it cannot be read.
    Unreadable,
    /// There is no private key, or none that can be read without a password.
    NoKey,
    /// The key is another certificate's.
    KeyMismatch,
    /// The certificate of this issuer is missing, or another one of that name is there.
    ChainIncomplete(String),
    /// Its time has not come.
    NotYetValid(Date),
    /// Its time is over since so many days.
    Expired(i64, Date),
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable => write!(formatter, "`{CERTIFICATE_KEY}` holds no certificate that can be read"),
            Self::NoKey => write!(formatter, "`{PRIVATE_KEY}` holds no private key that can be read"),
            Self::KeyMismatch => formatter.write_str("the private key does not belong to the certificate"),
            Self::ChainIncomplete(issuer) => {
                write!(formatter, "the chain is incomplete: the certificate of `{issuer}` is missing")
            }
            Self::NotYetValid(date) => write!(formatter, "the certificate is not valid before {date}"),
            Self::Expired(0, date) => write!(formatter, "the certificate has expired ({date})"),
            Self::Expired(days, date) => write!(formatter, "the certificate expired {} ago ({date})", shown(*days)),
        }
    }
}

/// What there is to say of a certificate now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does not work.
    Broken(Flaw),
    /// It ends in so many days.
    Expiring(i64, Date),
    /// A certificate between it and its authority ends before it, in so many days; fewer than 0 when it has ended.
    IntermediateExpiring(i64, Date),
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(flaw) => flaw.fmt(formatter),
            Self::Expiring(days, date) => write!(formatter, "the certificate expires in {} ({date})", shown(*days)),
            Self::IntermediateExpiring(days, date) if *days < 0 => {
                write!(formatter, "a certificate of its chain has expired ({date})")
            }
            Self::IntermediateExpiring(days, date) => {
                write!(formatter, "a certificate of its chain expires in {} ({date})", shown(*days))
            }
        }
    }
}

fn shown(days: i64) -> String {
    match days {
        0 => "less than a day".to_owned(),
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

impl Certificate {
    /// What is known of the certificate in a Secret; `None` where it is not meant to hold one.
    #[must_use]
    pub fn of(secret: &SecretObject, authorities: &Authorities) -> Option<Self> {
        let SecretObject { secret_type, data, .. } = secret;
        if secret_type != TLS && !(data.contains_key(CERTIFICATE_KEY) && data.contains_key(PRIVATE_KEY)) {
            return None;
        }
        let unreadable = Self { validity: None, intermediates_until: None, flaws: vec![Flaw::Unreadable] };
        let chain = data.get(CERTIFICATE_KEY).and_then(certificates).unwrap_or_default();
        let Some(parsed) = chain.iter().map(|der| parse(der)).collect::<Option<Vec<_>>>() else {
            return Some(unreadable);
        };
        let Some((leaf, others)) = parsed.split_first() else { return Some(unreadable) };
        let mut flaws = Vec::new();
        flaws.extend(wrong_key(leaf, data.get(PRIVATE_KEY)));
        let own = data.get(AUTHORITY_KEY).and_then(certificates).unwrap_or_default();
        flaws.extend(chain::missing_issuer(leaf, others, &own, authorities).map(Flaw::ChainIncomplete));
        let validity =
            Validity { from: leaf.validity().not_before.timestamp(), until: leaf.validity().not_after.timestamp() };
        let between = others.iter().filter(|certificate| certificate.issuer() != certificate.subject());
        let intermediates_until = between.map(|certificate| certificate.validity().not_after.timestamp()).min();
        Some(Self { validity: Some(validity), intermediates_until, flaws })
    }

    /// What there is to say of it at a moment, what is worst first.
    #[must_use]
    pub fn verdicts(&self, now: Timestamp, expiring_days: Option<u32>) -> Vec<Verdict> {
        let now = now.as_second();
        let days = |until: i64| (until - now).div_euclid(SECONDS_OF_A_DAY);
        let mut verdicts: Vec<Verdict> = self.flaws.iter().cloned().map(Verdict::Broken).collect();
        let Some(Validity { from, until }) = self.validity else { return verdicts };
        let soon = match expiring_days {
            Some(days) => i64::from(days) * SECONDS_OF_A_DAY,
            None => (EXPIRING_DAYS * SECONDS_OF_A_DAY).min((until - from) / SHARE_OF_LIFE),
        };
        if now < from {
            verdicts.push(Verdict::Broken(Flaw::NotYetValid(date(from))));
        }
        if now > until {
            verdicts.push(Verdict::Broken(Flaw::Expired((now - until) / SECONDS_OF_A_DAY, date(until))));
        } else if until - now <= soon {
            verdicts.push(Verdict::Expiring(days(until), date(until)));
        }
        if let Some(between) = self.intermediates_until
            && between < until
            && between - now <= soon
        {
            verdicts.push(Verdict::IntermediateExpiring(days(between), date(between)));
        }
        verdicts
    }
}

fn date(seconds: i64) -> Date {
    let moment = Timestamp::UNIX_EPOCH.saturating_add(SignedDuration::from_secs(seconds));
    moment.unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
}

/// The certificates of a text; `None` where a part of it cannot be read.
fn certificates(value: &SecretBytes) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(value.expose()).collect::<Result<_, pem::Error>>().ok()
}

fn parse<'a>(der: &'a CertificateDer<'_>) -> Option<X509Certificate<'a>> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| certificate)
}

/// What is wrong with the private key. One of a kind that is not known here is not judged.
fn wrong_key(leaf: &X509Certificate<'_>, key: Option<&SecretBytes>) -> Option<Flaw> {
    let Some(key) = key.and_then(|key| PrivateKeyDer::from_pem_slice(key.expose()).ok()) else {
        return Some(Flaw::NoKey);
    };
    let key = any_supported_type(&key).ok()?;
    let public = key.public_key()?;
    let (_, public) = SubjectPublicKeyInfo::from_der(&public).ok()?;
    // Only the keys themselves: an algorithm's parameters are written in more than one way.
    (public.subject_public_key.data != leaf.public_key().subject_public_key.data).then_some(Flaw::KeyMismatch)
}

#[cfg(test)]
mod tests;
