{{/*
The one template of every pod: of Jobs, CronJobs and tests. `command` is what the task does, `after` the Jobs that have to be complete
before, `run` what the pod is for.
*/}}
{{- define "evenkeel.pod" -}}
{{- $values := .root.Values -}}
metadata:
  labels:
    {{- include "evenkeel.selectorLabels" . | nindent 4 }}
    evenkeel.dev/run: {{ .run }}
    {{- if not $values.meshSidecars }}
    sidecar.istio.io/inject: "false"
    {{- end }}
    {{- with $values.pod.labels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: run
    {{- if not $values.meshSidecars }}
    linkerd.io/inject: disabled
    {{- end }}
    {{- with $values.pod.annotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  restartPolicy: Never
  serviceAccountName: {{ include "evenkeel.serviceAccount" . | quote }}
  # Mounted below, where it is used.
  automountServiceAccountToken: false
  enableServiceLinks: false
  # A run that is stopped finishes its write and reports: 15 seconds at most.
  terminationGracePeriodSeconds: 30
  securityContext:
    runAsNonRoot: true
    seccompProfile: {type: RuntimeDefault}
  {{- with include "evenkeel.placement" $values | trim }}
  {{- . | nindent 2 }}
  {{- end }}
  initContainers:
    - name: barrier
      {{- include "evenkeel.container" (dict "root" .root "resources" $values.barrierResources) | nindent 6 }}
      args: {{ include "evenkeel.barrierArguments" . }}
      env:
        - {name: EVENKEEL_TIMEOUT, value: {{ printf "%ds" (int64 $values.deadlines.barrierSeconds) }}}
        - {name: EVENKEEL_CONFIRMATIONS, value: {{ $values.barrier.confirmations | int64 | toString | quote }}}
        {{- if include "evenkeel.caSource" $values }}
        - {name: EVENKEEL_CA_FILE, value: {{ include "evenkeel.caFile" $values }}}
        {{- end }}
        {{- include "evenkeel.sharedEnvironment" $values | nindent 8 }}
      {{- $mounts := list -}}
      {{- if include "evenkeel.asksTheCluster" . }}
      {{- $mounts = append $mounts (dict "name" "token" "mountPath" "/var/run/secrets/kubernetes.io/serviceaccount" "readOnly" true) -}}
      {{- end }}
      {{- if include "evenkeel.caSource" $values }}
      {{- $mounts = append $mounts (dict "name" "ca" "mountPath" "/etc/evenkeel/ca" "readOnly" true) -}}
      {{- end }}
      {{- with $mounts }}
      volumeMounts:
        {{- toYaml . | nindent 8 }}
      {{- end }}
  containers:
    - name: run
      {{- include "evenkeel.container" (dict "root" .root "resources" $values.resources) | nindent 6 }}
      args: [{{ .name }}, {{ .command }}]
      env:
        {{- include "evenkeel.environment" . | nindent 8 }}
        {{- include "evenkeel.sharedEnvironment" $values | nindent 8 }}
      volumeMounts:
        {{- include "evenkeel.mounts" . | nindent 8 }}
  volumes:
    {{- include "evenkeel.volumes" . | nindent 4 }}
{{- end -}}

{{/* What both containers have. The image's entry point is `evenkeel`. */}}
{{- define "evenkeel.container" -}}
{{- $image := .root.Values.image -}}
image: {{ empty $image.digest | ternary (printf "%s:%s" $image.repository $image.tag) (printf "%s@%s" $image.repository $image.digest) | quote }}
imagePullPolicy: {{ $image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  runAsNonRoot: true
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
  seccompProfile: {type: RuntimeDefault}
resources:
  {{- toYaml .resources | nindent 2 }}
{{- end -}}

{{/* Where the pod runs, and how it finds names. */}}
{{- define "evenkeel.placement" -}}
{{- with .imagePullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . | quote }}
  {{- end }}
{{- end }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "priorityClassName" "dnsPolicy" "dnsConfig" "hostAliases" }}
{{- with index $.pod $field }}
{{ $field }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end -}}

{{/* What the barrier waits for: what the values name, and the Jobs before this one. */}}
{{- define "evenkeel.targets" -}}
{{- $namespace := .root.Release.Namespace -}}
{{- $known := include "evenkeel.known" . | fromJson -}}
{{- $targets := (index .root.Values.tasks .name).waitFor | default ($known.needs | default list) -}}
{{- range .after -}}
{{- $targets = append $targets (printf "kubernetes:job/%s/%s" $namespace .) -}}
{{- end -}}
{{- toJson $targets -}}
{{- end -}}

{{- define "evenkeel.barrierArguments" -}}
{{- concat (list "wait-for") (include "evenkeel.targets" . | fromJsonArray) | toJson -}}
{{- end -}}

{{/* Something, where the barrier needs the token. */}}
{{- define "evenkeel.asksTheCluster" -}}
{{- range include "evenkeel.targets" . | fromJsonArray -}}
{{- if hasPrefix "kubernetes:" . -}}yes{{- end -}}
{{- end -}}
{{- end -}}

{{- define "evenkeel.caSource" -}}
{{- .ca.configMap | default .ca.secret -}}
{{- end -}}

{{- define "evenkeel.caFile" -}}
{{- printf "/etc/evenkeel/ca/%s" .ca.key -}}
{{- end -}}

{{- define "evenkeel.sharedEnvironment" -}}
- {name: EVENKEEL_LOG_FORMAT, value: {{ .log.format }}}
- {name: EVENKEEL_OUTPUT, value: {{ .output }}}
- {name: RUST_LOG, value: {{ .log.level | quote }}}
{{- range $name, $value := .env }}
- {name: {{ $name }}, value: {{ toRawJson $value }}}
{{- end }}
{{- end -}}
