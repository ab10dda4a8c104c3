//! The task of copies and its sandbox: the copies are its objects, and the Secrets that are copied are there from the start.

mod random;

use evenkeel_copy_certs::CopyCerts;
use evenkeel_core::{object::ObjectId, plan::ChangeDocument};
use evenkeel_sandbox::{Kubernetes, KubernetesOptions};
use serde_json::{Map, Value, json};

use crate::subject::{Hidden, StandIn, Subject};

/// A cluster with two teams.
pub(crate) struct Copies {
    server: Kubernetes,
}

const TOKEN: &str = "KanarieTokenYy5-._~";

/// A Secret's content as it is on the wire: base64 that says who it is.
const CONTENT: &str = "KanarieContentXx9+/ABcde";

/// The Secrets that are copied, as `namespace`, `name`, `type` and `data`.
fn sources() -> [(&'static str, &'static str, &'static str, Value); 5] {
    let config = json!({".dockerconfigjson": "eyJhdXRocyI6e319"});
    [
        ("team-alpha", "pull", CONFIG, config.clone()),
        ("team-beta", "pull", CONFIG, config),
        ("team-alpha", "settings", "Opaque", json!({"password": CONTENT, "url": "aHR0cHM6Ly9h"})),
        ("team-beta", "settings", "Opaque", json!({"password": CONTENT})),
        ("harbor", "shared", "example.com/shared", json!({"password": CONTENT})),
    ]
}

const CONFIG: &str = "kubernetes.io/dockerconfigjson";

/// Where the copies of a source are.
fn places((namespace, name, secret_type, _): &(&str, &str, &str, Value)) -> Vec<(&'static str, String)> {
    match *secret_type {
        CONFIG => vec![("argocd", format!("copy-{namespace}-{name}"))],
        "Opaque" => vec![("maintenance", format!("{namespace}.{name}"))],
        _ => vec![("team-alpha", (*name).to_owned()), ("team-beta", (*name).to_owned())],
    }
}

const PLATFORM: &str = "\
platform: {name: demo, domain: demo.example.com}
teams: {alpha: {}, beta: {}}
";

/// The first rule is that of [`FEWER`]: what is still declared then stays as it is.
const COPIES: &str = "\
copies:
  - from: {namespaces: team-alpha, type: kubernetes.io/dockerconfigjson}
    to: {namespace: argocd, name: 'copy-{namespace}-{name}'}
  - from: {namespaces: team-*, type: kubernetes.io/dockerconfigjson}
    to: {namespace: argocd, name: 'copy-{namespace}-{name}'}
  - from: {namespaces: [team-alpha, team-beta], names: settings}
    to: {namespace: maintenance, name: '{namespace}.{name}'}
  - from: {namespaces: harbor, names: shared}
    to: {namespaces: team-*, labels: {part-of: delivery}, annotations: {example.com/owner: platform}}
";

const FEWER: &str = "\
copies:
  - from: {namespaces: team-alpha, type: kubernetes.io/dockerconfigjson}
    to: {namespace: argocd, name: 'copy-{namespace}-{name}'}
";

impl Subject for Copies {
    type Task = CopyCerts;

    const SECRETS: &'static [(&'static str, &'static str)] = &[("KUBERNETES_TOKEN", TOKEN), ("CONTENT", CONTENT)];

    const HIDDEN: &'static [Hidden] = &[];

    /// A token is part of the kubeconfig.
    const LOGS_IN: bool = false;

    const HOLDS_DATA: bool = false;

    fn minimal_values(urls: &[String]) -> Vec<(&'static str, String)> {
        vec![
            ("10-platform.yaml", "platform: {name: demo}\nteams: {alpha: {}}\n".to_owned()),
            ("20-copies.yaml", FEWER.to_owned()),
            ("kubeconfig", Kubernetes::kubeconfig_of(&urls[0], &TOKEN.into())),
        ]
    }

    /// A Secret of others in the place of a copy is in the way, and no copy.
    const IS_MET_UNDER_ITS_NAMES: bool = false;

    async fn fill_by_others(&self) {
        self.add_foreign().await;
    }

    fn reaches_into(_: &ChangeDocument) -> Vec<ObjectId> {
        Vec::new()
    }

    fn holds_our_own(place: &str) -> bool {
        place.starts_with("/kubernetes/secrets/argocd/copy-")
    }

    fn start() -> Self {
        let server = Kubernetes::start(&KubernetesOptions::new(TOKEN)).unwrap();
        for namespace in ["team-alpha", "team-beta", "argocd", "maintenance", "harbor"] {
            server.add_namespace(namespace);
        }
        for (namespace, name, secret_type, data) in sources() {
            server.insert("secrets", namespace, name, json!({"metadata": {}, "type": secret_type, "data": data}));
        }
        Self { server }
    }

    fn servers(&self) -> Vec<(&'static str, &dyn StandIn)> {
        vec![("kubernetes", &self.server)]
    }

    fn values(urls: &[String]) -> Vec<(&'static str, String)> {
        vec![
            ("10-platform.yaml", PLATFORM.to_owned()),
            ("20-copies.yaml", COPIES.to_owned()),
            ("kubeconfig", Kubernetes::kubeconfig_of(&urls[0], &TOKEN.into())),
        ]
    }

    fn broken_values(urls: &[String]) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
        let with = |name: &'static str, text: String| [Self::values(urls), vec![(name, text)]].concat();
        let secret = Value::from(TOKEN);
        let rule =
            |from: String| format!("copies:\n  - from: {from}\n    to: {{namespace: a, name: '{{namespace}}'}}\n");
        vec![
            ("as a namespace", with("secrets.more.yaml", rule(format!("{{namespaces: [[{secret}]]}}")))),
            ("as a type", with("secrets.more.yaml", rule(format!("{{namespaces: a, type: [{secret}]}}")))),
            ("in place of the rules", with("secrets.more.yaml", format!("copies: {secret}\n"))),
            (
                "plain in a file for everybody",
                with("90-more.yaml", format!("harbor: {{admin: {{password: {secret}}}}}\n")),
            ),
            ("in a broken file", with("secrets.more.yaml", format!("harbor: {{admin: {{password: {secret}\n"))),
        ]
    }

    fn fewer_values(urls: &[String]) -> Vec<(&'static str, String)> {
        [Self::values(urls), vec![("90-fewer.yaml", FEWER.to_owned())]].concat()
    }

    fn without_lasting_traces(places: Vec<String>) -> Vec<String> {
        places
    }

    /// Without what the server counts up, and who wrote which field when.
    fn snapshot(&self) -> Value {
        let mut state = self.server.snapshot();
        for object in state.as_object_mut().into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
            for metadata in object.values_mut().filter_map(|object| object["metadata"].as_object_mut()) {
                for counted in ["resourceVersion", "managedFields", "creationTimestamp", "uid"] {
                    metadata.remove(counted);
                }
            }
        }
        json!({"kubernetes": state})
    }

    fn is_of_the_moment(_: &str) -> bool {
        false
    }

    fn set_once(&self) -> usize {
        0
    }

    fn may_be_repeated(_: &str) -> bool {
        false
    }

    /// Ours by their labels, with nothing in them.
    async fn make_bare_objects(&self) {
        for source in sources() {
            let places = places(&source);
            let empty = if source.2 == CONFIG { json!({".dockerconfigjson": "e30="}) } else { json!({}) };
            let labels = json!({
                "app.kubernetes.io/managed-by": "evenkeel",
                "evenkeel.dev/platform": "demo",
                "evenkeel.dev/task": "copy-certs",
            });
            let object = json!({"metadata": {"labels": labels}, "type": source.2, "data": empty});
            for (namespace, name) in places {
                self.server.insert("secrets", namespace, &name, object.clone());
            }
        }
    }

    async fn add_foreign(&self) {
        for source in sources() {
            for (namespace, name) in places(&source) {
                self.change(namespace, &name, |copy| {
                    copy["metadata"]["labels"]["theirs"] = json!("yes");
                    copy["metadata"]["annotations"]["theirs"] = json!("yes");
                });
            }
        }
        let object = |labels: Value| json!({"metadata": {"labels": labels}, "type": "Opaque", "data": {"a": "YQ=="}});
        self.server.insert("secrets", "argocd", "copy-team-gamma-pull", object(json!({})));
        let others = json!({"app.kubernetes.io/managed-by": "evenkeel", "evenkeel.dev/platform": "other",
                            "evenkeel.dev/task": "copy-certs"});
        self.server.insert("secrets", "argocd", "copy-team-delta-pull", object(others));
        self.server.insert("secrets", "team-alpha", "theirs", object(json!({})));
        self.server.add_namespace("theirs");
    }

    async fn wreck(&self, object: &ObjectId, field: Option<&str>) {
        let (namespace, name) = object.in_parent().unwrap();
        let (section, key) = field.unwrap().split_once('.').unwrap();
        self.change(namespace, name, |copy| {
            let section = if section == "data" { &mut copy["data"] } else { &mut copy["metadata"][section] };
            section[key] = json!(if section[key].is_string() && key.starts_with('.') { "e30=" } else { "c3BvaWxl" });
        });
    }

    async fn remove(&self, object: &ObjectId) {
        let (namespace, name) = object.in_parent().unwrap();
        assert!(self.server.remove("secrets", namespace, name));
    }

    fn beyond_wrecking(_: &ObjectId, field: Option<&str>) -> Option<&'static str> {
        (field == Some("type")).then_some("a type never changes: a Secret of another type is another Secret")
    }

    fn lasting_damage(_: &ObjectId, _: Option<&str>) -> Option<&'static str> {
        None
    }
}

impl Copies {
    /// Somebody edits a Secret; who owns which field stays as it is.
    fn change(&self, namespace: &str, name: &str, change: impl FnOnce(&mut Value)) {
        let Some(mut object) = self.server.object("secrets", namespace, name) else { return };
        change(&mut object);
        self.server.insert("secrets", namespace, name, object);
    }
}
