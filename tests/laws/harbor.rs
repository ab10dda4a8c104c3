//! The Harbor task, and its two sandboxes: the registry, and the cluster in which teams find their registry secrets.
//!
//! All the time somebody pulls images with every secret that is published ([`Watcher`]); what they have to complain about is a
//! broken promise, whatever else a law is about.

mod hands;
mod others;
mod pulling;
mod random;
mod state;
mod system;
mod values;

use evenkeel_core::{object::ObjectId, plan::ChangeDocument};
use evenkeel_harbor::names;
use evenkeel_sandbox::{HarborOptions, Kubernetes, KubernetesOptions, Watcher};
use serde_json::{Value, json};

use crate::subject::{Hidden, StandIn, Subject};

/// A registry, and a cluster in which team alpha has a namespace and team beta has none.
pub(crate) struct Harbor {
    server: evenkeel_sandbox::Harbor,
    cluster: Kubernetes,
    watcher: Watcher,
}

pub(crate) const ADMIN_PASSWORD: &str = "KanarieAdminQq9+/&\"x%41=";
const TOKEN: &str = "KanarieTokenYy5-._~";
const ROBOT_SECRET: &str = "KanarieRobotMm2&=%;[x]";

/// Registries that the server can reach.
const REGISTRIES: [&str; 2] = ["https://registry.example.com", "https://elsewhere.example.com"];

impl Subject for Harbor {
    type Task = evenkeel_harbor::Harbor;

