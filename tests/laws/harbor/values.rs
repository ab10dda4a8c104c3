//! Values with every kind of object that the Harbor task manages.

use serde_json::{Value, json};

use super::{ADMIN_PASSWORD, TOKEN};

pub(super) fn all(urls: &[String]) -> Vec<(&'static str, String)> {
    vec![
        ("10-platform.yaml", PLATFORM.to_owned()),
        ("20-harbor.yaml", HARBOR.replace("(server)", &urls[0])),
        ("kubeconfig", kubeconfig(&urls[1])),
    ]
}

const PLATFORM: &str = "\
platform: {name: demo, names: {robotPrefix: otomi-}}
teams:
  alpha: {}
  beta: {harbor: {storageQuota: 5Gi}}
kubernetes: {createNamespaces: true}
";

const HARBOR: &str = "\
harbor:
  url: (server)
  registryHost: harbor.demo.example.com
  admin:
    username: admin
    password: {fromEnv: HARBOR_ADMIN_PASSWORD}
  oidc:
    endpoint: https://keycloak.demo.example.com/realms/otomi
    clientSecret: {fromEnv: HARBOR_CLIENT_SECRET}
  configuration: {token_expiration: 60, project_creation_restriction: adminonly, self_registration: false}
  renameForeignRobots: true
  teamDefaults: {storageQuota: 20Gi, autoScan: true, retention: {keepLast: 30, schedule: '0 0 3 * * *'}}
  projects:
    - name: shared
      public: true
      severity: high
      preventVulnerable: true
      cveAllowlist: {items: [CVE-2020-0001, CVE-2024-3094], expiresAt: '2030-01-01T00:00:00Z'}
      scanner: Ours
      retention:
        schedule: 0 0 4 * * *
        rules:
          - {template: latestPulledN, count: 5, excludeTags: 'dev*', repositories: 'apps/**'}
          - {template: always, tags: 'v*', untagged: false}
      immutableTags: [{tags: 'v*', disabled: false}, {excludeTags: 'dev*', excludeRepositories: 'tmp/**', disabled: false}]
      webhooks:
        - name: builds
          events: [PUSH_ARTIFACT, DELETE_ARTIFACT]
          address: https://hooks.example.com/harbor
          authHeader: {fromEnv: HARBOR_HOOK_HEADER}
          enabled: true
          skipCertVerify: false
        - {name: alerts, events: [QUOTA_EXCEED], address: {fromEnv: HARBOR_HOOK_ADDRESS}, enabled: true, skipCertVerify: false}
      labels: [{name: tested, color: '#48960C', description: passed}]
      robots:
        - name: ci
          description: builds
          disabled: false
          duration: -1
          secret: {fromEnv: HARBOR_ROBOT_SECRET}
          access: [{resource: repository, action: pull}, {resource: repository, action: push}, {resource: tag, action: delete, effect: deny}]
    - {name: cache, registry: upstream, cache: {speedKb: 1024, maxConnections: 8, serveRemoved: false}}
    - {name: mirror, public: false, members: [{group: devs, role: maintainer}]}
  robots:
    - {name: ops, duration: 30, disabled: false, permissions: [{access: [{resource: project, action: list}]}]}
  registries:
    - name: upstream
      type: docker-registry
      url: https://registry.example.com
      description: images of others
      insecure: false
      credential: {accessKey: reader, accessSecret: {fromEnv: HARBOR_REGISTRY_SECRET}}
  replications:
    - name: mirror
      source: upstream
      destinationNamespace: mirror
      filters: [{type: name, value: 'demo/**'}, {type: tag, value: 'dev*', exclude: true}, {type: label, labels: [ours]}]
      singleActive: true
      override: true
      enabled: true
  system:
    garbageCollection: {schedule: '0 0 2 * * 6', deleteUntagged: true, workers: 2}
    auditPurge: {schedule: '0 0 3 * * *', retentionHours: 720, eventTypes: [create_artifact, delete_artifact]}
    scanAll: {schedule: '0 0 4 * * *'}
    scanners:
      - name: own
        url: http://own.example.com:8080
        description: ours
        auth: bearer
        credential: {fromEnv: HARBOR_SCANNER_SECRET}
        skipCertVerify: false
        disabled: false
      - {name: second, url: 'http://second.example.com:8080'}
    defaultScanner: second
    cveAllowlist: {items: [CVE-2021-44228, CVE-2020-0001], expiresAt: '2030-01-31T00:00:00Z'}
    labels: [{name: checked, color: '#48960C', description: by evenkeel}]
    preheat:
      - name: dragon
        vendor: dragonfly
        endpoint: https://dragonfly.example.com
        auth: {basic: {username: harbor, password: {fromEnv: HARBOR_PREHEAT_SECRET}}}
        enabled: true
        default: true
        insecure: false
  userGroups: [{name: auditors}]
