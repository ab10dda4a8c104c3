//! Local accounts. The server has them in mode `db_auth` only; the one that it was installed with is in no list.

use std::sync::Arc;

use evenkeel_core::{
    memory::Sight,
    object::{Kind, ObjectId},
    values::{
        AddressableName, Email, Problems, SecretValue, ValuePath,
        model::{Harbor as Values, HarborUser},
    },
};
use evenkeel_engine::export::document::Node;
use evenkeel_harbor_client::{
    Client, paging,
    types::{UserCreationReq, UserProfile, UserResp, UserSysAdminFlag},
};
use evenkeel_transport::{ResultExt, Secret};
use serde::Serialize;

use super::{Place, SystemKind, check_names};
use crate::{
    Error, Harbor,
    apply::created,
    desired::reading::Reading,
    error::Doing,
    export::{Composing, list, text},
    names::{AUTH_MODE, DB_AUTH, USER, configuration},
    observe::numbered,
    plain::{PlainKind, Refusal, Wanted},
};

/// The account that every server was installed with.
const ADMINISTRATOR: &str = "admin";

#[derive(Debug)]
pub(super) struct Users;

#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct User {
    username: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    real_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    admin: Option<bool>,
    #[serde(skip)]
    initial_password: Option<SecretValue>,
    #[serde(skip)]
    id: Option<i32>,
    #[serde(skip)]
    made: Option<String>,
}

impl User {
    fn of(there: UserResp) -> Self {
        Self {
            username: there.username.unwrap_or_default(),
            email: there.email,
            real_name: there.realname,
            comment: there.comment,
            admin: Some(there.sysadmin_flag.unwrap_or_default()),
            initial_password: None,
            id: there.user_id,
            made: there.creation_time,
        }
    }
}

impl PlainKind<Harbor> for Users {
    type Object = User;
    const KIND: Kind = USER;
    const HOLDS_DATA: bool = true;

    fn name(user: &User) -> Option<String> {
        Some(user.username.clone())
    }

    fn sight(there: &User) -> Sight {
        numbered(there.id.map(i64::from), there.made.as_deref())
    }

    fn refusal(wanted: &User, there: Option<&User>) -> Option<Refusal> {
        (there.is_none() && wanted.initial_password.is_none()).then(|| Refusal {
            message: format!("user `{}` is not there, and is not made without a password", wanted.username),
            hint: "say in `initialPassword` where it is; it is set once".to_owned(),
        })
    }

    /// The right to administrate everything.
    fn takes_away(wanted: &User, there: &User) -> bool {
        wanted.admin == Some(false) && there.admin == Some(true)
    }

    async fn list(server: &Harbor) -> Result<Vec<User>, Error> {
        let list = |client: Arc<Client>| async move { paging::users(&client).await };
        let list = server.access().as_administrator(list).await.doing("list", "users of", "harbor")?;
        Ok(list.into_iter().map(User::of).collect())
    }

    /// The password is resolved here and not before: a run that makes no user does not need it.
    async fn create(server: &Harbor, wanted: &User) -> Result<(), Error> {
        let name = wanted.username.as_str();
        let password = match &wanted.initial_password {
            Some(password) => Some(Secret::from(server.initial_password(name, password).await?)),
            None => None,
        };
        let body = UserCreationReq {
            username: Some(name.to_owned()),
            email: wanted.email.clone(),
            realname: wanted.real_name.clone().or_else(|| Some(name.to_owned())),
            comment: wanted.comment.clone(),
            password,
        };
        let create = |client: Arc<Client>| {
            let body = body.clone();
            async move { created(client.user_create().body(body).send().await) }
        };
        let id = server.access().as_administrator(create).await.doing("create", "user", name)?;
        // The user is made, and ours, whatever becomes of the flag: where it is missing, the next look finds that, and tells why.
        let id = id.and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.filter(|_| wanted.admin == Some(true)) {
            let _ = set_admin(server, id, name, true).await;
        }
        Ok(())
    }

    async fn update(server: &Harbor, there: &User, wanted: &User, _: &[String]) -> Result<(), Error> {
        let (id, name) = (there.id.unwrap_or_default(), wanted.username.as_str());
        let differs = |wanted: &Option<String>, there: &Option<String>| wanted.is_some() && wanted != there;
        let pairs =
            [(&wanted.email, &there.email), (&wanted.real_name, &there.real_name), (&wanted.comment, &there.comment)];
        if pairs.into_iter().any(|(wanted, there)| differs(wanted, there)) {
            let [email, realname, comment] = pairs.map(|(wanted, there)| wanted.clone().or_else(|| there.clone()));
            let body = UserProfile { email, realname, comment };
            let update = |client: Arc<Client>| {
                let body = body.clone();
                async move { client.user_update().user_id(id).body(body).send().await.api() }
            };
            server.access().as_administrator(update).await.doing("update", "user", name)?;
        }
        match wanted.admin.filter(|admin| Some(*admin) != there.admin) {
            Some(admin) => set_admin(server, id, name, admin).await,
            None => Ok(()),
        }
    }

