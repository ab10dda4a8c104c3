{{/*
The tasks that this chart knows. One more task is one more entry here, and its section in values.yaml.

  weight   the order at a deployment: hook weight, or sync wave
  after    the tasks whose Jobs of the same deployment have to be complete before, where they are enabled
  needs    what the barrier waits for where the values name nothing
  vault    whether the task keeps secrets that it made, in a second Secret beside its inventory
  teams, sources, targets
           its rights in the namespaces of teams, of sources and of targets; `prune` is what it needs only with that option
*/}}
{{- define "evenkeel.table" -}}
keycloak:
  weight: 10
harbor:
  weight: 20
  after: [keycloak]
  vault: true
  teams:
    rules:
      - {apiGroups: [""], resources: [secrets], resourceNames: [harbor-pullsecret, harbor-pushsecret, harbor-pushsecret-builds], verbs: [get, patch]}
      - {apiGroups: [""], resources: [secrets], verbs: [create]}
      - {apiGroups: [""], resources: [serviceaccounts], resourceNames: [default], verbs: [get, patch]}
    prune:
      - {apiGroups: [""], resources: [secrets], resourceNames: [harbor-pullsecret, harbor-pushsecret, harbor-pushsecret-builds], verbs: [delete]}
copy-certs:
  weight: 40
  after: [keycloak, harbor]
  needs: [tcp://kubernetes.default.svc:443]
  sources:
    rules:
      - {apiGroups: [""], resources: [secrets], verbs: [get, list]}
  targets:
    rules:
      - {apiGroups: [""], resources: [secrets], verbs: [get, list, create, patch]}
    prune:
      - {apiGroups: [""], resources: [secrets], verbs: [delete]}
{{- end -}}

{{/* What the table says of one task. */}}
{{- define "evenkeel.known" -}}
{{- index (include "evenkeel.table" .root | fromYaml) .name | toJson -}}
{{- end -}}

{{/* The names of the enabled tasks, in the order in which they run: a list in JSON. */}}
{{- define "evenkeel.enabled" -}}
{{- $ordered := list -}}
{{- range $name, $known := include "evenkeel.table" . | fromYaml -}}
{{- if (index $.Values.tasks $name).enabled -}}
{{- $ordered = append $ordered (printf "%03d %s" (int64 $known.weight) $name) -}}
{{- end -}}
{{- end -}}
{{- $names := list -}}
{{- range sortAlpha $ordered -}}
{{- $names = append $names (splitList " " . | last) -}}
{{- end -}}
{{- toJson $names -}}
{{- end -}}

{{/* The namespaces of the teams: a list in JSON. */}}
{{- define "evenkeel.teamNamespaces" -}}
{{- $namespaces := list -}}
{{- range .Values.teams -}}
{{- $namespaces = append $namespaces (printf "%s%s" $.Values.teamPrefix .) -}}
{{- end -}}
{{- toJson $namespaces -}}
{{- end -}}

{{/* How a task is run against drift: what the whole chart says, and on top of it what the task says. In JSON. */}}
{{- define "evenkeel.drift" -}}
{{- $own := (index .root.Values.tasks .name).drift -}}
{{- mergeOverwrite (deepCopy .root.Values.drift) (deepCopy $own) | toJson -}}
{{- end -}}
