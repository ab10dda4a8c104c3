//! How requests are authorised.

use std::{fmt, sync::Arc};

use base64::{Engine, engine::general_purpose::STANDARD};
use http::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Request, RequestBuilder};

use crate::{ApiError, Identities, Kind, Mask, Permission, Secret, TokenSource, scope};

/// How requests are authorised.
#[derive(Clone, Default)]
pub enum Auth {
    /// Not at all.
    #[default]
    None,
    /// A user's name and password.
    Basic {
        /// The user's name.
        user: String,
        /// The password.
        password: Secret,
    },
    /// A fixed token: `Authorization: <scheme> <token>`.
    Token {
        /// The word before the token, for example `token` or `Bearer`.
        scheme: &'static str,
        /// The token.
        token: Secret,
    },
    /// Tokens that are renewed: before they end where the source knows when, and once when the server refuses one.
    Bearer(Arc<dyn TokenSource>),
    /// As one of two identities, whichever an operation takes. What no operation describes is sent as the fallback.
    Identities {
        /// The two.
        identities: Arc<Identities>,
        /// The permission that every request takes, where its operation alone does not tell.
        permission: Option<Permission>,
    },
}

impl Auth {
    /// Makes the mask know what is fixed. A token that is renewed is learnt with the request that carries it.
    pub(crate) fn teach(&self, mask: &Mask) {
        match self {
            Self::Basic { user, password } => {
                mask.learn(password.expose());
                mask.learn(&STANDARD.encode(format!("{user}:{}", password.expose())));
            }
            Self::Token { token, .. } => mask.learn(token.expose()),
            Self::Identities { identities, .. } => identities.fallback().teach(mask),
            Self::None | Self::Bearer(_) => {}
        }
    }

    /// The request with its `Authorization`, and the renewable token that was used. `stale` is a token that the server
    /// has just refused.
    pub(crate) async fn authorize(
        &self,
        http: &Client,
        request: Request,
        stale: Option<&Secret>,
    ) -> Result<(Request, Option<Secret>), ApiError> {
        match self {
            Self::None => Ok((request, None)),
            Self::Basic { user, password } => RequestBuilder::from_parts(http.clone(), request)
                .basic_auth(user, Some(password.expose()))
                .build()
                .map(|request| (request, None))
                .map_err(|_| unfit("user name or password")),
            Self::Token { scheme, token } => Ok((with_header(request, scheme, token)?, None)),
            Self::Bearer(source) => {
                let token = scope::login(source.token(stale)).await?;
                Ok((with_header(request, "Bearer", &token)?, Some(token)))
            }
            Self::Identities { identities, .. } => {
                Box::pin(identities.fallback().authorize(http, request, stale)).await
            }
        }
    }
}

fn with_header(mut request: Request, scheme: &str, token: &Secret) -> Result<Request, ApiError> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {}", token.expose())).map_err(|_| unfit("token"))?;
    value.set_sensitive(true);
    request.headers_mut().insert(AUTHORIZATION, value);
    Ok(request)
}

fn unfit(what: &str) -> ApiError {
    ApiError::new(Kind::Request, format!("the {what} holds characters that no header can carry"))
}

impl fmt::Debug for Auth {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::None => "None",
            Self::Basic { .. } => "Basic",
            Self::Token { .. } => "Token",
            Self::Bearer(_) => "Bearer",
            Self::Identities { .. } => "Identities",
        })
    }
}
