//! What the chart renders for each installation in `deploy/jobs/ci`.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;

use super::{
    files, is_generated,
    objects::{objects, problems},
    place, text, yaml,
};

/// As `.ci/deploy` renders too: what a name or a version of the cluster would change stays the same.
const ARGUMENTS: [&str; 6] = ["template", "platform", "--namespace", "platform-jobs", "--kube-version", "1.33.0"];

fn rendered(name: &str) -> Vec<Value> {
    objects(&text(&format!("jobs/ci/rendered/{name}.yaml")))
}

fn installations() -> Vec<String> {
    files("jobs/ci", ".yaml")
}

/// The template of the pods of a Job, a CronJob or a test.
fn pod(object: &Value) -> Option<&Value> {
    let pointer = match object["kind"].as_str()? {
        "Pod" => "/spec",
        "Job" => "/spec/template/spec",
        "CronJob" => "/spec/jobTemplate/spec/template/spec",
        _ => return None,
    };
    object.pointer(pointer)
}

fn containers(pod: &Value) -> impl Iterator<Item = &Value> {
    ["initContainers", "containers"].into_iter().flat_map(|list| pod[list].as_array().into_iter().flatten())
}

fn variable<'a>(container: &'a Value, name: &str) -> Option<&'a str> {
    container["env"].as_array()?.iter().find(|variable| variable["name"] == name)?["value"].as_str()
}

/// helm of the third kind, where the machine has one.
fn helm(arguments: &[&str]) -> Option<Command> {
    let version = Command::new("helm").args(["version", "--short"]).output().ok()?;
    let is_third = version.stdout.starts_with(b"v3.");
    is_third.then(|| {
        let mut command = Command::new("helm");
        command.args(arguments).arg(place("jobs"));
        command
    })
}

#[test]
fn each_installation_renders_to_what_is_kept() {
    for name in installations() {
        let Some(mut helm) = helm(&ARGUMENTS) else { break };
        let output = helm.arg("--values").arg(place(&format!("jobs/ci/{name}.yaml"))).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        is_generated(&format!("jobs/ci/rendered/{name}.yaml"), &String::from_utf8(output.stdout).unwrap());
    }
}

#[test]
fn every_object_of_an_installation_is_one_that_the_api_takes_as_a_whole() {
    assert_eq!(files("jobs/ci/rendered", ".yaml"), installations());
    for name in installations() {
        let objects = rendered(&name);
        assert!(objects.len() > 1, "{name}");
        for object in objects {
            let found = problems(&object);
            assert!(found.is_empty(), "{name}: {} {}: {found:#?}", object["kind"], object["metadata"]["name"]);
        }
    }
}

#[test]
fn names_fit_and_no_two_objects_share_one() {
    for name in installations() {
        let mut seen = BTreeSet::new();
        for object in rendered(&name) {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (kind, own) = (text("/kind"), text("/metadata/name"));
            let longest = match kind.as_str() {
                "CronJob" => 52,
                "Role" | "RoleBinding" | "ClusterRole" | "ClusterRoleBinding" | "ConfigMap" => 253,
                _ => 63,
            };
            assert!(!own.is_empty() && own.len() <= longest, "{name}: {kind} `{own}`");
            assert!(seen.insert((kind.clone(), text("/metadata/namespace"), own.clone())), "{name}: {kind} `{own}`");
        }
    }
}

