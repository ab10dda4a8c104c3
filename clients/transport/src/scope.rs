//! What a caller says about the requests inside one future.

use futures::future::BoxFuture;

tokio::task_local! {
    static SCOPE: Scope;
}

/// What is known about the requests that the current future sends.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Scope {
    /// `POST` and `PATCH` may be repeated although the first attempt may have been done.
    pub(crate) repeatable: bool,
    /// The request is a login that other requests wait for.
    pub(crate) login: bool,
}

impl Scope {
    pub(crate) fn current() -> Self {
        SCOPE.try_with(|scope| *scope).unwrap_or_default()
    }
}

/// Says that every request inside `call` may be sent twice: a `POST` or `PATCH` is then repeated also after a failure that
/// leaves open whether the server did it (see [`Retry`](crate::Retry)).
///
/// Right for calls that change nothing (a query by `POST`, a login), or that the server refuses or ignores the second time
/// *and* whose caller takes that answer as success, for example a 409 on create that is read again and compared.
///
/// It holds for what `call` itself awaits, not for tasks that it spawns.
pub async fn repeatable<F: Future>(call: F) -> F::Output {
    SCOPE.scope(Scope { repeatable: true, ..Scope::current() }, call).await
}

/// Marks requests as logins: they may be repeated, and take no place of the requests that wait for them.
pub(crate) fn login<'a, T: Send + 'a>(call: BoxFuture<'a, T>) -> impl Future<Output = T> + Send + 'a {
    SCOPE.scope(Scope { repeatable: true, login: true }, call)
}
