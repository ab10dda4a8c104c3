# What policies ask of an object that has pods, whatever its kind.
package lib.evenkeel.workload

templated := {"Job", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"}

# How messages call the object.
title(manifest) := sprintf("%s `%s`", [manifest.kind, manifest.metadata.name])

# The pod of an object. Undefined for objects without one.
pod(manifest) := manifest.spec if manifest.kind == "Pod"

pod(manifest) := manifest.spec.template.spec if manifest.kind in templated

pod(manifest) := manifest.spec.jobTemplate.spec.template.spec if manifest.kind == "CronJob"

# Every container of the pod, those that run before the others among them.
containers(manifest) := [container |
	some list in ["initContainers", "containers", "ephemeralContainers"]
	some container in pod(manifest)[list]
]

# Jobs, also those that a CronJob makes.
job(manifest) := manifest.spec if manifest.kind == "Job"

job(manifest) := manifest.spec.jobTemplate.spec if manifest.kind == "CronJob"

annotation(manifest, name) := manifest.metadata.annotations[name]
