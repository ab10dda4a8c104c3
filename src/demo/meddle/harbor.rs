//! What they do to a registry and to the Secrets that come from it.

use evenkeel_harbor_client::{
    Administrator, Client, LOCKED_LOGIN_RETRY, connect, paging,
    types::{ProjectMetadata, ProjectReq, RobotSec, RoleRequest},
};
use evenkeel_kubernetes_client::{Cluster, ClusterOptions, ObjectName, secret::SecretObject};
use evenkeel_transport::{ResultExt, Secret, Session, SessionOptions};

use super::{Example, MeddleError, Servers};

/// Harbor's number for the role that may only pull.
const GUEST: i64 = 3;

pub(super) async fn meddle(servers: &Servers, example: &Example) -> Result<Vec<&'static str>, MeddleError> {
    let session = Session::new(SessionOptions::default())?;
    let password = Secret::from(example.harbor_password());
    let administrator = Administrator { username: "admin".to_owned(), password };
    let client = connect(&session, servers.harbor.url(), administrator, LOCKED_LOGIN_RETRY).await?;
    publish_a_project(&client).await?;
    demote_the_developers(&client).await?;
    rotate_a_robot(&client).await?;
    let own = ProjectReq { project_name: Some("somebody-elses".to_owned()), ..ProjectReq::default() };
    client.project_create().body(own).send().await.api()?;
    let cluster = Cluster::connect(&servers.connection(), ClusterOptions::default()).await?;
    let pushed = ObjectName::in_namespace("team-gamma", "harbor-pushsecret");
    cluster.delete::<SecretObject>(&pushed, None).await?;
    Ok(vec![
        "makes the images of team alpha public",
        "turns the developers of team beta into guests",
        "gives beta's pull robot another secret, so that the one in its namespace is refused",
        "deletes the push secret of team gamma",
        "makes a project of their own (again nobody else's business)",
    ])
}

async fn publish_a_project(client: &Client) -> Result<(), MeddleError> {
    let metadata = ProjectMetadata { public: Some("true".to_owned()), ..ProjectMetadata::default() };
    let body = ProjectReq { metadata: Some(metadata), ..ProjectReq::default() };
    let update = client.project_update().project_name_or_id("team-alpha").x_is_resource_name(true).body(body);
    update.send().await.api()?;
    Ok(())
}

async fn demote_the_developers(client: &Client) -> Result<(), MeddleError> {
    const TEAM: &str = "team-beta";
    let members = paging::members(client, TEAM).await?;
    let group = members.into_iter().find(|member| member.entity_name.as_deref() == Some(TEAM));
    let id = group.and_then(|group| group.id).ok_or(MeddleError::Missing("member `team-beta`"))?;
    let role = RoleRequest { role_id: Some(GUEST) };
    let update = client.member_update().project_name_or_id(TEAM).x_is_resource_name(true).mid(id).body(role);
    update.send().await.api()?;
    Ok(())
}

async fn rotate_a_robot(client: &Client) -> Result<(), MeddleError> {
    let robots = paging::system_robots(client).await?;
    let is_betas = |name: &str| name.ends_with("team-beta-pull");
    let robot = robots.into_iter().find(|robot| robot.name.as_deref().is_some_and(is_betas));
    let id = robot.and_then(|robot| robot.id).ok_or(MeddleError::Missing("robot `team-beta-pull`"))?;
    let body = RobotSec { secret: Some(Secret::from("Made-By-Hand-1")) };
    client.robot_secret_update().robot_id(id).body(body).send().await.api()?;
    Ok(())
}
