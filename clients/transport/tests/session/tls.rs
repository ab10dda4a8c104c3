use std::sync::Arc;

use evenkeel_transport::{ApiError, Kind, ResultExt, Session, SessionOptions, TlsFault, reqwest::Method};
use tokio::{
    io::{AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ConfigBuilder, RootCertStore, ServerConfig, WantsVerifier,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer},
        server::WebPkiClientVerifier,
    },
    server::TlsStream,
};

use super::{
    client::{Client, options, session},
    server::read_request,
};

/// An answer with nothing in it.
const EMPTY: &[u8] =
    b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";

/// A server whose certificate an authority of its own has signed; returns its address and the authority (PEM).
async fn server() -> (String, String) {
    server_with(|_| {}).await
}

/// The same, with another certificate.
async fn server_with(change: impl FnOnce(&mut rcgen::CertificateParams)) -> (String, String) {
    server_that(change, |stream| stream, EMPTY).await
}

/// The same, which answers with these bytes through what it makes of the TLS stream.
async fn server_that<S: AsyncWrite + Send + Unpin + 'static>(
    change: impl FnOnce(&mut rcgen::CertificateParams),
    through: fn(TlsStream<TcpStream>) -> S,
    answer: &'static [u8],
) -> (String, String) {
    let authority = Issuer::new();
    let (chain, key) = authority.server(change);
    let config = server_config().with_no_client_auth().with_single_cert(chain, key).unwrap();
    (serve_that(config, through, answer).await, authority.pem())
}

/// An authority that signs certificates of servers.
struct Issuer(rcgen::CertifiedIssuer<'static, rcgen::KeyPair>);

impl Issuer {
    fn new() -> Self {
        let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        Self(rcgen::CertifiedIssuer::self_signed(authority, key).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    fn der(&self) -> CertificateDer<'static> {
        self.0.der().clone()
    }

    /// A certificate for a server on loopback, with its key.
    fn server(
        &self,
        change: impl FnOnce(&mut rcgen::CertificateParams),
    ) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut leaf = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        change(&mut leaf);
        let leaf = leaf.signed_by(&key, &self.0).unwrap();
        (vec![leaf.der().clone()], PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der())))
    }
}

fn server_config() -> ConfigBuilder<ServerConfig, WantsVerifier> {
    let provider = Arc::new(ring::default_provider());
    ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap()
}

/// Serves with an empty answer; returns the address.
async fn serve(config: ServerConfig) -> String {
    serve_that(config, |stream| stream, EMPTY).await
}

async fn serve_that<S: AsyncWrite + Send + Unpin + 'static>(
    config: ServerConfig,
    through: fn(TlsStream<TcpStream>) -> S,
    answer: &'static [u8],
) -> String {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            read_request(&mut stream).await;
            let mut stream = through(stream);
            let _ = stream.write_all(answer).await;
            let _ = stream.shutdown().await;
        }
    });
    url
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

/// What a client says that trusts the server's authority.
async fn refused((url, authority): (String, String)) -> ApiError {
    let session = Session::new(SessionOptions { ca_bundle: Some(authority.into_bytes()), ..options() }).unwrap();
    let error = Client::new(&url, session).get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Tls, "{error}");
    error
}

#[tokio::test]
async fn the_hint_fits_what_is_wrong_with_the_certificate() {
    let expired = refused(server_with(|leaf| leaf.not_after = rcgen::date_time_ymd(2020, 1, 1)).await).await;
    assert_eq!(expired.tls_fault(), Some(TlsFault::Expired), "{expired}");
    assert!(expired.hint().unwrap().starts_with("renew"), "{expired}");
    let early = refused(server_with(|leaf| leaf.not_before = rcgen::date_time_ymd(2999, 1, 1)).await).await;
    assert_eq!(early.tls_fault(), Some(TlsFault::NotYetValid), "{early}");
    let names = |leaf: &mut rcgen::CertificateParams| {
        leaf.subject_alt_names = vec![rcgen::SanType::DnsName("other.example.com".try_into().unwrap())];
    };
    let other = refused(server_with(names).await).await;
    assert_eq!(other.tls_fault(), Some(TlsFault::WrongHost), "{other}");
    assert!(other.hint().unwrap().contains("name"), "{other}");
}

/// Answers each connection with these bytes, whatever it says.
async fn answering(bytes: &'static [u8]) -> (String, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.write_all(bytes).await;
            let _ = stream.shutdown().await;
        }
    });
    let (_, authority) = server().await;
    (url, authority)
}

