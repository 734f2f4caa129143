/** What the benchmark of synthesis synthesizes: platforms of many models, each with the objects that serving a model takes. */
import { ApiObject, App, Chart } from 'cdk8s';

/** Objects of a model. */
export const OBJECTS_PER_MODEL = 12;

/** A dashboard as Grafana exports it, 30 kB of JSON in one text. */
const DASHBOARD_PANELS = 51;

/** One platform: a chart a model. */
export interface Platform {
  readonly models: number;
  /** Whether each model has a ConfigMap with a dashboard of 30 kB. */
  readonly dashboards: boolean;
  /** Whether each chart waits for the one before it. */
  readonly chain?: boolean;
}

/** What differs between models. */
export interface BenchModel {
  readonly name: string;
  readonly team: string;
  readonly replicas: number;
}

/** The models of a platform. */
export function modelsOf({ models }: Platform): BenchModel[] {
  return Array.from({ length: models }, (_, i) => ({ name: `model-${i}`, team: `team-${i % 25}`, replicas: 2 + i % 4 }));
}

/** Adds the charts of a platform to an app. */
export function addCharts(app: App, platform: Platform): void {
  let before: Chart | undefined;
  for (const model of modelsOf(platform)) {
    const chart = addChart(app, model, platform.dashboards);
    if (platform.chain && before) { chart.addDependency(before); }
    before = chart;
  }
}

/** Adds the chart of one model. */
export function addChart(app: App, model: BenchModel, dashboards: boolean): Chart {
  const chart = new Chart(app, model.name, { namespace: model.team });
  for (const [id, object] of Object.entries(objectsOf(model, dashboards))) { new ApiObject(chart, id, object); }
  return chart;
}

/** The objects of one model by construct id. */
export function objectsOf({ name, team, replicas }: BenchModel, dashboards: boolean): { [id: string]: any } {
  const labels = { 'app.kubernetes.io/name': name, 'app.kubernetes.io/managed-by': 'platform', 'app.kubernetes.io/version': '1.14.2', team };
  const metadata = (extra = {}) => ({ name, labels, ...extra });
  const selector = { matchLabels: { 'app.kubernetes.io/name': name } };
  const data: { [file: string]: string } = { 'server.yaml': SERVER_CONFIG, 'chat-template.jinja': CHAT_TEMPLATE };
  if (dashboards) { data['dashboard.json'] = dashboard(name); }
  return {
    ServiceAccount: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: metadata(), automountServiceAccountToken: false },
    Config: { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(), data },
    Deployment: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: metadata(), spec: deploymentSpec(name, labels, selector, replicas) },
    Service: {
      apiVersion: 'v1', kind: 'Service', metadata: metadata(), spec: {
        type: 'ClusterIP',
        selector: selector.matchLabels,
        ports: [
          { name: 'http', port: 80, targetPort: 'http', protocol: 'TCP', appProtocol: 'http' },
          { name: 'metrics', port: 9090, targetPort: 'metrics', protocol: 'TCP' },
        ],
      },
    },
    Budget: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata: metadata(), spec: { maxUnavailable: 1, selector, unhealthyPodEvictionPolicy: 'AlwaysAllow' } },
    Autoscaler: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: metadata(), spec: autoscalerSpec(name) },
    Ingress: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: metadata({ name: `${name}-ingress` }), spec: ingressSpec(selector) },
    Egress: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: metadata({ name: `${name}-egress` }), spec: egressSpec(selector) },
    Claim: {
      apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: metadata({ annotations: { 'helm.sh/resource-policy': 'keep' } }),
      spec: { accessModes: ['ReadWriteMany'], storageClassName: 'fsx-lustre', resources: { requests: { storage: '240Gi' } } },
    },
    Monitor: {
      apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', metadata: metadata(), spec: {
        selector,
        podMetricsEndpoints: [{
          port: 'metrics',
          interval: '15s',
          relabelings: [{ sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: 'node' }],
          metricRelabelings: [{ action: 'drop', regex: '(python_gc_.*|process_open_fds)', sourceLabels: ['__name__'] }],
        }],
      },
    },
    Alerts: { apiVersion: 'monitoring.coreos.com/v1', kind: 'PrometheusRule', metadata: metadata(), spec: { groups: [{ name: `${name}.rules`, interval: '30s', rules: alerts(name) }] } },
    Route: {
      apiVersion: 'gateway.networking.k8s.io/v1', kind: 'HTTPRoute', metadata: metadata(), spec: {
        hostnames: [`${name}.models.example.com`],
        parentRefs: [{ name: 'public', namespace: 'gateways', sectionName: 'https' }],
        rules: [{
          matches: [{ path: { type: 'PathPrefix', value: '/v1/' } }],
          timeouts: { request: '620s', backendRequest: '610s' },
          backendRefs: [{ name, port: 80, weight: 100 }],
        }],
      },
    },
  };
}

