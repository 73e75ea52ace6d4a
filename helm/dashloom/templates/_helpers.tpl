{{/* The prefix of every object's name. */}}
{{- define "dashloom.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- $name := default .Chart.Name .Values.nameOverride -}}
{{- if contains $name .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What pods of this release are known by; never changes over a release's life. */}}
{{- define "dashloom.selectorLabels" -}}
app.kubernetes.io/name: {{ default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{- define "dashloom.labels" -}}
{{ include "dashloom.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "dashloom.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ default .Chart.AppVersion .Values.image.tag }}
{{- end -}}
{{- end -}}

{{- define "dashloom.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "dashloom.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{/* A setting of config.kafka, else the service's own default. Takes (list root key default). */}}
{{- define "dashloom.kafkaSetting" -}}
{{- $root := index . 0 -}}
{{- $kafka := default dict $root.Values.config.kafka -}}
{{- default (index . 2) (get $kafka (index . 1)) -}}
{{- end -}}

{{/*
config as TOML, one line a setting, keys quoted and in order. Helm's own toToml writes whole numbers as floats; JSON
scalars and lists are valid TOML. Takes (dict prefix map).
*/}}
{{- define "dashloom.toml" -}}
{{- $prefix := .prefix -}}
{{- range $key := keys .map | sortAlpha -}}
{{- $value := get $.map $key -}}
{{- $path := ternary (toJson $key) (printf "%s.%s" $prefix (toJson $key)) (eq $prefix "") -}}
{{- if kindIs "map" $value -}}
{{- include "dashloom.toml" (dict "prefix" $path "map" $value) -}}
{{- else if not (kindIs "invalid" $value) -}}
{{ $path }} = {{ toRawJson $value }}
{{ end -}}
{{- end -}}
{{- end -}}

{{/* Which secret the migrations read their URL from, as YAML. */}}
{{- define "dashloom.migrationsDatabase" -}}
{{- if .Values.migrations.existingSecret -}}
{{ pick .Values.migrations "existingSecret" "urlKey" | toYaml }}
{{- else -}}
{{ .Values.database | toYaml }}
{{- end -}}
{{- end -}}

{{/* Readable labels that also tell a block's pods from the others'. Takes (list root block). */}}
{{- define "dashloom.blockSelectorLabels" -}}
{{ include "dashloom.selectorLabels" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{- define "dashloom.blockLabels" -}}
{{ include "dashloom.labels" (index . 0) }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end -}}

{{/* The most replicas that can have work: never more than partitions. */}}
{{- define "dashloom.consumerMaxReplicas" -}}
{{- min (int .Values.consumer.autoscaling.maxReplicas) (int .Values.consumer.partitions) -}}
{{- end -}}

{{/* What values.schema.json cannot say; every template that depends on it includes this. */}}
{{- define "dashloom.checkConsumer" -}}
{{- $consumer := .Values.consumer -}}
{{- $scaling := $consumer.autoscaling -}}
{{- if and (eq $consumer.kind "StatefulSet") (eq $scaling.mode "keda") -}}
{{- fail "consumer.autoscaling.mode: keda does not go with consumer.kind: StatefulSet, whose members keep their partitions; use hpa, none, or a Deployment" -}}
{{- end -}}
{{- if and (eq $scaling.mode "none") (gt (int $consumer.replicas) (int $consumer.partitions)) -}}
{{- fail (printf "consumer.replicas: %d exceeds consumer.partitions: %d, the rest would idle; lower the one or raise the other with the topic" (int $consumer.replicas) (int $consumer.partitions)) -}}
{{- end -}}
{{- if gt (int $scaling.minReplicas) (int (include "dashloom.consumerMaxReplicas" .)) -}}
{{- fail "consumer.autoscaling.minReplicas exceeds maxReplicas or consumer.partitions" -}}
{{- end -}}
{{- end -}}

{{/* Without a login the service does not start beyond loopback: said here rather than by a pod that restarts. */}}
{{- define "dashloom.checkLogin" -}}
{{- $login := .Values.api.login -}}
{{- $own := dig "http" "auth" dict .Values.config -}}
{{- if and $login.jwksUrl $login.existingSecret -}}
{{- fail "api.login: jwksUrl and existingSecret exclude each other" -}}
{{- end -}}
{{- if not (or $login.jwksUrl $login.existingSecret $own) -}}
{{- fail "api.login: set issuer, and jwksUrl or existingSecret; the API does not start beyond loopback without a login" -}}
{{- end -}}
{{- if and (or $login.jwksUrl $login.existingSecret) (not $login.issuer) -}}
{{- fail "api.login.issuer: name whose tokens are taken" -}}
{{- end -}}
{{- end -}}

{{/* Keys of a secret need a secret. */}}
{{- define "dashloom.checkObjects" -}}
{{- if and .Values.objects.secretSettings (not .Values.objects.existingSecret) -}}
{{- fail "objects.secretSettings names keys of a secret, but objects.existingSecret names no secret; name it" -}}
{{- end -}}
{{- end -}}
