# A profile for system calls, said for the pod and for each container: some admission checks look at one place, some at the other.
package lib.evenkeel.seccomp

import data.lib.evenkeel.workload

profiles := {"RuntimeDefault", "Localhost"}

problems(manifest, _) := {message |
	pod := workload.pod(manifest)
	not has_profile(pod)
	message := sprintf("%s: its pod has no seccomp profile: set `seccompProfile: {type: RuntimeDefault}`", [workload.title(manifest)])
} | {message |
	some container in workload.containers(manifest)
	not has_profile(container)
	message := sprintf("%s: container `%s` has no seccomp profile: set `seccompProfile: {type: RuntimeDefault}`", [workload.title(manifest), container.name])
}

has_profile(part) if part.securityContext.seccompProfile.type in profiles