function deploymentSpec(name: string, labels: object, selector: object, replicas: number): object {
  const env = [
    ['VLLM_LOGGING_LEVEL', 'INFO'], ['HF_HUB_OFFLINE', '1'], ['NCCL_DEBUG', 'WARN'], ['TORCHINDUCTOR_CACHE_DIR', '/cache/inductor'], ['VLLM_NO_USAGE_STATS', '1'],
    ['OTEL_SERVICE_NAME', name], ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://otel-collector.observability.svc:4317'], ['OMP_NUM_THREADS', '8'],
  ].map(([key, value]) => ({ name: key, value }));
  const security = { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, readOnlyRootFilesystem: true, runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
  const probe = (path: string, failures: number) => ({ httpGet: { path, port: 'http', scheme: 'HTTP' }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: failures });
  return {
    replicas,
    revisionHistoryLimit: 3,
    progressDeadlineSeconds: 3600,
    selector,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
    template: {
      metadata: { labels, annotations: { 'prometheus.io/scrape': 'false', 'checksum/config': 'f1a0b2c3d4e5f60718293a4b5c6d7e8f' } },
      spec: {
        serviceAccountName: name,
        automountServiceAccountToken: false,
        terminationGracePeriodSeconds: 640,
        priorityClassName: 'inference',
        nodeSelector: { 'karpenter.sh/nodepool': 'h100', 'kubernetes.io/arch': 'amd64' },
        tolerations: [{ key: 'nvidia.com/gpu', operator: 'Exists', effect: 'NoSchedule' }],
        topologySpreadConstraints: [{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: selector }],
        securityContext: { fsGroup: 10001, runAsGroup: 10001, runAsUser: 10001, runAsNonRoot: true },
        volumes: [
          { name: 'weights', persistentVolumeClaim: { claimName: name, readOnly: true } },
          { name: 'shm', emptyDir: { medium: 'Memory', sizeLimit: '16Gi' } },
          { name: 'tmp', emptyDir: {} },
          { name: 'config', configMap: { name, defaultMode: 0o440 } },
        ],
        containers: [{
          name: 'server',
          image: 'registry.example.com/inference/vllm-openai:v0.14.0@sha256:2b1f5b1f4c3d2e1f0a9b8c7d6e5f40312233445566778899aabbccddeeff0011',
          imagePullPolicy: 'IfNotPresent',
          args: ['--model=/weights', `--served-model-name=${name}`, '--tensor-parallel-size=8', '--max-model-len=16384', '--gpu-memory-utilization=0.9', '--enable-prefix-caching', '--port=8000'],
          env,
          ports: [{ name: 'http', containerPort: 8000, protocol: 'TCP' }, { name: 'metrics', containerPort: 9090, protocol: 'TCP' }],
          resources: { requests: { 'cpu': '16', 'memory': '180Gi', 'nvidia.com/gpu': 8 }, limits: { 'memory': '180Gi', 'nvidia.com/gpu': 8 } },
          startupProbe: probe('/health', 180),
          readinessProbe: probe('/health', 3),
          livenessProbe: probe('/health', 6),
          lifecycle: { preStop: { sleep: { seconds: 20 } } },
          securityContext: security,
          volumeMounts: [
            { name: 'weights', mountPath: '/weights', readOnly: true },
            { name: 'shm', mountPath: '/dev/shm' },
            { name: 'tmp', mountPath: '/tmp' },
            { name: 'config', mountPath: '/etc/server', readOnly: true },
          ],
        }, {
          name: 'gate',
          image: 'registry.example.com/inference/gate:1.8.1',
          args: ['--listen=:8443', '--upstream=http://127.0.0.1:8000', `--audience=${name}`],
          env: [{ name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }, { name: 'CLIENT_SECRET', valueFrom: { secretKeyRef: { name: 'gate', key: 'client-secret' } } }],
          ports: [{ name: 'https', containerPort: 8443, protocol: 'TCP' }],
          resources: { requests: { cpu: '500m', memory: '256Mi' }, limits: { memory: '256Mi' } },
          securityContext: security,
        }],
      },
    },
  };
}

function autoscalerSpec(name: string): object {
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas: 2,
    maxReplicas: 12,
    metrics: [
      { type: 'Pods', pods: { metric: { name: 'requests_waiting' }, target: { type: 'AverageValue', averageValue: '4' } } },
      { type: 'Pods', pods: { metric: { name: 'kv_cache_usage' }, target: { type: 'AverageValue', averageValue: '800m' } } },
    ],
    behavior: {
      scaleUp: { stabilizationWindowSeconds: 60, policies: [{ type: 'Pods', value: 2, periodSeconds: 120 }] },
      scaleDown: { stabilizationWindowSeconds: 1800, policies: [{ type: 'Pods', value: 1, periodSeconds: 600 }] },
    },
  };
}

function ingressSpec(podSelector: object): object {
  const from = (namespace: string) => [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } } }];
  return {
    podSelector,
    policyTypes: ['Ingress'],
    ingress: [{ from: from('gateways'), ports: [{ port: 8443, protocol: 'TCP' }] }, { from: from('monitoring'), ports: [{ port: 9090, protocol: 'TCP' }] }],
  };
}

