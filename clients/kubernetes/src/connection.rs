//! Where the cluster is, and who asks.

use std::{
    io,
    path::{Path, PathBuf},
};

use evenkeel_transport::{Secret, text};
use hyper_util::client::proxy::matcher::Matcher;
use kube::{
    Client, Config,
    config::{Kubeconfig, KubeconfigError},
};
use secrecy::SecretString;

use crate::{ClusterOptions, KubernetesError, failure, login};

/// Where the cluster is, and who asks.
#[derive(Debug, Clone)]
pub enum Connection {
    /// As kubectl finds it: the kubeconfig that is named here, in `KUBECONFIG`, or at `~/.kube/config`; without any, the
    /// service account of the pod.
    Inferred {
        /// The kubeconfig; then nothing else is looked at.
        kubeconfig: Option<PathBuf>,
        /// The context of the kubeconfig instead of its current one; then the pod's service account is not looked at.
        context: Option<String>,
    },
    /// This address.
    At {
        /// Such as `https://127.0.0.1:6443`.
        url: String,
        /// The bearer token; without one the asker is `system:anonymous`.
        token: Option<Secret>,
        /// Certificates (PEM) that are trusted; without them those of the system are.
        ca_bundle: Option<Vec<u8>>,
    },
}

impl Default for Connection {
    fn default() -> Self {
        Self::Inferred { kubeconfig: None, context: None }
    }
}

/// A client, and what is to be known of its cluster.
pub(crate) struct Connected {
    pub(crate) client: Client,
    pub(crate) address: String,
    pub(crate) default_namespace: String,
}

impl Connection {
    /// Prepares the client. No request is made.
    pub(crate) async fn connect(&self, options: &ClusterOptions) -> Result<Connected, KubernetesError> {
        // Somebody else in the process may have installed one already, and that one is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let (connection, options) = (self.clone(), options.clone());
        // A file that is a pipe, or a login command that hangs, must hold up nothing but this.
        let prepared = tokio::task::spawn_blocking(move || connection.prepare(&options)).await;
        prepared.map_err(|_| KubernetesError::wrong_configuration("the kubeconfig's login did not end"))?
    }

    /// Reads all that there is to read, and runs the login command of a kubeconfig. It may block.
    fn prepare(&self, options: &ClusterOptions) -> Result<Connected, KubernetesError> {
        let mut config = self.config()?;
        config.connect_timeout = Some(options.connect_timeout);
        // Every attempt has a limit of its own, and is repeated by our rules, not by kube's.
        config.read_timeout = None;
        config.write_timeout = None;
        config.default_retry = false;
        let (address, default_namespace) = (address(&config), config.default_namespace.clone());
        let client = login::client(config, &options.mask).map_err(|error| unusable(&error))?;
        Ok(Connected { client, address, default_namespace })
    }

    fn config(&self) -> Result<Config, KubernetesError> {
        match self {
            Self::At { url, token, ca_bundle } => at(url, token.as_ref(), ca_bundle.as_deref()),
            Self::Inferred { kubeconfig, context } => match read(kubeconfig.as_deref())? {
                Some(file) => from_kubeconfig(file, context.clone()),
                None if context.is_some() => {
                    Err(KubernetesError::wrong_configuration("a context is named, but there is no kubeconfig"))
                }
                None => in_cluster(),
            },
        }
    }
}

fn at(url: &str, token: Option<&Secret>, ca_bundle: Option<&[u8]>) -> Result<Config, KubernetesError> {
    let uri = url.parse().map_err(|_| KubernetesError::wrong_configuration("the address is no URL"))?;
    let mut config = Config::new(uri);
    config.auth_info.token = token.map(|token| SecretString::from(token.expose()));
    config.root_cert = ca_bundle.map(certificates).transpose()?;
    Ok(config)
}

fn certificates(bundle: &[u8]) -> Result<Vec<Vec<u8>>, KubernetesError> {
    use rustls::pki_types::{CertificateDer, pem::PemObject};
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(bundle).collect();
    let found = found.map_err(|_| KubernetesError::wrong_configuration("the CA bundle is not PEM"))?;
    if found.is_empty() {
        return Err(KubernetesError::wrong_configuration("the CA bundle holds no certificate"));
    }
    Ok(found.into_iter().map(|certificate| certificate.to_vec()).collect())
}

