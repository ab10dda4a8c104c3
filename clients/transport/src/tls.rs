//! The one place where an HTTP client is built.

use std::sync::Arc;

use reqwest::{
    Certificate, Client,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect, retry,
};

use crate::{ApiError, Detour, ProxyUse, SessionOptions, TlsFault, failure};

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
    let bundle = options.ca_bundle.as_deref().map(certificates).transpose()?.unwrap_or_default();
    builder = if options.system_roots { builder.tls_certs_merge(bundle) } else { builder.tls_certs_only(bundle) };
    if let Some(detour) = &options.detour {
        builder = builder.no_proxy().dns_resolver(Arc::new(Signpost(detour.clone())));
    }
    builder
        .build()
        .map_err(|error| ApiError::of_tls(TlsFault::Bundle, format!("cannot prepare TLS: {}", failure::root(&error))))
}

fn certificates(bundle: &[u8]) -> Result<Vec<Certificate>, ApiError> {
    let certificates = Certificate::from_pem_bundle(bundle)
        .map_err(|_| ApiError::of_tls(TlsFault::Bundle, "the CA bundle is not PEM"))?;
    if certificates.is_empty() {
        return Err(ApiError::of_tls(TlsFault::Bundle, "the CA bundle holds no certificate"));
    }
    Ok(certificates)
}

/// Resolves names as the system does, but one of them as another.
struct Signpost(Detour);

impl Resolve for Signpost {
    fn resolve(&self, name: Name) -> Resolving {
        let host = if name.as_str() == self.0.host { self.0.to.clone() } else { name.as_str().to_owned() };
        Box::pin(async move {
            let found: Vec<_> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
