# No container can get more rights from the kernel than it began with.
package lib.evenkeel.privileges

import data.lib.evenkeel.workload

problems(manifest, parameters) := {message |
	some container in workload.containers(manifest)
	some problem in of_container(object.get(container, "securityContext", {}), parameters)
	message := sprintf("%s: container `%s` %s", [workload.title(manifest), container.name, problem])
}

of_container(context, parameters) := {"may gain privileges: set `allowPrivilegeEscalation: false`" |
	object.get(context, "allowPrivilegeEscalation", true) != false
} | {"is privileged" |
	object.get(context, "privileged", false) == true
} | {"keeps capabilities: set `capabilities: {drop: [ALL]}`" |
	not "ALL" in object.get(context, ["capabilities", "drop"], [])
} | {problem |
	some capability in object.get(context, ["capabilities", "add"], [])
	not capability in object.get(parameters, "capabilities", [])
	problem := sprintf("adds the capability `%s`", [capability])
}
