# Images come from registries that are known, and say which build they are.
package lib.evenkeel.images

import data.lib.evenkeel.workload

problems(manifest, parameters) := {message |
	some container in workload.containers(manifest)
	some problem in of_image(container.image, parameters)
	message := sprintf("%s: container `%s` has the image `%s`, %s", [workload.title(manifest), container.name, container.image, problem])
}

of_image(image, parameters) := {"which names no build: add a digest or a tag" |
	not contains(image, "@")
	not tag(image)
} | {problem |
	not contains(image, "@")
	tag(image) in object.get(parameters, "tags", [])
	problem := sprintf("and `%s` may be another build tomorrow", [tag(image)])
} | {"which is in none of the registries that are allowed" |
	registries := object.get(parameters, "registries", [])
	count(registries) > 0
	not from_any(image, registries)
}

# What stands behind the last colon, unless that is the one before a port.
tag(image) := parts[1] if {
	segments := split(image, "/")
	parts := split(segments[count(segments) - 1], ":")
	count(parts) == 2
}

# A registry is named with the slash at its end, so that `registry.example.com.evil.org` is none of ours.
from_any(image, registries) if {
	some registry in registries
	startswith(image, sprintf("%s/", [trim_suffix(registry, "/")]))
}