";

/// A platform, a team of a name that others have used, one of a name that nobody has, and a cluster in which teams find their
/// registry secrets.
pub(super) fn minimal(urls: &[String]) -> Vec<(&'static str, String)> {
    vec![("10-platform.yaml", MINIMAL.replace("(server)", &urls[0])), ("kubeconfig", kubeconfig(&urls[1]))]
}

const MINIMAL: &str = "\
platform: {name: demo}
teams: {alpha: {}, gamma: {}}
kubernetes: {createNamespaces: true}
harbor:
  url: (server)
  admin: {username: admin, password: {fromEnv: HARBOR_ADMIN_PASSWORD}}
";

/// Without team beta, and without everything that is declared beyond teams.
pub(super) const FEWER: &str = "\
teams: {beta: null}
harbor:
  projects: []
  robots: []
  registries: []
  replications: []
  userGroups: []
  system: {scanAll: null, scanners: [], defaultScanner: null, labels: [], preheat: []}
";

pub(super) fn broken(urls: &[String]) -> Vec<(&'static str, Vec<(&'static str, String)>)> {
    let secret = Value::from(ADMIN_PASSWORD);
    let with = |name: &'static str, text: String| [all(urls), vec![(name, text)]].concat();
    let admin = |password: String| format!("harbor:\n  admin:\n    password: {password}\n");
    let robot = |robot: String| format!("harbor:\n  robots: [{robot}]\n");
    vec![
        ("plain in a file for everybody", with("90-more.yaml", admin(secret.to_string()))),
        ("a list", with("secrets.more.yaml", admin(format!("[{secret}]")))),
        ("a reference that is none", with("secrets.more.yaml", admin(format!("{{fromEnv: [{secret}]}}")))),
        ("under an unknown key", with("secrets.more.yaml", format!("harbor:\n  admin:\n    pasword: {secret}\n"))),
        ("in place of a section", with("secrets.more.yaml", format!("harbor: {secret}\n"))),
        (
            "in place of a number",
            with("secrets.more.yaml", format!("harbor:\n  configuration: {{token_expiration: {secret}}}\n")),
        ),
        ("as a robot's name", with("secrets.more.yaml", robot(format!("{{name: {secret}, permissions: []}}")))),
        ("as a host", with("secrets.more.yaml", format!("harbor:\n  registryHost: {secret}\n"))),
        ("in a broken file", with("secrets.more.yaml", format!("harbor:\n  admin: {{password: {secret}\n"))),
    ]
}

/// A kubeconfig for a cluster at an address, which may be a proxy's.
fn kubeconfig(url: &str) -> String {
    let config = json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "demo", "cluster": {"server": url}}],
        "users": [{"name": "demo", "user": {"token": TOKEN}}],
        "contexts": [{"name": "demo", "context": {"cluster": "demo", "user": "demo", "namespace": "default"}}],
        "current-context": "demo",
    });
    config.to_string()
}
