# The policies as conftest runs them. On a cluster the same files run in Gatekeeper (gatekeeper/).
package main

import data.lib.evenkeel.hooks
import data.lib.evenkeel.host
import data.lib.evenkeel.images
import data.lib.evenkeel.jobs
import data.lib.evenkeel.non_root
import data.lib.evenkeel.privileges
import data.lib.evenkeel.rbac
import data.lib.evenkeel.read_only_root
import data.lib.evenkeel.resources
import data.lib.evenkeel.seccomp
import data.lib.evenkeel.secret_text
import data.lib.evenkeel.service_accounts

# Without parameters every policy would be content.
deny contains "no parameters: add `--data deploy/policies/parameters.yaml`" if not data.parameters

deny contains named("hooks", message) if some message in hooks.problems(input, parameters("hooks"))

deny contains named("host", message) if some message in host.problems(input, parameters("host"))

deny contains named("images", message) if some message in images.problems(input, parameters("images"))

deny contains named("jobs", message) if some message in jobs.problems(input, parameters("jobs"))

deny contains named("non_root", message) if some message in non_root.problems(input, parameters("non_root"))

deny contains named("privileges", message) if some message in privileges.problems(input, parameters("privileges"))

deny contains named("rbac", message) if some message in rbac.problems(input, parameters("rbac"))

deny contains named("read_only_root", message) if some message in read_only_root.problems(input, parameters("read_only_root"))

deny contains named("resources", message) if some message in resources.problems(input, parameters("resources"))

deny contains named("seccomp", message) if some message in seccomp.problems(input, parameters("seccomp"))

deny contains named("secret_text", message) if some message in secret_text.problems(input, parameters("secret_text"))

deny contains named("service_accounts", message) if some message in service_accounts.problems(input, parameters("service_accounts"))

named(policy, message) := sprintf("%s: %s", [policy, message])

parameters(policy) := object.get(data.parameters, policy, {})
