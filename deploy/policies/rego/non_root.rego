# No container runs as root, and the image is not trusted with that.
package lib.evenkeel.non_root

import data.lib.evenkeel.workload

problems(manifest, _) := {message |
	some container in workload.containers(manifest)
	not says_non_root(workload.pod(manifest), container)
	message := sprintf("%s: container `%s` may run as root: set `runAsNonRoot: true`", [workload.title(manifest), container.name])
} | {message |
	some container in workload.containers(manifest)
	container.securityContext.runAsUser == 0
	message := sprintf("%s: container `%s` runs as user 0", [workload.title(manifest), container.name])
} | {message |
	workload.pod(manifest).securityContext.runAsUser == 0
	message := sprintf("%s: its pod runs as user 0", [workload.title(manifest)])
}

# What the container says comes before what the pod says.
says_non_root(_, container) if container.securityContext.runAsNonRoot == true

says_non_root(pod, container) if {
	object.get(container, ["securityContext", "runAsNonRoot"], null) == null
	pod.securityContext.runAsNonRoot == true
}
