//! Why TLS does not come about, as far as that lasts until people do something about it. Everything else is a connection that broke.

use std::error::Error as StdError;

use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// How webpki calls it that a server shows the certificate of an authority.
const AUTHORITY: &str = "CaUsedAsEndEntity";

/// Why TLS does not come about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TlsFault {
    /// Nobody whom we trust vouches for the certificate.
    Untrusted,
    /// The certificate has expired.
    Expired,
    /// The certificate is not valid yet.
    NotYetValid,
    /// The certificate is for other names.
    WrongHost,
    /// The server speaks only versions of TLS, or ways of encryption, that are too old.
    TooOld,
    /// What answers does not speak TLS.
    NotTls,
    /// The certificates to trust cannot be used.
    Bundle,
    /// The certificate is that of an authority, which vouches for others and is none of a server.
    Authority,
    /// The certificate cannot be used for another reason: it was taken back, or is for another purpose.
    Unusable,
    /// The server wants a certificate of the client, or another one.
    ClientCertificate,
}

impl TlsFault {
    /// The fault in an error's chain, with the library's own words for it. An [`std::io::Error`] hides what it wraps from `source`, so
    /// it is asked directly.
    #[must_use]
    pub fn find(error: &(dyn StdError + 'static)) -> Option<(Self, String)> {
        if let Some(found) = error.downcast_ref::<Error>() {
            return Some((Self::of(found)?, found.to_string()));
        }
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(wrapped) => Self::find(wrapped),
            None => Self::find(error.source()?),
        }
    }

    /// Whether a server says so after the handshake too: with TLS 1.3 the client has sent its request by then, and the server reads none of it.
    #[must_use]
    pub const fn follows_handshake(self) -> bool {
        matches!(self, Self::ClientCertificate)
    }

    fn of(error: &Error) -> Option<Self> {
        Some(match error {
            Error::InvalidCertificate(error) => Self::of_certificate(error),
            // The first bytes of an answer in the clear are taken for the head of a TLS record.
            Error::InvalidMessage(InvalidMessage::InvalidContentType) => Self::NotTls,
            Error::PeerIncompatible(_) => Self::TooOld,
            Error::AlertReceived(
                AlertDescription::ProtocolVersion
                | AlertDescription::HandshakeFailure
                | AlertDescription::InsufficientSecurity,
            ) => Self::TooOld,
            // What a server says of the client's certificate.
            Error::AlertReceived(
                AlertDescription::CertificateRequired
                | AlertDescription::NoCertificate
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA,
            ) => Self::ClientCertificate,
            _ => return None,
        })
    }

    fn of_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::WrongHost,
            CertificateError::UnknownIssuer => Self::Untrusted,
            // What checks certificates has errors of its own, which are known here by their names only.
            CertificateError::Other(error) if error.to_string() == AUTHORITY => Self::Authority,
            _ => Self::Unusable,
        }
    }

    /// What has happened, before the library's own words.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotTls => "what answers does not speak TLS",
            Self::TooOld => "the server and evenkeel have no version of TLS in common",
            Self::Bundle => "the certificates to trust cannot be used",
            Self::ClientCertificate => "the server refuses to talk to a client without a certificate that it trusts",
            Self::Untrusted
            | Self::Expired
            | Self::NotYetValid
            | Self::WrongHost
            | Self::Authority
            | Self::Unusable => "the server's certificate is refused",
        }
    }

    /// What to do about it; `None` where the certificates to trust are what has to change, which every caller has its own name for.
    #[must_use]
    pub const fn hint(self) -> Option<&'static str> {
        match self {
            Self::Untrusted | Self::Bundle | Self::Unusable => None,
            Self::Expired => Some("renew the server's certificate, and check the clock of this machine"),
            Self::NotYetValid => Some("check the clocks of this machine and of whoever issued the certificate"),
            Self::WrongHost => Some(
                "use a name in the address that the certificate is for, or give the server a certificate for this name",
            ),
            Self::Authority => Some(
                "give the server a certificate of its own: this one is an authority's (`CA:TRUE`), as `openssl req -x509` makes them \
                 unless told otherwise",
            ),
            Self::ClientCertificate => Some(
                "use an address that needs no client certificate; for a cluster, put one that is valid into the kubeconfig",
            ),
            Self::TooOld => Some("let the server speak TLS 1.2 or 1.3"),
            Self::NotTls => Some("check the port, and whether the address should begin with `http://`"),
        }
    }
}
