//! The way from a certificate to its authority.

use std::collections::BTreeMap;

use evenkeel_kubernetes_client::secret::SecretBytes;
use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use x509_parser::{certificate::X509Certificate, error::X509Error, x509::X509Name};

use super::{certificates, parse};

/// How much of a name is shown.
const LONGEST_NAME: usize = 80;

/// The certificates of authorities that everybody here trusts, by what they are called.
#[derive(Debug, Default)]
pub struct Authorities(BTreeMap<Vec<u8>, Vec<CertificateDer<'static>>>);

impl Authorities {
    /// Those of a bundle in PEM form. What is no certificate in it is no authority.
    #[must_use]
    pub fn new(bundle: Option<&SecretString>) -> Self {
        let bundle = bundle.map(|bundle| SecretBytes::from(&bundle.clone().into()));
        let mut by_name: BTreeMap<Vec<u8>, Vec<CertificateDer<'static>>> = BTreeMap::new();
        for der in bundle.as_ref().and_then(certificates).unwrap_or_default() {
            let name = parse(&der).map(|certificate| certificate.subject().as_raw().to_vec());
            if let Some(name) = name {
                by_name.entry(name).or_default().push(der);
            }
        }
        Self(by_name)
    }

    fn called(&self, name: &X509Name<'_>) -> &[CertificateDer<'static>] {
        self.0.get(name.as_raw()).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Who has issued a certificate of the chain and is missing behind it.
///
/// Each has to be issued by the next, up to one that is its own authority or whose authority is known. An authority itself need
/// not be in the chain, and which authorities clients trust is not known here; so a chain of several that ends with an authority's
/// certificate is complete, and a certificate that stands alone is only when its issuer is known: authorities that the public
/// trusts never issue certificates of servers themselves.
pub(super) fn missing_issuer(
    leaf: &X509Certificate<'_>,
    others: &[X509Certificate<'_>],
    own_authorities: &[CertificateDer<'_>],
    authorities: &Authorities,
) -> Option<String> {
    let mut last = leaf;
    for next in others {
        if last.issuer() == last.subject() {
            return None;
        }
        if !has_issued(next, last) {
            return Some(shown(last.issuer()));
        }
        last = next;
    }
    let is_own_authority = last.issuer() == last.subject();
    let known = own_authorities.iter().chain(authorities.called(last.issuer()));
    let mut known = known.filter_map(|der| parse(der));
    let is_complete = is_own_authority || !others.is_empty() || known.any(|authority| has_issued(&authority, last));
    (!is_complete).then(|| shown(last.issuer()))
}

/// Whether it has the right name, and its key made the signature. An algorithm that is not known here proves nothing.
fn has_issued(authority: &X509Certificate<'_>, certificate: &X509Certificate<'_>) -> bool {
    authority.subject() == certificate.issuer()
        && !matches!(
            certificate.verify_signature(Some(authority.public_key())),
            Err(X509Error::SignatureVerificationError)
        )
}

/// A name as people read it. Whoever made the certificate chose it: it is cut, and shows on one line.
fn shown(name: &X509Name<'_>) -> String {
    name.to_string()
        .chars()
        .filter(|character| !character.is_control() && *character != '`')
        .take(LONGEST_NAME)
        .collect()
}
