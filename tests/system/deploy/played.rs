//! What the chart renders, played: the barrier and the run of each Job are the real program, with the arguments, variables, files and rights that
//! its pod has, in the order in which Helm, Argo CD or nobody starts them, against stand-ins of the servers.

mod stage;

use std::thread;

use serde_json::{Value, json};

use self::stage::{Ended, Stage};
use super::{objects::objects, text};

fn installation(name: &str) -> Vec<Value> {
    objects(&text(&format!("jobs/ci/rendered/{name}.yaml")))
}

fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

/// The Jobs as Helm (by hook weight) or Argo CD (by sync wave) starts them.
fn in_order(objects: &[Value]) -> Vec<&Value> {
    let weight = |job: &&Value| {
        let annotations = &job["metadata"]["annotations"];
        let weight = [&annotations["helm.sh/hook-weight"], &annotations["argocd.argoproj.io/sync-wave"]];
        weight.iter().find_map(|weight| weight.as_str()).unwrap().parse::<i64>().unwrap()
    };
    let mut jobs = of_kind(objects, "Job");
    jobs.sort_by_key(weight);
    jobs
}

/// The Job that a CronJob makes.
fn made_by(cron_job: &Value) -> Value {
    let name = format!("{}-29412345", cron_job["metadata"]["name"].as_str().unwrap());
    let metadata = json!({"name": name, "namespace": cron_job["metadata"]["namespace"]});
    json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": cron_job["spec"]["jobTemplate"]["spec"]})
}