/// The kubeconfig; `None` when none is named and none is there.
fn read(path: Option<&Path>) -> Result<Option<Kubeconfig>, KubernetesError> {
    let read = match path {
        Some(path) => Kubeconfig::read_from(path),
        None => Kubeconfig::read(),
    };
    match read {
        Ok(file) => Ok(Some(file)),
        Err(KubeconfigError::FindPath) if path.is_none() => Ok(None),
        Err(KubeconfigError::ReadConfig(error, _)) if path.is_none() && error.kind() == io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(error) => Err(broken(&error)),
    }
}

fn from_kubeconfig(mut file: Kubeconfig, context: Option<String>) -> Result<Config, KubernetesError> {
    file.current_context = context.or(file.current_context);
    let has_own_proxy = has_own_proxy(&file);
    let mut config = Config::try_from(file).map_err(|error| broken(&error))?;
    // kube holds `NO_PROXY` against the proxy's own address; what counts is the cluster's.
    if !has_own_proxy && Matcher::from_env().intercept(&config.cluster_url).is_none() {
        config.proxy_url = None;
    }
    Ok(config)
}

fn has_own_proxy(file: &Kubeconfig) -> bool {
    let name = file.current_context.as_deref();
    let context = file.contexts.iter().find(|context| Some(context.name.as_str()) == name);
    let cluster = context.and_then(|context| Some(&context.context.as_ref()?.cluster));
    let cluster = file.clusters.iter().find(|named| Some(&named.name) == cluster);
    cluster.and_then(|named| named.cluster.as_ref()?.proxy_url.as_ref()).is_some_and(|proxy| !proxy.is_empty())
}

fn in_cluster() -> Result<Config, KubernetesError> {
    use kube::config::InClusterError;
    Config::incluster().map_err(|error| match error {
        InClusterError::ReadEnvironmentVariable(_) => KubernetesError::NotConfigured,
        InClusterError::ReadDefaultNamespace(_) | InClusterError::ReadCertificateBundle(_) => {
            KubernetesError::wrong_configuration(
                "this pod has no service account's token: `automountServiceAccountToken` is off, or its files cannot be read",
            )
        }
        other => KubernetesError::wrong_configuration(text::clean(&other.to_string())),
    })
}

/// What is wrong with a kubeconfig. The parser's own words would show lines of the file, credentials among them.
fn broken(error: &KubeconfigError) -> KubernetesError {
    KubernetesError::wrong_configuration(match error {
        KubeconfigError::ReadConfig(error, path) => {
            format!("kubeconfig `{}` cannot be read: {}", path.display(), error.kind())
        }
        KubeconfigError::Parse(_) => "the kubeconfig is not the YAML of a kubeconfig".to_owned(),
        KubeconfigError::CurrentContextNotSet => "the kubeconfig has no current context".to_owned(),
        KubeconfigError::LoadContext(name) => format!("the kubeconfig has no context `{}`", text::clean(name)),
        KubeconfigError::LoadClusterOfContext(name) => format!("the kubeconfig has no cluster `{}`", text::clean(name)),
        KubeconfigError::LoadCertificateAuthority(_) | KubeconfigError::ParseCertificates(_) => {
            "the kubeconfig's certificate authority cannot be read".to_owned()
        }
        KubeconfigError::LoadClientCertificate(_) | KubeconfigError::LoadClientKey(_) => {
            "the kubeconfig's client certificate cannot be read".to_owned()
        }
        KubeconfigError::MissingClusterUrl | KubeconfigError::ParseClusterUrl(_) => {
            "the kubeconfig's cluster has no usable address".to_owned()
        }
        _ => "the kubeconfig cannot be used".to_owned(),
    })
}

fn unusable(error: &kube::Error) -> KubernetesError {
    KubernetesError::wrong_configuration(match error {
        kube::Error::Auth(_) | kube::Error::Service(_) => {
            "the kubeconfig's login gives no usable credentials".to_owned()
        }
        kube::Error::ProxyProtocolUnsupported { .. } | kube::Error::ProxyProtocolDisabled { .. } => {
            "the proxy is neither an http nor an https one".to_owned()
        }
        other => format!("TLS cannot be prepared: {}", text::clean(&failure::root(other))),
    })
}

/// The address without user, password and query.
fn address(config: &Config) -> String {
    let url = &config.cluster_url;
    let host = url.host().unwrap_or_default();
    let port = url.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{host}{port}", url.scheme_str().unwrap_or("https"))
}