function egressSpec(podSelector: object): object {
  return {
    podSelector,
    policyTypes: ['Egress'],
    egress: [
      { to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } }, podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }], ports: [{ port: 53, protocol: 'UDP' }, { port: 53, protocol: 'TCP' }] },
      { to: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.96.0.0/12'] } }], ports: [{ port: 443, protocol: 'TCP' }] },
    ],
  };
}

function alerts(name: string): object[] {
  const rules: [string, string, string, string][] = [
    ['SlowFirstToken', `histogram_quantile(0.95, sum by (le) (rate(first_token_seconds_bucket{model="${name}"}[5m]))) > 0.8`, '10m', 'Users wait {{ $value | humanizeDuration }} for their first token'],
    ['SlowTokens', `histogram_quantile(0.95, sum by (le) (rate(output_token_seconds_bucket{model="${name}"}[5m]))) > 0.05`, '10m', 'Tokens come {{ $value | humanizeDuration }} apart'],
    ['QueueGrows', `sum(requests_waiting{model="${name}"}) > 64`, '5m', 'More requests wait than a batch holds: scale up, or shed load'],
    ['CacheFull', `max by (pod) (kv_cache_usage{model="${name}"}) > 0.97`, '15m', 'Requests are preempted, since the cache has no room'],
    ['Errors', `sum(rate(requests_total{model="${name}",code=~"5.."}[5m])) / sum(rate(requests_total{model="${name}"}[5m])) > 0.01`, '5m', 'More than 1 % of all requests fail'],
    ['Down', `absent(up{model="${name}"} == 1)`, '5m', 'No replica answers'],
  ];
  return ['ticket', 'page'].flatMap((severity) => rules.map(([alert, expr, duration, summary]) => ({
    alert: `Model${alert}`,
    expr,
    for: duration,
    labels: { severity, model: name },
    annotations: { summary: `${name}: ${summary}`, runbook_url: `https://runbooks.example.com/models/${alert}` },
  })));
}

const SERVER_CONFIG = `# Settings that a restart applies.
listen: 0.0.0.0:8000
log:
  level: info
  format: json
limits:
  requests_per_second: 50
  prompt_tokens: 15000
  output_tokens: 1384
  concurrent: 256
cors:
  origins: ["https://chat.example.com", "https://studio.example.com"]
  methods: [GET, POST]
tracing:
  ratio: 0.05
  headers: true
`;

const CHAT_TEMPLATE = `{%- if messages[0]['role'] == 'system' %}
  {%- set system = messages[0]['content'] %}
  {%- set turns = messages[1:] %}
{%- else %}
  {%- set turns = messages %}
{%- endif %}
{%- if tools %}
  {{- '<|system|>\\n# Tools\\n\\nYou may call one or more of these functions. Answer with JSON alone:\\n' }}
  {%- for tool in tools %}
    {{- tool | tojson(indent=2) }}
    {{- '\\n' }}
  {%- endfor %}
  {{- '<|end|>\\n' }}
{%- endif %}
{%- if system is defined %}
  {{- '<|system|>\\n' + system | trim + '<|end|>\\n' }}
{%- endif %}
{%- for message in turns %}
  {%- if message['role'] == 'tool' %}
    {%- if loop.first or turns[loop.index0 - 1]['role'] != 'tool' %}
      {{- '<|user|>' }}
    {%- endif %}
    {{- '\\n<tool_response>\\n' + message['content'] + '\\n</tool_response>' }}
    {%- if loop.last or turns[loop.index0 + 1]['role'] != 'tool' %}
      {{- '<|end|>\\n' }}
    {%- endif %}
    {%- continue %}
  {%- endif %}
  {%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
    {{- raise_exception('roles must alternate: user, assistant, user, assistant') }}
  {%- endif %}
  {%- if message['role'] == 'user' %}
    {{- '<|user|>\\n' + message['content'] | trim + '<|end|>\\n' }}
  {%- else %}
    {{- '<|assistant|>\\n' + message['content'] | trim + '<|end|>\\n' }}
  {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
  {{- '<|assistant|>\\n' }}
{%- endif %}
`;

function dashboard(name: string): string {
  const panels = Array.from({ length: DASHBOARD_PANELS }, (_, id) => ({
    id,
    type: 'timeseries',
    title: `Latency of ${name}, quantile ${id}`,
    gridPos: { h: 8, w: 12, x: 12 * (id % 2), y: 8 * Math.floor(id / 2) },
    datasource: { type: 'prometheus', uid: '$' + '{datasource}' },
    fieldConfig: { defaults: { unit: 's', custom: { lineWidth: 1, fillOpacity: 10 } }, overrides: [] },
    targets: [{ refId: 'A', expr: `histogram_quantile(0.${id + 10}, sum by (le) (rate(first_token_seconds_bucket{model="${name}"}[5m])))`, legendFormat: '{{ pod }}' }],
  }));
  return `${JSON.stringify({ title: name, schemaVersion: 39, time: { from: 'now-6h', to: 'now' }, panels }, null, 1)}\n`;
}
