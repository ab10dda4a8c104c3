# Every container says what it needs and takes no more: where a namespace has a quota, a Job whose init container does not say so makes no pod.
package lib.evenkeel.resources

import data.lib.evenkeel.workload

problems(manifest, _) := {message |
	some container in workload.containers(manifest)
	some bound in ["requests", "limits"]
	some resource in ["cpu", "memory"]
	not container.resources[bound][resource]
	message := sprintf("%s: container `%s` has no `resources.%s.%s`", [workload.title(manifest), container.name, bound, resource])
}