    async fn delete(server: &Harbor, there: &User) -> Result<(), Error> {
        let id = there.id.unwrap_or_default();
        let delete = |client: Arc<Client>| async move { client.user_delete().user_id(id).send().await.api() };
        server.remove(delete, "user", &there.username).await
    }
}

async fn set_admin(server: &Harbor, id: i32, name: &str, admin: bool) -> Result<(), Error> {
    let set = |client: Arc<Client>| {
        let body = UserSysAdminFlag { sysadmin_flag: Some(admin) };
        async move { client.user_set_admin().user_id(id).body(body).send().await.api() }
    };
    server.access().as_administrator(set).await.doing("update", "user", name)
}

impl SystemKind for Users {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Result<Vec<Wanted<Harbor>>, Problems> {
        let Some(declared) = &values.users else { return Ok(Vec::new()) };
        let path = reading.path(&["users"]);
        check_names(reading, "user", declared.iter().map(|user| user.username.as_str()), &path)?;
        if let (Some(mode), false) = (declared_mode(values).filter(|mode| *mode != DB_AUTH), declared.is_empty()) {
            let problem = reading.problem(&path, &format!("there are no local accounts in login mode `{mode}`"));
            return Err(problem.with_hint("leave `harbor.users` out, or the login").into());
        }
        let wanted = declared.iter().enumerate().map(|(index, user)| one(reading, user, &path.clone().index(index)));
        wanted.collect()
    }

    fn place(&self) -> Place {
        Place::Harbor("users")
    }

    fn exported(&self, composing: &mut Composing<'_>) -> Option<Node> {
        let there: Vec<&User> = composing.observed.system.objects(USER.as_str()).collect();
        if there.is_empty() {
            return None;
        }
        if composing.auth_mode() != DB_AUTH {
            composing.remark(format!("users ({}), whom the login provider knows", there.len()));
            return None;
        }
        let mut nodes = Vec::new();
        for there in there {
            if !composing.decisions.has(&ObjectId::new(USER, there.username.as_str())) {
                continue;
            }
            let email = there.email.as_ref().filter(|email| Email::parse(email).is_ok());
            let (Ok(_), Some(email)) = (AddressableName::parse(&there.username), email) else {
                composing.remark(format!("user {:?}, whose name or email address values do not take", there.username));
                continue;
            };
            nodes.push(Node::map([
                ("username", Some(Node::Text(there.username.clone()))),
                ("email", Some(Node::Text(email.clone()))),
                ("realName", text(there.real_name.as_ref())),
                ("comment", text(there.comment.as_ref())),
                ("admin", there.admin.filter(|admin| *admin).map(Node::Bool)),
            ]));
        }
        if !nodes.is_empty() {
            composing.remark("the passwords of users, which are needed only where they are made anew".to_owned());
        }
        list(nodes)
    }
}

fn one(reading: &Reading<'_>, declared: &HarborUser, path: &ValuePath) -> Result<Wanted<Harbor>, Problems> {
    if declared.username.as_str() == ADMINISTRATOR {
        let problem = reading.problem(path, "user `admin` is the one that harbor was installed with");
        return Err(problem.with_hint("declare other accounts; `harbor.admin` says who makes the changes").into());
    }
    let user = User {
        username: declared.username.to_string(),
        email: Some(declared.email.to_string()),
        real_name: declared.real_name.clone(),
        comment: declared.comment.clone(),
        admin: declared.admin,
        initial_password: declared.initial_password.clone(),
        ..User::default()
    };
    let wanted = Wanted::new(&Users, user, reading.cause(path)).after([configuration(AUTH_MODE)]);
    Ok(wanted.caused(|field| reading.cause(&path.clone().key(field))))
}

/// The login mode that the values declare.
pub(super) fn declared_mode(values: &Values) -> Option<&str> {
    let configured = values.configuration.as_ref().and_then(|keys| keys.fields().get(AUTH_MODE)?.as_str());
    configured.or_else(|| values.oidc.as_ref().map(|_| crate::names::OIDC_AUTH))
}
