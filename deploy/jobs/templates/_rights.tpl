{{/*
The rights of one task, as docs/kubernetes.md has them: a map in JSON from each namespace to its rules. `create` cannot be limited to a
name, and is a rule of its own therefore.
*/}}
{{- define "evenkeel.rights" -}}
{{- $root := .root -}}
{{- $known := include "evenkeel.known" . | fromJson -}}
{{- $task := index $root.Values.tasks .name -}}
{{- $rights := dict -}}
{{- $parts := list (dict "namespace" (include "evenkeel.inventoryNamespace" $root) "rules" (include "evenkeel.inventoryRules" . | fromYamlArray)) -}}
{{- $parts = append $parts (dict "namespace" $root.Release.Namespace "rules" (include "evenkeel.podRules" . | fromYamlArray)) -}}
{{- range $task.secrets.read -}}
{{- $rule := dict "apiGroups" (list "") "resources" (list "secrets") "resourceNames" (list .name) "verbs" (list "get") -}}
{{- $parts = append $parts (dict "namespace" .namespace "rules" (list $rule)) -}}
{{- end -}}
{{- if not $root.Values.rbac.clusterWide -}}
{{- range $place, $namespaces := include "evenkeel.places" . | fromJson -}}
{{- $rules := include "evenkeel.rulesIn" (dict "known" $known "task" $task "place" $place) | fromJsonArray -}}
{{- range $namespaces -}}
{{- $parts = append $parts (dict "namespace" . "rules" $rules) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $parts -}}
{{- $rules := concat (get $rights .namespace | default list) .rules -}}
{{- $rights = set $rights .namespace $rules -}}
{{- end -}}
{{- toJson $rights -}}
{{- end -}}

{{/* Where else the task has rights, by the words of the table: a map in JSON from `teams`, `sources` and `targets` to namespaces. */}}
{{- define "evenkeel.places" -}}
{{- $known := include "evenkeel.known" . | fromJson -}}
{{- $task := index .root.Values.tasks .name -}}
{{- $teams := include "evenkeel.teamNamespaces" .root | fromJsonArray -}}
{{- $places := dict -}}
{{- if $known.teams -}}{{- $places = set $places "teams" $teams -}}{{- end -}}
{{- if $known.sources -}}{{- $places = set $places "sources" (concat $teams $task.sources | uniq) -}}{{- end -}}
{{- if $known.targets -}}{{- $places = set $places "targets" $task.targets -}}{{- end -}}
{{- toJson $places -}}
{{- end -}}

{{- define "evenkeel.rulesIn" -}}
{{- $place := index .known .place -}}
{{- $rules := $place.rules -}}
{{- if .task.options.prune -}}
{{- $rules = concat $rules ($place.prune | default list) -}}
{{- end -}}
{{- toJson $rules -}}
{{- end -}}

{{/* What it remembers, and the lease by which runs take turns. A large inventory has parts whose names are not known before. */}}
{{- define "evenkeel.inventoryRules" -}}
{{- $known := include "evenkeel.known" . | fromJson -}}
{{- $name := printf "evenkeel-%s-%s" .root.Values.platform .name -}}
{{- $secrets := list $name -}}
{{- if $known.vault -}}
{{- $secrets = append $secrets (printf "%s-secrets" $name) -}}
{{- end -}}
{{- if .root.Values.inventory.large }}
- {apiGroups: [""], resources: [secrets], verbs: [get, create, patch, delete]}
{{- else }}
- {apiGroups: [""], resources: [secrets], resourceNames: {{ toJson $secrets }}, verbs: [get, patch]}
- {apiGroups: [""], resources: [secrets], verbs: [create]}
{{- end }}
- {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [{{ $name }}], verbs: [get, update]}
- {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
{{- end -}}

{{/* What `kubectl describe job` shows of a run, and the Jobs that it waits for. */}}
{{- define "evenkeel.podRules" -}}
- {apiGroups: [""], resources: [pods], verbs: [get]}
- {apiGroups: [events.k8s.io], resources: [events], verbs: [create]}
{{- $before := include "evenkeel.jobsBefore" . | fromJsonArray }}
{{- if $before }}
- {apiGroups: [batch], resources: [jobs], resourceNames: {{ toJson $before }}, verbs: [list, watch]}
{{- end }}
{{- end -}}

{{/* In place of the rights in single namespaces, where the release asks for it: a list of rules in JSON, empty for tasks that need none. */}}
{{- define "evenkeel.clusterRules" -}}
{{- $task := index .root.Values.tasks .name -}}
{{- $known := include "evenkeel.known" . | fromJson -}}
{{- $rules := list -}}
{{- range $place, $ignored := include "evenkeel.places" . | fromJson -}}
{{- $rules = concat $rules (include "evenkeel.rulesIn" (dict "known" $known "task" $task "place" $place) | fromJsonArray) -}}
{{- end -}}
{{- if $rules -}}
{{- $rules = append $rules (dict "apiGroups" (list "") "resources" (list "secrets" "serviceaccounts" "namespaces") "verbs" (list "list")) -}}
{{- $rules = append $rules (dict "apiGroups" (list "") "resources" (list "namespaces") "verbs" (list "get" "create")) -}}
{{- end -}}
{{- toJson ($rules | uniq) -}}
{{- end -}}
