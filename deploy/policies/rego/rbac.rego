# Roles say what they give, and nobody gets everything.
package lib.evenkeel.rbac

import data.lib.evenkeel.workload

roles := {"Role", "ClusterRole"}

bindings := {"RoleBinding", "ClusterRoleBinding"}

problems(manifest, parameters) := {message |
	manifest.kind in roles
	some index, rule in object.get(manifest, "rules", [])
	some problem in of_rule(rule)
	message := sprintf("%s: rule %d %s", [workload.title(manifest), index, problem])
} | {message |
	manifest.kind == "ClusterRole"
	some index, rule in object.get(manifest, "rules", [])
	"secrets" in object.get(rule, "resources", [])
	not may_reach_secrets(manifest.metadata.name, parameters)
	message := sprintf("%s: rule %d reaches Secrets in every namespace: use Roles in the namespaces that need it", [workload.title(manifest), index])
} | {message |
	manifest.kind in bindings
	manifest.roleRef.name == "cluster-admin"
	message := sprintf("%s: gives every right there is (`cluster-admin`)", [workload.title(manifest)])
} | {message |
	manifest.kind in bindings
	some subject in object.get(manifest, "subjects", [])
	subject.name in {"system:authenticated", "system:unauthenticated", "system:serviceaccounts", "system:anonymous"}
	message := sprintf("%s: gives rights to everybody (`%s`)", [workload.title(manifest), subject.name])
}

of_rule(rule) := {problem |
	some field in ["verbs", "resources", "apiGroups", "nonResourceURLs"]
	"*" in object.get(rule, field, [])
	problem := sprintf("has `*` in `%s`", [field])
} | {problem |
	some verb in object.get(rule, "verbs", [])
	verb in {"bind", "escalate", "impersonate"}
	problem := sprintf("has the verb `%s`, which gives more rights than it names", [verb])
}

may_reach_secrets(name, parameters) if {
	some pattern in object.get(parameters, "secrets_everywhere", [])
	glob.match(pattern, [], name)
}