#[tokio::test]
async fn a_server_that_speaks_no_tls_is_told_from_one_that_is_refused() {
    let error = refused(answering(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n").await).await;
    assert_eq!(error.tls_fault(), Some(TlsFault::NotTls), "{error}");
    assert!(error.to_string().starts_with("what answers does not speak TLS"), "{error}");
    assert!(error.hint().unwrap().contains("`http://`"));
}

#[tokio::test]
async fn a_server_whose_tls_is_too_old_is_told_as_such() {
    // an alert: fatal, protocol_version
    let error = refused(answering(&[0x15, 3, 1, 0, 2, 2, 70]).await).await;
    assert_eq!(error.tls_fault(), Some(TlsFault::TooOld), "{error}");
    assert!(error.hint().unwrap().contains("TLS 1.2"));
}

#[tokio::test]
async fn a_server_that_wants_a_client_certificate_is_told_as_such() {
    // alerts: fatal, certificate_required and unknown_ca
    for answer in [&[0x15, 3, 1, 0, 2, 2, 116], &[0x15, 3, 1, 0, 2, 2, 48]] {
        let error = refused(answering(answer).await).await;
        assert_eq!(error.tls_fault(), Some(TlsFault::ClientCertificate), "{error}");
        assert!(error.hint().unwrap().contains("client certificate"), "{error}");
    }
}

/// With TLS 1.3 the server says so after the handshake, when the request has left: it is told all the same, and sent once.
#[tokio::test]
async fn a_server_that_trusts_certain_clients_only_is_told_as_such_after_the_handshake() {
    let authority = Issuer::new();
    let mut clients = RootCertStore::empty();
    clients.add(authority.der()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(clients), provider).build().unwrap();
    let (chain, key) = authority.server(|_| {});
    let config = server_config().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
    let error = refused((serve(config).await, authority.pem())).await;
    assert_eq!(error.tls_fault(), Some(TlsFault::ClientCertificate), "{error}");
    assert!(error.hint().unwrap().contains("client certificate"), "{error}");
}

/// `openssl req -x509` makes such certificates, and people give them to servers.
#[tokio::test]
async fn a_certificate_that_signed_itself_is_refused_with_what_to_do_until_it_is_given_as_trusted() {
    let own = |is_ca: bool| {
        let key = rcgen::KeyPair::generate().unwrap();
        let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        params.is_ca = if is_ca { rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained) } else { rcgen::IsCa::NoCa };
        let certificate = params.self_signed(&key).unwrap();
        let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = server_config().with_no_client_auth();
        (config.with_single_cert(vec![certificate.der().clone()], key).unwrap(), certificate.pem())
    };
    let (config, pem) = own(false);
    let url = serve(config).await;
    let error = Client::new(&url, session()).get().await.unwrap_err();
    assert_eq!(error.tls_fault(), Some(TlsFault::Untrusted), "{error}");
    assert!(error.hint().unwrap().contains("CA bundle"), "{error}");
    let ca_bundle = Some(pem.into_bytes());
    Client::new(&url, Session::new(SessionOptions { ca_bundle, ..options() }).unwrap()).get().await.unwrap();

    let (config, pem) = own(true);
    let error = refused((serve(config).await, pem)).await;
    assert_eq!(error.tls_fault(), Some(TlsFault::Authority), "{error}");
    assert!(error.hint().unwrap().contains("CA:TRUE"), "{error}");
}

#[tokio::test]
async fn a_handshake_that_breaks_off_may_go_better_the_next_time() {
    // an alert: fatal, internal_error
    let (url, authority) = answering(&[0x15, 3, 1, 0, 2, 2, 80]).await;
    let session = Session::new(SessionOptions { ca_bundle: Some(authority.into_bytes()), ..options() }).unwrap();
    let client = Client::new(&url, session);
    let error = client.get().await.unwrap_err();
    assert_eq!(error.kind(), Kind::Connection, "{error}");
    assert!(!error.outcome_unknown(), "no request has left");
    assert!(client.session().log().summary().requests > 1, "another attempt may end otherwise");
}

#[tokio::test]
async fn a_request_whose_tls_breaks_after_the_handshake_may_have_arrived() {
    let (url, authority) = server_that(|_| {}, |stream| stream.into_inner().0, b"HTTP/1.1 500 not TLS\r\n\r\n").await;
    let session = Session::new(SessionOptions { ca_bundle: Some(authority.into_bytes()), ..options() }).unwrap();
    let client = Client::new(&url, session);
    let outcome = client.call::<bool>(Method::POST, "", Some(&serde_json::json!({}))).await;
    let error = outcome.api().unwrap_err();
    assert_eq!(error.kind(), Kind::Connection, "{error}");
    assert!(error.outcome_unknown(), "{error}");
    assert_eq!(client.session().log().summary().requests, 1, "a create is not sent twice");
}

#[test]
fn a_bundle_without_a_certificate_is_refused() {
    for bundle in ["", "no PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        let ca_bundle = Some(bundle.as_bytes().to_vec());
        let error = Session::new(SessionOptions { ca_bundle, ..options() }).unwrap_err();
        assert_eq!(error.kind(), Kind::Tls, "{bundle:?}: {error}");
    }
}