/// Hooks of one kind where they belong, and none elsewhere: one hook of Argo CD makes it ignore all of Helm.
#[test]
fn only_the_mode_helm_has_hooks_for_its_jobs() {
    for name in installations() {
        let mode = yaml(&text(&format!("jobs/ci/{name}.yaml")))["mode"].as_str().unwrap_or("helm").to_owned();
        for object in rendered(&name) {
            let annotations = object["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
            let has = |prefix: &str| annotations.keys().any(|key| key.starts_with(prefix));
            let kind = object["kind"].as_str().unwrap();
            assert_eq!(has("helm.sh/hook"), mode == "helm" && kind == "Job" || kind == "Pod", "{name}: {kind}");
            assert_eq!(has("argocd.argoproj.io/sync-wave"), mode == "argocd" && kind == "Job", "{name}: {kind}");
            assert!(!has("argocd.argoproj.io/hook"), "{name}: {kind}");
            assert!(mode != "argocd" || kind != "Pod", "{name}: Argo CD runs no test of Helm");
        }
    }
}

#[test]
fn every_pod_has_a_barrier_and_every_task_waits_for_the_jobs_before_it() {
    for name in installations() {
        let objects = rendered(&name);
        let jobs: Vec<_> = objects
            .iter()
            .filter(|object| object["kind"] == "Job")
            .map(|job| job["metadata"]["name"].clone())
            .collect();
        for object in &objects {
            let Some(pod) = pod(object) else { continue };
            let barrier = &pod["initContainers"][0];
            assert_eq!((barrier["name"].as_str(), barrier["args"][0].as_str()), (Some("barrier"), Some("wait-for")));
            let targets: Vec<_> =
                barrier["args"].as_array().unwrap().iter().skip(1).filter_map(Value::as_str).collect();
            assert!(!targets.is_empty(), "{name}: {}", object["metadata"]["name"]);
            let waited: Vec<_> =
                targets.iter().filter_map(|target| target.strip_prefix("kubernetes:job/platform-jobs/")).collect();
            for job in &waited {
                assert!(jobs.iter().any(|there| there == job), "{name}: waits for Job `{job}`, which is not there");
            }
            let has_token =
                barrier["volumeMounts"].as_array().into_iter().flatten().any(|mount| mount["name"] == "token");
            assert_eq!(has_token, !waited.is_empty(), "{name}: a barrier has a token where it asks the cluster");
        }
    }
}

/// A barrier and a run that begin can end by themselves, and tell how, before anything else ends them.
#[test]
fn deadlines_are_nested() {
    let seconds = |container: &Value| {
        variable(container, "EVENKEEL_TIMEOUT").unwrap().strip_suffix('s').unwrap().parse::<u64>().unwrap()
    };
    for name in installations() {
        for object in rendered(&name) {
            let Some(pod) = pod(&object) else { continue };
            let own: u64 = containers(pod).map(seconds).sum();
            let pointers = ["/spec/activeDeadlineSeconds", "/spec/jobTemplate/spec/activeDeadlineSeconds"];
            let whole = pointers.iter().find_map(|pointer| object.pointer(pointer)).and_then(Value::as_u64).unwrap();
            assert!(own + 60 <= whole, "{name}: {} has {whole} s for {own}", object["metadata"]["name"]);
        }
    }
}

/// What values may take is what the pod was given.
#[test]
fn the_secrets_that_values_may_take_are_those_that_are_mounted() {
    for name in installations() {
        for object in rendered(&name) {
            let Some(pod) = pod(&object) else { continue };
            let run = &pod["containers"][0];
            let list = |name: &str, separator: char| {
                let text = variable(run, name).unwrap_or_else(|| panic!("`{name}` is not set"));
                text.split(separator).filter(|part| !part.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>()
            };
            let given = run["env"].as_array().unwrap().iter();
            let given = given.filter(|variable| variable.pointer("/valueFrom/secretKeyRef").is_some());
            let given: BTreeSet<_> = given.map(|variable| variable["name"].as_str().unwrap().to_owned()).collect();
            assert_eq!(list("EVENKEEL_SECRETS_FROM_ENV", ','), given, "{name}");
            let mounts =
                run["volumeMounts"].as_array().unwrap().iter().map(|mount| mount["mountPath"].as_str().unwrap());
            let mounts =
                mounts.filter(|path| path.starts_with("/etc/evenkeel/secrets/") || *path == "/etc/evenkeel/ca");
            assert_eq!(list("EVENKEEL_SECRETS_FROM_FILES", ':'), mounts.map(str::to_owned).collect(), "{name}");
            list("EVENKEEL_SECRETS_FROM_NAMESPACES", ',');
        }
    }
}

/// A variable that the program does not know would be a setting that is silently ignored.
#[test]
fn every_variable_of_a_container_is_one_that_its_program_knows() {
    let mut helps = std::collections::BTreeMap::new();
    for name in installations() {
        for object in rendered(&name) {
            for container in pod(&object).into_iter().flat_map(containers) {
                let arguments: Vec<_> =
                    container["args"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
                let of_task = if arguments[0] == "wait-for" { &arguments[..1] } else { &arguments[..2] };
                let help = helps.entry(of_task.join(" ")).or_insert_with(|| {
                    let output =
                        Command::new(env!("CARGO_BIN_EXE_evenkeel")).args(of_task).arg("--help").output().unwrap();
                    assert!(output.status.success(), "{of_task:?}");
                    String::from_utf8(output.stdout).unwrap()
                });
                for variable in container["env"].as_array().unwrap() {
                    let name = variable["name"].as_str().unwrap();
                    assert!(!name.starts_with("EVENKEEL_") || help.contains(name), "{of_task:?} knows no `{name}`");
                }
            }
        }
    }
}

/// Teams `no` and `0123`, and what looks like a template or a variable.
#[test]
fn layers_reach_the_pods_byte_for_byte() {
    let values = yaml(&text("jobs/ci/full.yaml"));
    let objects = rendered("full");
    let map = objects.iter().find(|object| object["kind"] == "ConfigMap").unwrap();
    let layers = values["layers"].as_object().unwrap();
    assert!(layers["20-teams"].as_str().unwrap().contains("{{ beta }} $(X)\"}, 0123: {}, no: {}}\r\n"));
    for (name, layer) in layers {
        assert_eq!(&map["data"][format!("{name}.yaml")], layer, "{name}");
    }
    let namespaces: BTreeSet<_> =
        objects.iter().filter_map(|object| object.pointer("/metadata/namespace")?.as_str()).collect();
    assert!(namespaces.contains("team-0123") && namespaces.contains("team-no"), "{namespaces:?}");
}

#[test]
fn what_contradicts_itself_is_refused_in_sentences() {
    for (wrong, told) in [
        (vec!["platform=prod"], "The layers say `platform.name: demo`, and the chart `platform: prod`."),
        (vec!["inventory.namespace=other"], "The layers keep the inventory in namespace `platform-jobs`"),
        (vec!["image.digest=", "image.tag=latest"], "`image.tag` is `latest`, which says nothing about what runs."),
        (vec!["deadlines.jobSeconds=900"], "need 960 with a minute to start and to report."),
        (vec!["tasks.harbor.enabled=true"], "`tasks.harbor.waitFor` is empty."),
        (vec!["env.PROXY_PASSWORD=x"], "`env.PROXY_PASSWORD` looks like a secret"),
        (vec!["env.EVENKEEL_PRUNE=yes"], "`env.EVENKEEL_PRUNE` is set by the chart."),
        (vec!["networkPolicy.enabled=true"], "`networkPolicy.apiServer.cidrs` is empty"),
        (vec!["jobs.enabled=false", "drift.enabled=false"], "Task `keycloak` is enabled and never runs"),
        (vec!["layers.platform="], "No layer says where the inventory is, and a pod forgets."),
        (vec!["layersFrom[0].secret=a", "layersFrom[0].configMap=b"], "`layersFrom[0]` has to name exactly one"),
        (vec!["drift.schedule=0 * *"], "has to have five fields"),
        (vec!["nonsense=1"], "nonsense"),
    ] {
        let Some(mut helm) = helm(&ARGUMENTS) else { return };
        helm.arg("--values").arg(place("jobs/ci/minimal.yaml"));
        for setting in &wrong {
            helm.args(["--set", setting]);
        }
        let output = helm.output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(told), "{wrong:?}: {said}");
    }
}
