use std::sync::Arc;

use evenkeel_transport::{Kind, Session, SessionOptions};
use tokio::{io::AsyncWriteExt, net::TcpListener};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::ring,
        pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    },
};

use super::{
    client::{Client, options, session},
    server::{ok, read_request},
};

/// A server whose certificate an authority of its own has signed; returns its address and the authority (PEM).
async fn server() -> (String, String) {
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertifiedIssuer::self_signed(authority, key).unwrap();

    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    let leaf = leaf.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            read_request(&mut stream).await;
            let _ = stream.write_all(&ok("{}")).await;
            let _ = stream.shutdown().await;
        }
    });
    (url, authority.pem())
}

#[tokio::test]
async fn a_server_that_the_bundle_vouches_for_is_trusted() {
    let (url, authority) = server().await;
    let ca_bundle = Some(authority.into_bytes());
    let session = Session::new(SessionOptions { ca_bundle, ..options() }).unwrap();
    Client::new(&url, session).get().await.unwrap();
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_is_refused_at_once() {
    let (url, _) = server().await;
    let client = Client::new(&url, session());
    let error = client.get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error}");
    assert!(error.to_string().contains("certificate is refused"), "{error}");
    assert!(error.hint().unwrap().contains("CA bundle"));
    assert_eq!(client.session().log().summary().requests, 1, "another attempt would end alike");
}

#[test]
fn a_bundle_without_a_certificate_is_refused() {
    for bundle in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let ca_bundle = Some(bundle.as_bytes().to_vec());
        let error = Session::new(SessionOptions { ca_bundle, ..options() }).unwrap_err();
        assert_eq!(error.kind(), Kind::Tls, "{bundle:?}: {error}");
    }
}
