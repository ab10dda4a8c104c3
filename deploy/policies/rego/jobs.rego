# A Job ends, by itself, and does not repeat what cannot help.
package lib.evenkeel.jobs

import data.lib.evenkeel.workload

problems(manifest, _) := {message |
	job := workload.job(manifest)
	some field in ["activeDeadlineSeconds", "backoffLimit"]
	object.get(job, field, null) == null
	message := sprintf("%s: has no `%s`", [workload.title(manifest), field])
} | {message |
	job := workload.job(manifest)
	count(object.get(job, ["podFailurePolicy", "rules"], [])) == 0
	message := sprintf("%s: has no `podFailurePolicy`: it repeats what fails for good", [workload.title(manifest)])
} | {message |
	workload.job(manifest)
	object.get(workload.pod(manifest), "restartPolicy", "Always") != "Never"
	message := sprintf("%s: its pods restart in place: set `restartPolicy: Never`, so that each try has its log", [workload.title(manifest)])
} | {message |
	manifest.kind == "CronJob"
	object.get(manifest.spec, "concurrencyPolicy", "Allow") == "Allow"
	message := sprintf("%s: may run twice at once: set `concurrencyPolicy: Forbid`", [workload.title(manifest)])
} | {message |
	manifest.kind == "CronJob"
	object.get(manifest.spec, "startingDeadlineSeconds", 0) < 10
	message := sprintf("%s: has no `startingDeadlineSeconds` of at least 10: after 100 missed starts it never starts again", [workload.title(manifest)])
}
