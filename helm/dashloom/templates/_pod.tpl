{{/*
One pod of the service. Takes a dict: root, block (component's name), values (the block's values), args (list),
roles (for serve, else empty), restartPolicy, configName, serviceAccountName, database (dict existingSecret urlKey),
staticMembership, initMigrations, narratorKey (whether the pod reads the narrator's secret).
*/}}
{{- define "dashloom.podTemplate" -}}
{{- $root := .root -}}
metadata:
  labels:
    {{- include "dashloom.blockLabels" (list $root .block) | nindent 4 }}
    {{- with $root.Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    checksum/config: {{ include "dashloom.toml" (dict "prefix" "" "map" $root.Values.config) | sha256sum }}
    {{- with $root.Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ .serviceAccountName }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  {{- with $root.Values.imagePullSecrets }}
  imagePullSecrets:
    {{- range . }}
    - name: {{ . }}
    {{- end }}
  {{- end }}
  {{- with .restartPolicy }}
  restartPolicy: {{ . }}
  {{- end }}
  {{- with .values.terminationGracePeriodSeconds }}
  terminationGracePeriodSeconds: {{ . }}
  {{- end }}
  {{- with .values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 65532
    runAsGroup: 65532
    fsGroup: 65532
    seccompProfile:
      type: RuntimeDefault
  {{- if .initMigrations }}
  initContainers:
    {{- include "dashloom.container" (dict
          "root" $root "name" "migrate" "args" (concat (list "migrate") $root.Values.migrations.args) "roles" ""
          "resources" $root.Values.migrations.resources "mount" "migrations"
          "urlKey" (get (include "dashloom.migrationsDatabase" $root | fromYaml) "urlKey")) | nindent 4 }}
  {{- end }}
  containers:
    {{- include "dashloom.container" (dict
          "root" $root "name" .block "args" .args "roles" .roles "resources" .values.resources "mount" "database"
          "urlKey" .database.urlKey "staticMembership" .staticMembership
          "narratorKey" (and .narratorKey $root.Values.narrator.existingSecret)) | nindent 4 }}
  volumes:
    - name: config
      configMap:
        name: {{ .configName }}
    - name: database
      secret:
        secretName: {{ .database.existingSecret }}
        defaultMode: 288
    # Results by reference lie here while they are read.
    - name: spool
      emptyDir:
        sizeLimit: {{ $root.Values.spoolSizeLimit }}
    {{- if .initMigrations }}
    - name: migrations
      secret:
        secretName: {{ get (include "dashloom.migrationsDatabase" $root | fromYaml) "existingSecret" }}
        defaultMode: 288
    {{- end }}
    {{- range $name := list "kafka" "objects" }}
    {{- with (get $root.Values $name).existingSecret }}
    - name: {{ $name }}
      secret:
        secretName: {{ . }}
        defaultMode: 288
    {{- end }}
    {{- end }}
    {{- if and .narratorKey $root.Values.narrator.existingSecret }}
    - name: narrator
      secret:
        secretName: {{ $root.Values.narrator.existingSecret }}
        defaultMode: 288
    {{- end }}
    {{- if and (contains "http" .roles) $root.Values.fonts.existingClaim }}
    # Typefaces that exported files are drawn with.
    - name: fonts
      persistentVolumeClaim:
        claimName: {{ $root.Values.fonts.existingClaim }}
        readOnly: true
    {{- end }}
    {{- if and (contains "http" .roles) $root.Values.api.login.existingSecret }}
    - name: login
      secret:
        secretName: {{ $root.Values.api.login.existingSecret }}
        defaultMode: 288
    {{- end }}
  {{- with .values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- if .roles }}
  topologySpreadConstraints:
    {{- if .values.topologySpreadConstraints }}
    {{- toYaml .values.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    {{- range $key := list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ $key }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "dashloom.blockSelectorLabels" (list $root $.block) | nindent 10 }}
    {{- end }}
    {{- end }}
  {{- end }}
{{- end -}}

{{/*
One container of the service. Takes a dict: root, name, args, roles (see dashloom.podTemplate), resources, mount (the
volume with the database's secret), urlKey, staticMembership, narratorKey (whether the narrator's secret is mounted).
*/}}
{{- define "dashloom.container" -}}
{{- $root := .root -}}
{{- include "dashloom.checkObjects" $root -}}
- name: {{ .name }}
  image: {{ include "dashloom.image" $root | quote }}
  imagePullPolicy: {{ $root.Values.image.pullPolicy }}
  args:
    {{- toYaml .args | nindent 4 }}
  env:
    {{- $env := dict
          "DASHLOOM_CONFIG" "/etc/dashloom/dashloom.toml"
          "DATABASE_URL_FILE" (printf "/run/secrets/database/%s" .urlKey) }}
    {{- range $property, $key := $root.Values.kafka.secretProperties }}
    {{- $_ := set $env (printf "DASHLOOM_KAFKA__PROPERTIES__%s_FILE" ($property | replace "." "_" | upper)) (printf "/run/secrets/kafka/%s" $key) }}
    {{- end }}
    {{- range $setting, $key := $root.Values.objects.secretSettings }}
    {{- $_ := set $env (printf "DASHLOOM_OBJECTS__%s_FILE" (upper $setting)) (printf "/run/secrets/objects/%s" $key) }}
    {{- end }}
    {{- if .narratorKey }}
    {{- $_ := set $env "DASHLOOM_NARRATE__API_KEY_FILE" (printf "/run/secrets/narrator/%s" $root.Values.narrator.apiKeyKey) }}
    {{- end }}
    {{- if .roles }}
    {{- $_ := set $env "DASHLOOM_SERVE__ROLES" .roles }}
    {{- $_ := set $env "DASHLOOM_ADMIN__LISTEN" "0.0.0.0:9090" }}
    {{- end }}
    {{- if contains "http" .roles }}
    {{- $_ := set $env "DASHLOOM_HTTP__LISTEN" "0.0.0.0:8080" }}
    {{- if $root.Values.fonts.existingClaim }}
    {{- $_ := set $env "DASHLOOM_EXPORTS__FONTS" "/usr/share/fonts/dashloom" }}
    {{- end }}
    {{- $login := $root.Values.api.login }}
    {{- if or $login.jwksUrl $login.existingSecret }}
    {{- $_ := set $env "DASHLOOM_HTTP__AUTH__ISSUER" $login.issuer }}
    {{- $_ := set $env "DASHLOOM_HTTP__AUTH__AUDIENCE" $login.audience }}
    {{- end }}
    {{- with $login.jwksUrl }}
    {{- $_ := set $env "DASHLOOM_HTTP__AUTH__JWKS_URL" . }}
    {{- end }}
    {{- if $login.existingSecret }}
    {{- $_ := set $env "DASHLOOM_HTTP__AUTH__SECRET_FILE" (printf "/run/secrets/login/%s" $login.secretKey) }}
    {{- end }}
    {{- end }}
    {{- range $name, $value := merge (deepCopy $root.Values.env) $env }}
    - name: {{ $name }}
      value: {{ $value | quote }}
    {{- end }}
    {{- if and .staticMembership (not (hasKey $root.Values.env "DASHLOOM_KAFKA__INSTANCE_ID")) }}
    - name: DASHLOOM_KAFKA__INSTANCE_ID
      valueFrom:
        fieldRef:
          fieldPath: metadata.name
    {{- end }}
  {{- if .roles }}
  ports:
    - name: admin
      containerPort: 9090
      protocol: TCP
    {{- if contains "http" .roles }}
    - name: http
      containerPort: 8080
      protocol: TCP
    {{- end }}
  # The process may wait minutes for its schema; it answers from its first second.
  startupProbe:
    httpGet: { path: /livez, port: admin }
    periodSeconds: 2
    failureThreshold: 30
  # Live while the loops go round; an outage of database or brokers restarts nothing.
  livenessProbe:
    httpGet: { path: /livez, port: admin }
    periodSeconds: 10
    timeoutSeconds: 3
    failureThreshold: 3
  # Ready once the group was joined and an assignment seen, an empty one too.
  readinessProbe:
    httpGet: { path: /readyz, port: admin }
    periodSeconds: 5
    timeoutSeconds: 3
    failureThreshold: 3
  {{- end }}
  securityContext:
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop: [ALL]
  resources:
    {{- toYaml .resources | nindent 4 }}
  volumeMounts:
    - name: config
      mountPath: /etc/dashloom
      readOnly: true
    - name: {{ .mount }}
      mountPath: /run/secrets/database
      readOnly: true
    - name: spool
      mountPath: /tmp
    {{- range $name := list "kafka" "objects" }}
    {{- if (get $root.Values $name).existingSecret }}
    - name: {{ $name }}
      mountPath: /run/secrets/{{ $name }}
      readOnly: true
    {{- end }}
    {{- end }}
    {{- if .narratorKey }}
    - name: narrator
      mountPath: /run/secrets/narrator
      readOnly: true
    {{- end }}
    {{- if and (contains "http" .roles) $root.Values.fonts.existingClaim }}
    - name: fonts
      mountPath: /usr/share/fonts/dashloom
      readOnly: true
    {{- end }}
    {{- if and (contains "http" .roles) $root.Values.api.login.existingSecret }}
    - name: login
      mountPath: /run/secrets/login
      readOnly: true
    {{- end }}
{{- end -}}
