# Hooks of a deployment find what they need, can be repeated, and are of one kind.
package lib.evenkeel.hooks

import data.lib.evenkeel.workload

# What pods need: a hook would come and go with its event.
needed := {"ServiceAccount", "Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding", "ConfigMap", "Secret", "NetworkPolicy"}

before := {"pre-install", "pre-upgrade", "pre-rollback", "PreSync"}

problems(manifest, _) := {message |
	helm(manifest)
	argo(manifest)
	message := sprintf("%s: has hooks of Helm and of Argo CD, which then ignores those of Helm", [workload.title(manifest)])
} | {message |
	count(events(manifest)) > 0
	manifest.kind in needed
	message := sprintf("%s: is a hook, and what needs it is not: make it an ordinary object", [workload.title(manifest)])
} | {message |
	workload.pod(manifest)
	some event in events(manifest)
	event in before
	object.get(workload.pod(manifest), "serviceAccountName", "default") != "default"
	message := sprintf("%s: runs at `%s`, before its service account is there", [workload.title(manifest), event])
} | {message |
	count(events(manifest)) > 0
	workload.job(manifest).ttlSecondsAfterFinished
	message := sprintf("%s: is a hook and removes itself by `ttlSecondsAfterFinished`: whoever waits for it waits for ever", [workload.title(manifest)])
} | {message |
	workload.pod(manifest)
	helm(manifest)
	not "before-hook-creation" in words(manifest, "helm.sh/hook-delete-policy")
	message := sprintf("%s: stays in the way of the next deployment: add `before-hook-creation` to `helm.sh/hook-delete-policy`", [workload.title(manifest)])
}

helm(manifest) if workload.annotation(manifest, "helm.sh/hook")

argo(manifest) if workload.annotation(manifest, "argocd.argoproj.io/hook")

events(manifest) := words(manifest, "helm.sh/hook") | words(manifest, "argocd.argoproj.io/hook")

words(manifest, name) := {trim_space(word) |
	some word in split(workload.annotation(manifest, name), ",")
}
