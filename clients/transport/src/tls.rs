//! The one place where an HTTP client is built.

use reqwest::{Certificate, Client, redirect, retry};

use crate::{ApiError, Kind, ProxyUse, SessionOptions, failure};

/// The HTTP client: rustls with ring, system roots plus the bundle, no redirects, no cookies, no repeats of its own.
pub(crate) fn client(options: &SessionOptions) -> Result<Client, ApiError> {
    // Somebody else in the process may have installed one already, and that one is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    #[expect(clippy::disallowed_methods, reason = "the one place where an HTTP client is built")]
    let mut builder = Client::builder()
        .connect_timeout(options.connect_timeout)
        .timeout(options.request_timeout)
        .user_agent(concat!("evenkeel/", env!("CARGO_PKG_VERSION")))
        .redirect(redirect::Policy::none())
        .retry(retry::never())
        .referer(false);
    if options.proxy == ProxyUse::Direct {
        builder = builder.no_proxy();
    }
    if let Some(bundle) = &options.ca_bundle {
        builder = builder.tls_certs_merge(certificates(bundle)?);
    }
    builder.build().map_err(|error| ApiError::new(Kind::Tls, format!("cannot prepare TLS: {}", failure::root(&error))))
}

fn certificates(bundle: &[u8]) -> Result<Vec<Certificate>, ApiError> {
    let certificates =
        Certificate::from_pem_bundle(bundle).map_err(|_| ApiError::new(Kind::Tls, "the CA bundle is not PEM"))?;
    if certificates.is_empty() {
        return Err(ApiError::new(Kind::Tls, "the CA bundle holds no certificate"));
    }
    Ok(certificates)
}
