# Nothing of the node is shared.
package lib.evenkeel.host

import data.lib.evenkeel.workload

problems(manifest, _) := {message |
	some field in ["hostNetwork", "hostPID", "hostIPC"]
	workload.pod(manifest)[field] == true
	message := sprintf("%s: `%s` shares the node's", [workload.title(manifest), field])
} | {message |
	some volume in workload.pod(manifest).volumes
	volume.hostPath
	message := sprintf("%s: volume `%s` is a folder of the node", [workload.title(manifest), volume.name])
} | {message |
	some container in workload.containers(manifest)
	some port in container.ports
	object.get(port, "hostPort", 0) != 0
	message := sprintf("%s: container `%s` takes port %d of the node", [workload.title(manifest), container.name, port.hostPort])
} | {message |
	some sysctl in workload.pod(manifest).securityContext.sysctls
	message := sprintf("%s: sets `%s` of the kernel", [workload.title(manifest), sysctl.name])
}