fn has_converged(ended: &Ended) {
    assert_eq!((ended.barrier, ended.run), (Some(0), Some(0)), "{}: {}", ended.job, ended.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deployment_converges_in_its_order_and_its_cron_jobs_find_nothing_to_do() {
    for name in ["minimal", "argocd"] {
        let objects = installation(name);
        let stage = Stage::new(&objects).await;
        for job in in_order(&objects) {
            has_converged(&stage.play(job).await);
        }
        stage.reset();
        let cron_jobs = of_kind(&objects, "CronJob");
        assert_eq!(cron_jobs.len(), of_kind(&objects, "Job").len(), "{name}");
        for cron_job in cron_jobs {
            has_converged(&stage.play(&made_by(cron_job)).await);
        }
        assert_eq!(stage.writes_of_tasks(), 0, "{name}: a second run only reads");
    }
}

/// Nobody keeps the order here: all pods are there at once, the last of them first.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_start_at_once_keep_their_order_by_their_barriers() {
    let objects = installation("plain");
    let stage = Stage::new(&objects).await;
    let mut jobs = of_kind(&objects, "Job");
    jobs.reverse();
    assert!(jobs.len() > 1);
    for job in &jobs {
        stage.create_job(job).await;
    }
    let ended: Vec<Ended> = thread::scope(|scope| {
        let playing: Vec<_> = jobs.iter().map(|job| scope.spawn(|| stage.run_pod(job))).collect();
        playing.into_iter().map(|job| job.join().unwrap()).collect()
    });
    // The last one says only that one before it failed.
    ended.iter().rev().for_each(has_converged);
    assert!(stage.kubernetes.object("secrets", "gateway", "copy-team-alpha-harbor-pullsecret").is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_task_after_one_that_failed_fails_at_once_and_changes_nothing() {
    let objects = installation("argocd");
    let stage = Stage::new(&objects).await;
    let jobs = in_order(&objects);
    stage.create_job(jobs[0]).await;
    stage.end_job(jobs[0], false);
    stage.reset();
    let ended = stage.play(jobs[1]).await;
    assert_eq!((ended.barrier, ended.run), (Some(78), None), "{}", ended.said);
    assert_eq!(stage.writes_of_tasks(), 0);
}

/// One verb of one rule, in one namespace.
struct Right {
    /// The task whose Role it is.
    task: String,
    namespace: String,
    role: usize,
    rule: usize,
    verb: String,
    resource: String,
}

/// The rights of all Roles of an installation. Teams have the same; those of one are enough.
fn rights(objects: &[Value]) -> Vec<Right> {
    let mut rights = Vec::new();
    for (role, object) in objects.iter().enumerate().filter(|(_, object)| object["kind"] == "Role") {
        if object["metadata"]["namespace"] == "team-beta" {
            continue;
        }
        for (rule, content) in object["rules"].as_array().unwrap().iter().enumerate() {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            rights.extend(content["verbs"].as_array().unwrap().iter().map(|verb| Right {
                task: text(&object["metadata"]["labels"]["app.kubernetes.io/component"]),
                namespace: text(&object["metadata"]["namespace"]),
                role,
                rule,
                verb: text(verb),
                resource: text(&content["resources"][0]),
            }));
        }
    }
    rights
}

/// The installation without this right.
fn without(objects: &[Value], right: &Right) -> Vec<Value> {
    let mut objects = objects.to_vec();
    let rules = objects[right.role]["rules"].as_array_mut().unwrap();
    let verbs = rules[right.rule]["verbs"].as_array_mut().unwrap();
    verbs.retain(|verb| *verb != right.verb.as_str());
    if verbs.is_empty() {
        rules.remove(right.rule);
    }
    objects
}

/// What a run finds that makes it use a right: what runs and other people have left before.
fn found_by(right: &Right) -> Vec<(&'static str, &'static str, String, Value)> {
    let credentials = |metadata: Value, content: &str| {
        let data = json!({".dockerconfigjson": content});
        json!({"metadata": metadata, "type": "kubernetes.io/dockerconfigjson", "data": data})
    };
    let mut found = Vec::new();
    if right.task == "copy-certs" {
        // The Job before it makes this, and is not played here.
        found.push(("secrets", "team-alpha", "harbor-pullsecret".to_owned(), credentials(json!({}), "e30=")));
    }
    let copy = "copy-team-alpha-harbor-pullsecret".to_owned();
    match (right.namespace.as_str(), right.resource.as_str(), right.verb.as_str()) {
        // The first run makes it, and a later one takes it.
        (_, "leases", "update") => {
            let name = format!("evenkeel-demo-{}", right.task);
            found.push(("leases.coordination.k8s.io", "platform-jobs", name, json!({"metadata": {}, "spec": {}})));
        }
        // Somebody else's Secret is looked at before it is left alone.
        ("gateway", "secrets", "get") => found.push(("secrets", "gateway", copy, credentials(json!({}), "e30="))),
        // A copy of ours that is older than its source.
        ("gateway", "secrets", "patch") => {
            let labels = json!({
                "app.kubernetes.io/managed-by": "evenkeel", "evenkeel.dev/platform": "demo",
                "evenkeel.dev/task": "copy-certs", "evenkeel.dev/source-namespace": "team-alpha",
            });
            let annotations = json!({"evenkeel.dev/source": "team-alpha/harbor-pullsecret"});
            let metadata = json!({"labels": labels, "annotations": annotations});
            found.push(("secrets", "gateway", copy, credentials(metadata, "e30K")));
        }
        // A Secret of ours whose content somebody has changed.
        ("team-alpha", "secrets", "patch") if right.task == "harbor" => {
            let labels = json!({
                "app.kubernetes.io/managed-by": "evenkeel", "evenkeel.dev/platform": "demo",
                "evenkeel.dev/task": "harbor",
            });
            let metadata = json!({"labels": labels});
            found.push(("secrets", "team-alpha", "harbor-pullsecret".to_owned(), credentials(metadata, "e30=")));
        }
        _ => {}
    }
    found
}

/// Plays the Job of a task without one right, and pretends that those before it are complete.
async fn play_without(objects: &[Value], right: &Right) -> Ended {
    let objects = without(objects, right);
    let stage = Stage::new(&objects).await;
    for (resource, namespace, name, object) in found_by(right) {
        stage.kubernetes.insert(resource, namespace, &name, object);
    }
    for job in in_order(&objects) {
        if job["metadata"]["labels"]["app.kubernetes.io/component"] == right.task.as_str() {
            return stage.play(job).await;
        }
        stage.create_job(job).await;
        // A Job that is complete needs no watching.
        if right.verb != "watch" {
            stage.end_job(job, true);
        }
    }
    panic!("there is no Job of `{}`", right.task)
}

/// What is wrong with how a run without a right ended.
fn is_not_told(right: &Right, ended: &Ended) -> Option<String> {
    let Right { task, namespace, rule, verb, resource, .. } = right;
    let codes = (ended.barrier, ended.run);
    let expected = match resource.as_str() {
        // What `kubectl describe` shows is never worth a failure, and told in the log.
        "pods" | "events" => (Some(0), Some(0)),
        // The barrier asks for Jobs.
        "jobs" => (Some(78), None),
        _ => (Some(0), Some(77)),
    };
    let names = ended.said.contains(&format!("the right to `{verb}` `{resource}"));
    let ended = (codes != expected || !names).then_some(&ended.said)?;
    Some(format!(
        "{task} without `{verb}` on `{resource}` in `{namespace}` (rule {rule}): {codes:?}, named: {names}\n{ended}"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_right_of_a_role_is_needed_and_named_where_it_is_missing() {
    let objects = installation("argocd");
    let rights = rights(&objects);
    assert!(rights.len() > 30, "{}", rights.len());
    let mut problems = Vec::new();
    for right in rights {
        problems.extend(is_not_told(&right, &play_without(&objects, &right).await));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}
