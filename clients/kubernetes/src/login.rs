//! How requests to a cluster are authorised: as kube does it, but whatever is sent is known to the mask, and no file is read by the thread that waits.

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use evenkeel_transport::{Mask, Secret, mask::looks_secret};
use http::{HeaderValue, Request, header};
use kube::{
    Client, Config,
    client::{Body, ClientBuilder, ConfigExt},
    config::AuthInfo,
};
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret;
use tokio::{sync::Mutex, time::Instant};
use tower::{buffer::BufferLayer, filter::AsyncFilterLayer, util::MapRequestLayer};

/// How long a token in a file is used before the file is read again: Kubernetes renews it long before it ends.
const TOKEN_USED_FOR: Duration = Duration::from_secs(50);

/// How many requests may wait to be handed on; with more, the next one waits for that.
const WAITING: usize = 1024;

/// The client. This runs a kubeconfig's login command and reads files, so that it may block.
pub(crate) fn client(mut config: Config, mask: &Mask) -> Result<Client, kube::Error> {
    hold_client_key(&mut config.auth_info);
    teach(&config, mask);
    let token_file = take_token_file(&mut config.auth_info);
    let token_file = token_file.map(|path| TokenFile::read(path, mask)).transpose();
    let token_file = token_file.map_err(|error| kube::Error::Service(error.into()))?;
    let authorised = config.auth_layer()?;
    if authorised.is_some() {
        // Whoever authorises stands before what learns the credential, and only once: a login command may give another one each time.
        config.auth_info = without_login(config.auth_info);
    }
    // What authorises needs a copy of what sends, for each request.
    let sending = ClientBuilder::try_from(config)?.with_layer(&BufferLayer::new(WAITING));
    let builder = sending.with_layer(&learning(mask.clone()));
    Ok(match (token_file, authorised) {
        (Some(file), _) => {
            let file = Arc::new(file);
            let authorise = move |request: Request<Body>| Arc::clone(&file).authorise(request);
            builder.with_layer(&AsyncFilterLayer::new(authorise)).build()
        }
        (None, Some(layer)) => builder.with_layer(&layer).build(),
        (None, None) => builder.build(),
    })
}

/// Makes the mask know each credential with which a request leaves, whoever it is from.
fn learning(mask: Mask) -> MapRequestLayer<impl FnMut(Request<Body>) -> Request<Body> + Clone> {
    MapRequestLayer::new(move |request: Request<Body>| {
        let credential = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(credential) = credential {
            mask.learn_credential(credential);
        }
        request
    })
}

/// Makes the mask know what a kubeconfig holds in confidence, before anything can go wrong with it.
#[expect(clippy::disallowed_methods, reason = "credentials that kube holds are taught to the mask")]
fn teach(config: &Config, mask: &Mask) {
    let login = &config.auth_info;
    for secret in [&login.token, &login.password, &login.client_key_data].into_iter().flatten() {
        mask.learn(secret.expose_secret());
    }
    let key = login.client_key_data.as_ref().and_then(|data| STANDARD.decode(data.expose_secret()).ok());
    if let Some(key) = key.and_then(|key| String::from_utf8(key).ok()) {
        mask.learn(&key);
    }
    let provider = login.auth_provider.iter().flat_map(|provider| &provider.config);
    provider.filter(|(name, _)| looks_secret(name)).for_each(|(_, value)| mask.learn(value));
    if let Some(password) = config.proxy_url.as_ref().and_then(|url| password(&url.to_string())) {
        mask.learn(&password);
    }
}

/// Reads a key that is in a file, once: the file may be a pipe. One that cannot be read is left to kube, which says so.
fn hold_client_key(login: &mut AuthInfo) {
    let path = login.client_key.as_ref().filter(|_| login.client_key_data.is_none());
    if let Some(key) = path.and_then(|path| fs::read(path).ok()) {
        login.client_key_data = Some(STANDARD.encode(key).into());
        login.client_key = None;
    }
}

/// The password in an address.
fn password(address: &str) -> Option<String> {
    let (user, _) = address.split_once("://")?.1.rsplit_once('@')?;
    let (_, password) = user.split_once(':')?;
    Some(percent_decode_str(password).decode_utf8_lossy().into_owned())
}

/// The token's file, where kube would use it, which then does not know of it: it would read it again and again in the thread that waits.
fn take_token_file(login: &mut AuthInfo) -> Option<PathBuf> {
    let has_password = login.username.is_some() && login.password.is_some();
    if login.auth_provider.is_some() || has_password || login.token.is_some() {
        return None;
    }
    let file = login.token_file.take()?;
    login.exec = None;
    Some(file.into())
}

/// What is left are certificates, and whom the asker plays.
fn without_login(login: AuthInfo) -> AuthInfo {
    AuthInfo { username: None, password: None, token: None, token_file: None, auth_provider: None, exec: None, ..login }
}

/// The token in a file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the file of the token cannot be read, or holds no token")]
pub(crate) struct NoToken;

/// A token that somebody else renews in a file.
struct TokenFile {
    path: PathBuf,
    mask: Mask,
    held: Mutex<Held>,
}

struct Held {
    token: Secret,
    read: Instant,
}

impl TokenFile {
    /// Reads it for the first time, and may block.
    fn read(path: PathBuf, mask: &Mask) -> Result<Self, NoToken> {
        let token = read(&path).ok_or(NoToken)?;
        mask.learn(token.expose());
        Ok(Self { path, mask: mask.clone(), held: Mutex::new(Held { token, read: Instant::now() }) })
    }

    async fn authorise(self: Arc<Self>, mut request: Request<Body>) -> Result<Request<Body>, NoToken> {
        let token = self.token().await;
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.expose())).map_err(|_| NoToken)?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
        Ok(request)
    }

    /// The token, read again when it was read long ago. A file that cannot be read any more leaves the token that it held: some are taken away
    /// once they have been read.
    async fn token(&self) -> Secret {
        let mut held = self.held.lock().await;
        if held.read.elapsed() > TOKEN_USED_FOR {
            let path = self.path.clone();
            if let Ok(Some(token)) = tokio::task::spawn_blocking(move || read(&path)).await {
                self.mask.learn(token.expose());
                held.token = token;
            }
            held.read = Instant::now();
        }
        held.token.clone()
    }
}

fn read(path: &PathBuf) -> Option<Secret> {
    let text = fs::read_to_string(path).ok()?;
    Some(text.trim()).filter(|token| !token.is_empty()).map(Secret::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_that_was_renewed_in_its_file_is_used_and_masked() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "canary-token-1\n").unwrap();
        let mask = Mask::default();
        let tokens = TokenFile::read(file.path().to_owned(), &mask).unwrap();
        fs::write(file.path(), "Second-canary.2\n").unwrap();
        assert_eq!(tokens.token().await.expose(), "canary-token-1");
        tokio::time::advance(TOKEN_USED_FOR * 2).await;
        assert_eq!(tokens.token().await.expose(), "Second-canary.2");
        assert_eq!(mask.entering("canary-token-1 and Second-canary.2"), "(secret) and (secret)");
        fs::remove_file(file.path()).unwrap();
        tokio::time::advance(TOKEN_USED_FOR * 2).await;
        assert_eq!(tokens.token().await.expose(), "Second-canary.2", "the last one that there was");
    }
}
