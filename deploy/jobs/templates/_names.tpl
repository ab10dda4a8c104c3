{{/*
What everything of this release is called. At most 40 characters, so that each suffix (a task, a hash) is kept in full and still fits into
the 52 characters of a CronJob and the 63 of everything else; a longer name ends in a digest of the whole.
*/}}
{{- define "evenkeel.fullname" -}}
{{- $name := .Values.fullnameOverride -}}
{{- if not $name -}}
{{- $name = contains "evenkeel" .Release.Name | ternary .Release.Name (printf "%s-evenkeel" .Release.Name) -}}
{{- end -}}
{{- if gt (len $name) 40 -}}
{{- $name = printf "%s-%s" (trunc 31 $name | trimSuffix "-") (sha256sum $name | trunc 8) -}}
{{- end -}}
{{- $name -}}
{{- end -}}

{{/* What belongs to one task: ServiceAccount, CronJob, NetworkPolicy, test, and in mode helm the Job. */}}
{{- define "evenkeel.taskName" -}}
{{- printf "%s-%s" (include "evenkeel.fullname" .root) .name -}}
{{- end -}}

{{/*
A Job cannot be changed. In mode helm the hook makes it anew; elsewhere its name carries a digest of all that it runs with, so that a
change makes another Job, and no change makes none.
*/}}
{{- define "evenkeel.jobName" -}}
{{- $name := include "evenkeel.taskName" . -}}
{{- if eq .root.Values.mode "helm" -}}
{{- $name -}}
{{- else -}}
{{- $runsWith := dict "job" (include "evenkeel.jobSpec" .) "layers" .root.Values.layers "revision" .root.Values.revision -}}
{{- printf "%s-%s" $name (toJson $runsWith | sha256sum | trunc 8) -}}
{{- end -}}
{{- end -}}

{{- define "evenkeel.serviceAccount" -}}
{{- (index .root.Values.tasks .name).serviceAccount | default (include "evenkeel.taskName" .) -}}
{{- end -}}

{{/* Roles stand in namespaces of others too, where other releases may have the same name. */}}
{{- define "evenkeel.roleName" -}}
{{- printf "%s-%s" .root.Release.Namespace (include "evenkeel.taskName" .) -}}
{{- end -}}

{{- define "evenkeel.inventoryNamespace" -}}
{{- .Values.inventory.namespace | default .Release.Namespace -}}
{{- end -}}

{{/* What selects the pods of one task, of this release. */}}
{{- define "evenkeel.selectorLabels" -}}
app.kubernetes.io/name: evenkeel
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .name }}
{{- end -}}

{{/* No version of the chart among them: it would start Jobs that have nothing to do. */}}
{{- define "evenkeel.labels" -}}
{{ include "evenkeel.selectorLabels" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
{{- end -}}
