{{/* The Jobs of this deployment that one task waits for: a list of names in JSON. */}}
{{- define "evenkeel.jobsBefore" -}}
{{- $root := .root -}}
{{- $enabled := include "evenkeel.enabled" $root | fromJsonArray -}}
{{- $before := list -}}
{{- if $root.Values.jobs.enabled -}}
{{- range (include "evenkeel.known" . | fromJson).after -}}
{{- if has . $enabled -}}
{{- $before = append $before (include "evenkeel.jobName" (dict "root" $root "name" .)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $before -}}
{{- end -}}

{{/* A Job of one task. `command` is apply, plan or check; `backoffLimit` how often another pod tries; `run` what the pod is for. */}}
{{- define "evenkeel.jobOf" -}}
backoffLimit: {{ int64 .backoffLimit }}
activeDeadlineSeconds: {{ int64 .root.Values.deadlines.jobSeconds }}
podFailurePolicy:
  rules:
    # A node that goes away is no failure of the task.
    - action: Ignore
      onPodConditions:
        - {type: DisruptionTarget, status: "True"}
    # What lasts until somebody changes something (docs/exit-codes.md).
    - action: FailJob
      onExitCodes: {containerName: barrier, operator: In, values: [64, 65, 77, 78]}
    - action: FailJob
      onExitCodes: {containerName: run, operator: In, values: [{{ if ne .command "apply" }}2, {{ end }}64, 65, 77, 78]}
template:
  {{- include "evenkeel.pod" . | nindent 2 }}
{{- end -}}

{{/* The Job of a task at a deployment. */}}
{{- define "evenkeel.jobSpec" -}}
{{- $before := include "evenkeel.jobsBefore" . | fromJsonArray -}}
{{- include "evenkeel.jobOf" (dict "root" .root "name" .name "run" "deployment" "command" "apply" "after" $before "backoffLimit" .root.Values.jobs.backoffLimit) -}}
{{- end -}}

{{/*
A schedule in which `~` stands for a minute or an hour of the release's own: it follows from namespace, release and task, so that the load is
spread and each rendering is the same.
*/}}
{{- define "evenkeel.schedule" -}}
{{- $seed := printf "%s/%s/%s" .root.Release.Namespace .root.Release.Name .name | adler32sum | int64 -}}
{{- $fields := splitList " " .schedule -}}
{{- $minute := index $fields 0 | replace "~" (mod $seed 60 | toString) -}}
{{- $hour := index $fields 1 | replace "~" (mod (div $seed 60) 24 | toString) -}}
{{- concat (list $minute $hour) (slice $fields 2) | join " " -}}
{{- end -}}
