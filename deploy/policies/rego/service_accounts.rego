# A pod has an account of its own, and says whether it uses its token.
package lib.evenkeel.service_accounts

import data.lib.evenkeel.workload

problems(manifest, _) := {message |
	pod := workload.pod(manifest)
	object.get(pod, "serviceAccountName", "default") == "default"
	message := sprintf("%s: runs as the service account `default`, whose rights everybody in the namespace has", [workload.title(manifest)])
} | {message |
	pod := workload.pod(manifest)
	object.get(pod, "automountServiceAccountToken", null) == null
	message := sprintf("%s: gets a token whether it uses one or not: set `automountServiceAccountToken`", [workload.title(manifest)])
}
