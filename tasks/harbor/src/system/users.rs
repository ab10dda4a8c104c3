//! Local accounts. The server has them in mode `db_auth` only; the one that it was installed with is in no list.

use evenkeel_core::{
    memory::Sight,
    object::{Kind, ObjectId},
    overlay,
    reading::Reading,
    values::{
        AddressableName, Email, SecretValue, ValuePath,
        model::{Harbor as Values, HarborUser},
    },
};
use evenkeel_engine::{
    export::{Composer, document::Node},
    plain::{DeclaredObject, Parent, PlainKind, Refusal},
};
use evenkeel_harbor_client::{
    paging,
    types::{UserCreationReq, UserProfile, UserResp, UserSysAdminFlag},
};
use evenkeel_transport::{ResultExt, Secret};
use serde::Serialize;

use super::{Found, Place, SystemKind};
use crate::{
    Error, Harbor,
    answers::{created, deleted},
    desired::Declared,
    error::WithContext,
    names::{AUTH_MODE, DB_AUTH, USER, configuration},
    numbers::numbered,
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

    fn profile(&self) -> UserProfile {
        UserProfile { email: self.email.clone(), realname: self.real_name.clone(), comment: self.comment.clone() }
    }
}

impl PlainKind<Harbor> for Users {
    type Object = User;
    const KIND: Kind = USER;
    const HOLDS_DATA: bool = true;

    fn name(user: &User) -> Option<String> {
        Some(user.username.clone())
    }

    fn sight(there: &User, _: &Parent) -> Sight {
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

    async fn list(server: &Harbor, _: &Parent) -> Result<Vec<User>, Error> {
        let answer = paging::users(server.administrator()).await;
        let list = answer.context("list", "users of", "harbor")?;
        Ok(list.into_iter().map(User::of).collect())
    }

    /// The password is resolved here and not before: a run that makes no user does not need it.
    async fn create(server: &Harbor, _: &ObjectId, wanted: &User) -> Result<(), Error> {
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
        let answer = created(server.administrator().user_create().body(body).send().await);
        let id = answer.context("create", "user", name)?;
        // The user is made, and ours, whatever becomes of the flag: where it is missing, the next look finds that, and tells why.
        let id = id.and_then(|id| i32::try_from(id).ok());
        if let Some(id) = id.filter(|_| wanted.admin == Some(true)) {
            let _ = set_admin(server, id, name, true).await;
        }
        Ok(())
    }

    async fn update(server: &Harbor, _: &ObjectId, there: &User, wanted: &User, _: &[String]) -> Result<(), Error> {
        let (id, name) = (there.id.unwrap_or_default(), wanted.username.as_str());
        let body = overlay::whole(&there.profile(), &wanted.profile())?;
        if body != there.profile() {
            let answer = server.administrator().user_update().user_id(id).body(body).send().await.api();
            answer.context("update", "user", name)?;
        }
        match wanted.admin.filter(|admin| Some(*admin) != there.admin) {
            Some(admin) => set_admin(server, id, name, admin).await,
            None => Ok(()),
        }
    }

    async fn delete(server: &Harbor, _: &ObjectId, there: &User) -> Result<(), Error> {
        let id = there.id.unwrap_or_default();
        let answer = server.administrator().user_delete().user_id(id).send().await.api();
        deleted(answer, "user", &there.username)
    }
}

async fn set_admin(server: &Harbor, id: i32, name: &str, admin: bool) -> Result<(), Error> {
    let answer = server
        .administrator()
        .user_set_admin()
        .user_id(id)
        .body(UserSysAdminFlag { sysadmin_flag: Some(admin) })
        .send()
        .await
        .api();
    answer.context("update", "user", name)
}

impl SystemKind for Users {
    fn declared(&self, reading: &Reading<'_>, values: &Values) -> Vec<DeclaredObject<Harbor>> {
        let Some(declared) = &values.users else { return Vec::new() };
        let path = reading.path(&["users"]);
        reading.each_once("user", declared.iter().map(|user| user.username.as_str()), &path);
        if let (Some(mode), false) = (declared_mode(values).filter(|mode| *mode != DB_AUTH), declared.is_empty()) {
            let problem = reading.problem(&path, &format!("there are no local accounts in login mode `{mode}`"));
            reading.report(problem.with_hint("leave `harbor.users` out, or the login"));
        }
        let wanted = declared.iter().enumerate().map(|(index, user)| one(reading, user, &path.clone().index(index)));
        wanted.collect()
    }

    fn place(&self) -> Place {
        Place::Harbor("users")
    }

    fn exported(&self, found: &Found<'_>, composer: &mut Composer<'_>) -> Option<Node> {
        let there: Vec<&User> = found.objects.objects(USER.as_str()).collect();
        if there.is_empty() {
            return None;
        }
        if found.auth_mode != DB_AUTH {
            composer.remark(format!("users ({}), whom the login provider knows", there.len()));
            return None;
        }
        let mut nodes = Vec::new();
        for there in there {
            if !composer.may_declare(&ObjectId::new(USER, there.username.as_str())) {
                continue;
            }
            let email = there.email.as_ref().filter(|email| Email::parse(email).is_ok());
            let (Ok(_), Some(email)) = (AddressableName::parse(&there.username), email) else {
                composer.remark(format!("user {:?}, whose name or email address values do not take", there.username));
                continue;
            };
            nodes.push(Node::map([
                ("username", Some(Node::Text(there.username.clone()))),
                ("email", Some(Node::Text(email.clone()))),
                ("realName", Node::text(there.real_name.as_ref())),
                ("comment", Node::text(there.comment.as_ref())),
                ("admin", there.admin.filter(|admin| *admin).map(Node::Bool)),
            ]));
        }
        if !nodes.is_empty() {
            composer.remark("the passwords of users, which are needed only where they are made anew".to_owned());
        }
        Node::list(nodes)
    }
}

fn one(reading: &Reading<'_>, declared: &HarborUser, path: &ValuePath) -> DeclaredObject<Harbor> {
    if declared.username.as_str() == ADMINISTRATOR {
        let problem = reading.problem(path, "user `admin` is the one that harbor was installed with");
        reading.report(problem.with_hint("declare other accounts; `harbor.admin` says who makes the changes"));
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
    let wanted =
        DeclaredObject::new(&Users, Declared::new(user, reading.cause(path))).after([configuration(AUTH_MODE)]);
    wanted.caused(|field| reading.cause(&path.clone().key(field)))
}

/// The login mode that the values declare.
pub(super) fn declared_mode(values: &Values) -> Option<&str> {
    let configured = values.configuration.as_ref().and_then(|keys| keys.fields().get(AUTH_MODE)?.as_str());
    configured.or_else(|| values.oidc.as_ref().map(|_| crate::names::OIDC_AUTH))
}
