//! The client against the stand-in, which knows the server by its recordings only.

use evenkeel_gitea_client::{
    Connection, GiteaError, Verdict, connect, paging,
    types::{CreateHookOptionConfig, CreateOrgOption, CreateTeamOption, EditOrgOption},
    verify_login,
};
use evenkeel_sandbox::{Effect, Fault, Gitea, GiteaOptions, GiteaVersion, Matching};
use evenkeel_transport::{ResultExt, Secret};

use crate::{admin, session};

fn start(version: GiteaVersion) -> Gitea {
    Gitea::start(&GiteaOptions::new("right").with_version(version)).unwrap()
}

async fn log_in(server: &Gitea) -> Connection {
    connect(&session(), server.url(), admin()).await.unwrap()
}

async fn create_organizations(connection: &Connection, number: usize) {
    for number in 0..number {
        let body = CreateOrgOption::builder().username(format!("team-{number:02}"));
        connection.client().org_create().body(body).send().await.api().unwrap();
    }
}

#[tokio::test]
async fn a_login_by_password_costs_two_requests_and_a_short_list_one() {
    let server = start(GiteaVersion::Forgejo7);
    let connection = log_in(&server).await;
    assert_eq!((connection.username(), connection.page(), server.reads()), ("gitadmin", 50, 2));
    assert_eq!(paging::organizations(&connection).await.unwrap(), []);
    assert_eq!((server.reads(), server.writes()), (3, 0));
}

#[tokio::test]
async fn lists_of_every_version_are_read_whole() {
    for version in [GiteaVersion::Forgejo7, GiteaVersion::Gitea122] {
        let server = start(version);
        let connection = log_in(&server).await;
        create_organizations(&connection, 52).await;
        for number in 0..52 {
            let team = CreateTeamOption::builder()
                .name(format!("part-{number:02}"))
                .permission("read".to_owned())
                .units(vec!["repo.code".to_owned()]);
            connection.client().team_create().org("team-00").body(team).send().await.api().unwrap();
        }
        server.reset_log();
        assert_eq!(paging::organizations(&connection).await.unwrap().len(), 52);
        assert_eq!(paging::teams(&connection, "team-00").await.unwrap().len(), 53);
        assert_eq!(paging::users(&connection).await.unwrap().len(), 1);
        assert_eq!(server.reads(), 5);
    }
}

#[tokio::test]
async fn what_the_server_does_not_serve_is_not_absent() {
    let server = start(GiteaVersion::Forgejo7);
    let connection = log_in(&server).await;
    create_organizations(&connection, 1).await;
    let error = paging::organization_variables(&connection, "team-00").await.unwrap_err();
    assert!(matches!(GiteaError::from(error), GiteaError::NotServed(_)));
    let absent = connection.client().org_get().org("nowhere").send().await.optional().unwrap();
    assert_eq!(absent, None);
}

#[tokio::test]
async fn what_is_there_already_is_a_conflict() {
    let server = start(GiteaVersion::Forgejo7);
    let connection = log_in(&server).await;
    create_organizations(&connection, 1).await;
    let again = connection.client().org_create().body(CreateOrgOption::builder().username("TEAM-00")).send().await;
    assert!(matches!(GiteaError::from(again.api().unwrap_err()), GiteaError::Conflict(_)));
}

#[tokio::test]
async fn a_change_of_an_organisation_keeps_what_is_sent_along() {
    for version in [GiteaVersion::Forgejo7, GiteaVersion::Gitea122] {
        let server = start(version);
        let connection = log_in(&server).await;
        let body = CreateOrgOption::builder().username("otomi").full_name("Otomi".to_owned());
        let body = body.email("otomi@example.com".to_owned()).visibility("private".to_owned());
        connection.client().org_create().body(body).send().await.api().unwrap();
        let change = EditOrgOption {
            description: Some("changed".to_owned()),
            full_name: Some("Otomi".to_owned()),
            email: Some("otomi@example.com".to_owned()),
            ..EditOrgOption::default()
        };
        connection.client().org_update().org("otomi").body(change).send().await.api().unwrap();
        let read = connection.client().org_get().org("otomi").send().await.api().unwrap();
        assert_eq!((read.full_name.as_deref(), read.email.as_deref()), (Some("Otomi"), Some("otomi@example.com")));
        assert_eq!((read.description.as_deref(), read.visibility.as_deref()), (Some("changed"), Some("private")));
    }
}

#[tokio::test]
async fn a_webhook_that_was_made_although_the_answer_was_lost_is_found_again() {
    let server = start(GiteaVersion::Forgejo7);
    let connection = log_in(&server).await;
    create_organizations(&connection, 1).await;
    server.inject(Fault::once(Matching::writes(), Effect::CutAfter));
    let config = CreateHookOptionConfig {
        url: "http://ci.example.com/hook".to_owned(),
        content_type: "json".to_owned(),
        http_method: None,
        secret: Some(Secret::from("signing-secret")),
    };
    let create = connection.client().org_hook_create().org("team-00");
    let sent = create.body_map(|body| body.type_("gitea".to_owned()).config(config)).send().await;
    assert!(sent.api().unwrap_err().outcome_unknown());
    let hooks = paging::organization_hooks(&connection, "team-00").await.unwrap();
    assert_eq!(hooks.len(), 1);
    assert_eq!(server.hidden()["hooks"]["1"], "signing-secret");
    assert!(!hooks[0].config.as_ref().unwrap().contains_key("secret"));
}

#[tokio::test]
async fn the_state_of_an_account_is_told_by_a_login() {
    let server = start(GiteaVersion::Forgejo7);
    let connection = log_in(&server).await;
    for (name, must_change) in [("ada", false), ("linus", true)] {
        let create = connection.client().user_create();
        let body = create.body_map(|body| {
            body.username(name)
                .email(format!("{name}@example.com"))
                .password(Secret::from("Passw0rd-1"))
                .must_change_password(must_change)
        });
        body.send().await.api().unwrap();
    }
    let verdict = async |name: &str, password: &str| {
        verify_login(&session(), server.url(), name, Secret::from(password)).await.unwrap()
    };
    assert!(matches!(verdict("ada", "Passw0rd-1").await, Verdict::Works(_)));
    assert!(matches!(verdict("ada", "wrong").await, Verdict::Refused));
    assert!(matches!(verdict("linus", "Passw0rd-1").await, Verdict::PasswordChangeDue));
    assert!(matches!(verdict("linus", "wrong").await, Verdict::Refused));
    let update = connection.client().user_update().username("ada");
    let update = update.body_map(|body| body.login_name("").source_id(0).prohibit_login(true));
    let refused = GiteaError::from(update.send().await.api().unwrap_err());
    assert!(matches!(refused, GiteaError::Invalid(_)), "an empty name at the source is not taken: {refused}");
    let update = connection.client().user_update().username("ada");
    let update = update.body_map(|body| body.login_name("ada").source_id(0).prohibit_login(true));
    update.send().await.api().unwrap();
    assert!(matches!(verdict("ada", "Passw0rd-1").await, Verdict::LoginProhibited));
}