    const SECRETS: &'static [(&'static str, &'static str)] = &[
        ("HARBOR_ADMIN_PASSWORD", ADMIN_PASSWORD),
        ("HARBOR_CLIENT_SECRET", "KanarieClientTt2:@ \\w/?"),
        ("HARBOR_REGISTRY_SECRET", "KanarieRegistryHh8=#,;.[e]"),
        ("HARBOR_ROBOT_SECRET", ROBOT_SECRET),
        ("HARBOR_SCANNER_SECRET", "KanarieScannerPp3;:|<x>"),
        ("HARBOR_PREHEAT_SECRET", "KanariePreheatVv7[]^~y"),
        ("HARBOR_HOOK_HEADER", "KanarieHookNn6<>'/y"),
        ("HARBOR_HOOK_ADDRESS", "https://KanarieAddressPp4.example.net/x?y=Zz8"),
        ("KUBERNETES_TOKEN", TOKEN),
    ];

    const HIDDEN: &'static [Hidden] = &[
        Hidden { secret: "HARBOR_CLIENT_SECRET", object: "configuration/login", path: "oidc_client_secret" },
        Hidden { secret: "HARBOR_REGISTRY_SECRET", object: "registry/upstream", path: "credential.access_secret" },
        Hidden { secret: "HARBOR_SCANNER_SECRET", object: "scanner/own", path: "credential" },
        Hidden { secret: "HARBOR_PREHEAT_SECRET", object: "preheat-instance/dragon", path: "auth.password" },
    ];

    /// Each request carries its password.
    const LOGS_IN: bool = false;

    /// A project that holds images is not deleted, whatever is said.
    const HOLDS_DATA: bool = false;

    fn minimal_values(urls: &[String]) -> Vec<(&'static str, String)> {
        values::minimal(urls)
    }

    const IS_MET_UNDER_ITS_NAMES: bool = true;

    async fn fill_by_others(&self) {
        let _away = self.watcher.look_away();
        self.fill().await;
    }

    /// A robot reaches into the projects in which it has rights; our own works everywhere.
    fn reaches_into(change: &ChangeDocument) -> Vec<ObjectId> {
        let names: Vec<&str> = change.object.names().collect();
        match change.object.kind().as_str() {
            "robot" => {
                let rights = change.fields.iter().filter(|field| field.path.starts_with("permissions"));
                let places = rights.flat_map(|field| field.after.as_ref().and_then(Value::as_object));
                let places =
                    places.flat_map(|places| places.keys()).filter(|place| !["/", "*"].contains(&place.as_str()));
                places.map(|place| names::project(place)).collect()
            }
            "group-member" | "user-member" | "immutable-tag-rule" | "webhook" | "label" | "retention" | "quota"
            | "project-scanner" | "cve-allowlist" => {
                vec![names::project(names[0])]
            }
            _ => Vec::new(),
        }
    }

    /// Harbor refuses the same value again; of the cluster's objects nobody knows.
    fn is_refused_for_good(object: &ObjectId) -> bool {
        !["secret", "namespace", "image-pull-secrets"].contains(&object.kind().as_str())
    }

    /// A new project takes its quota along.
    fn goes_along(change: &ChangeDocument) -> bool {
        change.object.kind().as_str() == "quota" && change.fields.iter().all(|field| field.before.is_none())
    }

    /// Team gamma is nobody else's.
    fn holds_our_own(place: &str) -> bool {
        place.contains("team-gamma")
    }

    fn start() -> Self {
        let options =
            REGISTRIES.iter().fold(HarborOptions::new(ADMIN_PASSWORD), |options, url| options.with_registry(*url));
        let options = system::SCANNERS.iter().fold(options, |options, url| options.with_scanner_adapter(*url));
        let options = options.with_scanner("Theirs").with_scanner("Ours");
        let server = evenkeel_sandbox::Harbor::start(&options).unwrap();
        let cluster = Kubernetes::start(&KubernetesOptions::new(TOKEN)).unwrap();
        cluster.add_namespace("team-alpha");
        let watcher = Watcher::between(&server, &cluster);
        Self { server, cluster, watcher }
    }

    fn servers(&self) -> Vec<(&'static str, &dyn StandIn)> {
        vec![("harbor", &self.server), ("kubernetes", &self.cluster)]
    }

    fn values(urls: &[String]) -> Vec<(&'static str, String)> {
        values::all(urls)
    }

    fn broken_values(urls: &[String]) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
        values::broken(urls)
    }

    fn fewer_values(urls: &[String]) -> Vec<(&'static str, String)> {
        [values::all(urls), vec![("90-fewer.yaml", values::FEWER.to_owned())]].concat()
    }

    /// Groups that were named once are known for ever, what is only set stays set, and a namespace is not evenkeel's to delete.
    fn without_lasting_traces(mut places: Vec<String>) -> Vec<String> {
        let is_lasting = |place: &str| {
            ["/harbor/userGroups", "/harbor/schedules/scanAll"].iter().any(|lasting| place.starts_with(lasting))
        };
        places.retain(|place| !is_lasting(place) && !place.contains("team-beta"));
        places
    }

    fn snapshot(&self) -> Value {
        json!({"harbor": state::of_harbor(&self.server), "kubernetes": state::of_cluster(&self.cluster, &self.server)})
    }

    fn is_of_the_moment(key: &str) -> bool {
        state::OF_THE_MOMENT.contains(&key)
    }

    fn set_once(&self) -> usize {
        0
    }

    fn may_be_repeated(_: &str) -> bool {
        false
    }

    fn broken_promises(&self) -> Vec<String> {
        self.watcher.complaints()
    }

    async fn make_bare_objects(&self) {
        let _away = self.watcher.look_away();
        self.make_bare().await;
    }

    async fn add_foreign(&self) {
        let _away = self.watcher.look_away();
        self.add_objects_of_others().await;
        self.set_unmanaged_fields().await;
    }

    async fn wreck(&self, object: &ObjectId, field: Option<&str>) {
        let _away = self.watcher.look_away();
        self.spoil(object, field.unwrap_or_else(|| panic!("`{object}` has no field"))).await;
    }

    async fn remove(&self, object: &ObjectId) {
        let _away = self.watcher.look_away();
        self.remove_object(object).await;
    }

    fn beyond_wrecking(object: &ObjectId, field: Option<&str>) -> Option<&'static str> {
        match (object.kind().as_str(), field) {
            ("configuration", Some("oidc_client_secret")) | ("registry", Some("credential.access_secret")) => {
                Some("nobody can see it")
            }
            ("scanner", Some("credential")) | ("preheat-instance", Some("auth.username" | "auth.password")) => {
                Some("nobody can see it")
            }
            ("preheat-instance", Some("auth.mode")) => Some("its credentials go with it"),
            ("scanner" | "system-label" | "preheat-instance" | "user-group", Some("name")) => {
                Some("what is called otherwise is another object")
            }
            ("webhook" | "label" | "registry" | "replication", Some("name")) | ("immutable-tag-rule", Some("tags")) => {
                Some("what is called otherwise is another object")
            }
            ("webhook", Some("targets")) => Some("there is always one, whose fields are spoiled by themselves"),
            ("registry" | "secret", Some("type")) | ("preheat-instance", Some("vendor")) => {
                Some("a type never changes")
            }
            (_, None) => Some("nothing of it is declared but that it is there"),
            _ => None,
        }
    }

    fn lasting_damage(object: &ObjectId, _: Option<&str>) -> Option<&'static str> {
        let is_of_team = object.kind().as_str() == "robot" && object.name().starts_with("team-");
        is_of_team
            .then_some("a robot that was changed may have another secret too, so that its Secret is looked at again")
    }
}
