# What is in an image stays as it was built.
package lib.evenkeel.read_only_root

import data.lib.evenkeel.workload

problems(manifest, _) := {message |
	some container in workload.containers(manifest)
	object.get(container, ["securityContext", "readOnlyRootFilesystem"], false) != true
	message := sprintf("%s: container `%s` may write into its image: set `readOnlyRootFilesystem: true`", [workload.title(manifest), container.name])
}
