{{/* The environment of a run: its options, where its values and secrets are, and from where the values may take secrets. */}}
{{- define "evenkeel.environment" -}}
{{- $values := .root.Values -}}
{{- $task := index $values.tasks .name -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- {name: EVENKEEL_TIMEOUT, value: {{ printf "%ds" (int64 $values.deadlines.runSeconds) }}}
- {name: EVENKEEL_VALUES, value: {{ include "evenkeel.valuesFolders" $values | quote }}}
{{- if include "evenkeel.caSource" $values }}
- {name: EVENKEEL_SET, value: {{ printf "platform.caBundle={fromFile: %s}" (include "evenkeel.caFile" $values) | quote }}}
{{- end }}
{{- if eq .command "plan" }}
- {name: EVENKEEL_DETAILED_EXITCODE, value: "true"}
{{- end }}
{{- range $option, $value := $task.options }}
- {name: {{ printf "EVENKEEL_%s" (snakecase $option | upper) }}, value: {{ kindIs "float64" $value | ternary (int64 $value) $value | toString | quote }}}
{{- end }}
# Values decide where secrets go: they may take those that this pod was given, and no others.
- {name: EVENKEEL_SECRETS_FROM_ENV, value: {{ keys $task.secrets.env | sortAlpha | join "," | quote }}}
- {name: EVENKEEL_SECRETS_FROM_FILES, value: {{ include "evenkeel.secretFolders" . | quote }}}
- {name: EVENKEEL_SECRETS_FROM_NAMESPACES, value: {{ include "evenkeel.secretNamespaces" . | quote }}}
{{- range $name, $from := $task.secrets.env }}
- name: {{ $name }}
  valueFrom: {secretKeyRef: {name: {{ $from.secret | quote }}, key: {{ $from.key | quote }}}}
{{- end }}
{{- end -}}

{{- define "evenkeel.valuesFolders" -}}
{{- $folders := list -}}
{{- range $index, $ignored := .layersFrom -}}
{{- $folders = append $folders (printf "/etc/evenkeel/values/%d" $index) -}}
{{- end -}}
{{- if .layers -}}
{{- $folders = append $folders "/etc/evenkeel/values/layers" -}}
{{- end -}}
{{- join ":" $folders -}}
{{- end -}}

{{- define "evenkeel.secretFolders" -}}
{{- $folders := list -}}
{{- range (index .root.Values.tasks .name).secrets.files -}}
{{- $folders = append $folders (printf "/etc/evenkeel/secrets/%s" .) -}}
{{- end -}}
{{- if include "evenkeel.caSource" .root.Values -}}
{{- $folders = append $folders "/etc/evenkeel/ca" -}}
{{- end -}}
{{- join ":" $folders -}}
{{- end -}}

{{/* Those of `fromSecret`, and those from which copies are made: teams by their prefix, as the rules of `copies` name them. */}}
{{- define "evenkeel.secretNamespaces" -}}
{{- $task := index .root.Values.tasks .name -}}
{{- $namespaces := list -}}
{{- range $task.secrets.read -}}
{{- $namespaces = append $namespaces .namespace -}}
{{- end -}}
{{- if (include "evenkeel.known" . | fromJson).sources -}}
{{- $namespaces = concat $namespaces $task.sources -}}
{{- if .root.Values.teams -}}
{{- $namespaces = append $namespaces (printf "%s*" .root.Values.teamPrefix) -}}
{{- end -}}
{{- end -}}
{{- $namespaces | uniq | join "," -}}
{{- end -}}

{{- define "evenkeel.mounts" -}}
{{- $values := .root.Values -}}
- {name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}
{{- range $index, $ignored := $values.layersFrom }}
- {name: values-{{ $index }}, mountPath: /etc/evenkeel/values/{{ $index }}, readOnly: true}
{{- end }}
{{- if $values.layers }}
- {name: layers, mountPath: /etc/evenkeel/values/layers, readOnly: true}
{{- end }}
{{- range $index, $secret := (index $values.tasks .name).secrets.files }}
- {name: secret-{{ $index }}, mountPath: /etc/evenkeel/secrets/{{ $secret }}, readOnly: true}
{{- end }}
{{- if include "evenkeel.caSource" $values }}
- {name: ca, mountPath: /etc/evenkeel/ca, readOnly: true}
{{- end }}
{{- end -}}

{{- define "evenkeel.volumes" -}}
{{- $values := .root.Values -}}
- name: token
  projected:
    sources:
      - serviceAccountToken: {path: token, expirationSeconds: 3600}
      - configMap: {name: kube-root-ca.crt, items: [{key: ca.crt, path: ca.crt}]}
      - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
{{- range $index, $from := $values.layersFrom }}
- name: values-{{ $index }}
  {{- if $from.configMap }}
  configMap: {name: {{ $from.configMap | quote }}}
  {{- else if $from.secret }}
  secret: {secretName: {{ $from.secret | quote }}}
  {{- else }}
  {{- toYaml $from.volume | nindent 2 }}
  {{- end }}
{{- end }}
{{- if $values.layers }}
- name: layers
  configMap: {name: {{ include "evenkeel.fullname" .root }}-values}
{{- end }}
{{- range $index, $secret := (index $values.tasks .name).secrets.files }}
- name: secret-{{ $index }}
  secret: {secretName: {{ $secret | quote }}}
{{- end }}
{{- with $values.ca.configMap }}
- name: ca
  configMap: {name: {{ . | quote }}, items: [{key: {{ $values.ca.key | quote }}, path: {{ $values.ca.key | quote }}}]}
{{- end }}
{{- with $values.ca.secret }}
- name: ca
  secret: {secretName: {{ . | quote }}, items: [{key: {{ $values.ca.key | quote }}, path: {{ $values.ca.key | quote }}}]}
{{- end }}
{{- end -}}
