# Secrets stand in Secrets: not in ConfigMaps, not in variables, not in arguments. A reference to one is no secret.
package lib.evenkeel.secret_text

import data.lib.evenkeel.workload

# A name that says so, and behind it a text that is neither empty nor a map, a list or a reference to a variable.
assigned := `(?i)(password|passwd|secret|token|api_?key)["']?[ \t]*[:=][ \t]*["']?[^\s"'{}\[\]$,]`

address := `://[^/\s:@]+:[^/\s@]+@`

key := `-----BEGIN [A-Z ]*PRIVATE KEY-----`

named := `(?i)(password|passwd|secret|token|credential|api_?key|private_?key)`

problems(manifest, parameters) := {message |
	manifest.kind == "ConfigMap"
	some name, text in object.get(manifest, "data", {})
	looks_secret(name, text, parameters)
	message := sprintf("%s: `%s` holds what looks like a secret: put it into a Secret", [workload.title(manifest), name])
} | {message |
	some container in workload.containers(manifest)
	some variable in object.get(container, "env", [])
	looks_secret(variable.name, object.get(variable, "value", ""), parameters)
	message := sprintf("%s: container `%s` has what looks like a secret in the variable `%s`: take it from a Secret", [workload.title(manifest), container.name, variable.name])
} | {message |
	some container in workload.containers(manifest)
	some list in ["command", "args"]
	some index, argument in object.get(container, list, [])
	holds_secret(argument)
	message := sprintf("%s: container `%s` has what looks like a secret in `%s[%d]`: take it from a Secret", [workload.title(manifest), container.name, list, index])
}

looks_secret(_, text, _) if holds_secret(text)

looks_secret(name, text, parameters) if {
	text != ""
	regex.match(named, name)
	not is_known(name, parameters)
}

holds_secret(text) if regex.match(assigned, text)

holds_secret(text) if regex.match(address, text)

holds_secret(text) if regex.match(key, text)

is_known(name, parameters) if {
	some pattern in object.get(parameters, "no_secrets", [])
	glob.match(pattern, [], name)
}
