import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { describedHealthRoutes } from '../../src/api/health.ts';
import { createMetrics } from '../../src/api/metrics.ts';
import { loadConfig } from '../../src/cli/config.ts';
import { temporaryDirectory } from '../../src/testing/store-engines.ts';
import { chartManifests, comparable, kustomizeManifests } from '../../tools/deploy/manifests.ts';
import { absolutePath, filesLike, textOf } from './tree.ts';

const root = resolve(import.meta.dirname, '../..');
const { version } = JSON.parse(textOf('package.json')) as { version: string };
const manifests = kustomizeManifests(join(root, 'deploy/kubernetes'));

interface Container {
  readonly image: string;
  readonly env: readonly {
    readonly name: string;
    readonly valueFrom?: { readonly resourceFieldRef?: object };
  }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly [probe: `${string}Probe`]: { readonly httpGet: { readonly path: string; readonly port: string } };
}

interface Pod {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly containers: readonly Container[];
    readonly volumes: readonly { readonly name: string }[];
  };
}

/** The parts of a `spec` that are compared. Each kind has some of them. */
interface Spec {
  readonly template: Pod;
  readonly selector: { readonly matchLabels?: object };
  readonly podSelector: { readonly matchLabels: object };
  readonly egress: readonly { readonly ports: readonly object[] }[];
}

function specOf(kind: string): Spec {
  const found = manifests.find((one) => one.kind === kind) ?? assert.fail(`no ${kind}`);
  return (found as unknown as { spec: Spec }).spec;
}

const { template: pod } = specOf('Deployment');
const [container = assert.fail()] = pod.spec.containers;

test('the Helm chart makes the objects of the Kustomize manifests', () => {
  assert.deepEqual(comparable(chartManifests(root)), comparable(manifests));
});

test('the Helm chart takes more variables, files and ports', () => {
  const [env, volume, port] = [{ name: 'A', value: 'b' }, { name: 'ca' }, { protocol: 'TCP', port: 3128 }];
  const given = { extraEnv: [env], extraEnvFrom: [{}], extraVolumes: [volume], extraVolumeMounts: [volume] };
  const made = chartManifests(root, { ...given, egressPorts: [port] }) as unknown as { spec?: Spec }[];
  const { containers, volumes } =
    made.find(({ spec }) => spec?.template)?.spec?.template.spec ?? assert.fail();
  assert.deepEqual(containers, [
    {
      ...container,
      env: [...container.env, env],
      envFrom: [{}],
      volumeMounts: [...container.volumeMounts, volume],
    },
  ]);
  assert.deepEqual(volumes, [...pod.spec.volumes, volume]);
  const policy = made.find(({ spec }) => spec?.podSelector)?.spec ?? assert.fail();
  assert.deepEqual(policy.egress.at(-1)?.ports, [port]);
});

test('all selectors of the manifests match the pods', () => {
  const selectors = [
    specOf('Deployment').selector.matchLabels,
    specOf('Service').selector,
    specOf('PodDisruptionBudget').selector.matchLabels,
    specOf('NetworkPolicy').podSelector.matchLabels,
  ];
  for (const selector of selectors) assert.deepEqual(selector, pod.metadata.labels);
});

test('the pods are restricted, and their probes and ports are those of the server', () => {
  const { runAsNonRoot, seccompProfile } = pod.spec.securityContext;
  assert.deepEqual([runAsNonRoot, seccompProfile], [true, { type: 'RuntimeDefault' }]);
  assert.deepEqual(container.securityContext, {
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ['ALL'] },
  });
  const routes = describedHealthRoutes().map(({ path }) => path);
  for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'] as const) {
    const { path, port } = container[probe]?.httpGet ?? assert.fail(probe);
    assert.ok(routes.includes(path), path);
    assert.equal(container.ports.find(({ name }) => name === port)?.containerPort, 6061);
  }
  assert.deepEqual(
    container.volumeMounts.map(({ name }) => name),
    pod.spec.volumes.map(({ name }) => name),
  );
});

test('the configurations and variables of the manifests are settings', (t) => {
  const { data } = manifests.find(({ kind }) => kind === 'ConfigMap') as unknown as {
    data: Record<string, string>;
  };
  const file = join(temporaryDirectory(t), 'config.yaml');
  writeFileSync(file, data['config.yaml'] ?? '');
  const compose = parse(textOf('deploy/compose/compose.yaml')) as {
    services: { clair: { environment: Record<string, string> } };
  };
  const env = {
    ...Object.fromEntries(
      container.env.map(({ name, valueFrom }) => [name, valueFrom?.resourceFieldRef ? '1' : 'text']),
    ),
    ...compose.services.clair.environment,
  };
  for (const config of [file, absolutePath('deploy/compose/config.yaml')])
    assert.equal(
      loadConfig({ config }, env, { onUnknownVariables: (names) => assert.fail(names.join()) }).database.type,
      'pgsql',
    );
});

test('several pods share the keys of pages and of sessions', () => {
  const names = container.env.map(({ name }) => name);
  for (const name of ['CLAIR_API_PAGINATIONKEY', 'CLAIR_API_SESSION_KEY'])
    assert.ok(names.includes(name), name);
});

test('all files name the package and the image of this version', () => {
  const texts = filesLike('README.md', 'docs/*.md', 'deploy/**/*.y{a,}ml', 'examples/**/*.yml').filter(
    ({ path }) => path !== 'docs/releasing.md',
  );
  const named = texts.flatMap(({ path, text }) =>
    Array.from(text.matchAll(/\bclair(?:-ts-|-image:|:)(\d+\.\d+\.\d+)/g), ([, one]) => `${path} ${one}`),
  );
  assert.ok(named.length >= 20, `only ${named.length} versions were found`);
  assert.deepEqual(
    named.filter((one) => !one.endsWith(` ${version}`)),
    [],
  );
  const chart = parse(textOf('deploy/helm/clair/Chart.yaml')) as Record<string, string>;
  assert.deepEqual([chart['version'], chart['appVersion']], [version, version]);
});

test('the dashboard and the alerts use metrics and labels that the server has', async () => {
  const labels = labelsByMetric(await sampleMetrics());
  const { panels } = JSON.parse(textOf('deploy/grafana/clair.json')) as {
    panels: { targets: { expr: string }[] }[];
  };
  const { groups } = parse(textOf('deploy/prometheus/alerts.yaml')) as {
    groups: { rules: { expr: string }[] }[];
  };
  const expressions = [
    ...panels.flatMap(({ targets }) => targets),
    ...groups.flatMap(({ rules }) => rules),
  ].map(({ expr }) => expr);
  assert.ok(expressions.length > 20);
  for (const expression of expressions) {
    const metrics = expression.match(/\bclair_\w+/g) ?? assert.fail(expression);
    const known = metrics.flatMap((metric) => [...(labels.get(metric) ?? assert.fail(metric))]);
    const used = Array.from(
      expression.matchAll(/\bby \(([^)]*)\)|\{([^}]*)\}/g),
      ([, grouped = '', matched = '']) => grouped.match(/\w+/g) ?? matched.match(/\w+(?==)/g) ?? [],
    ).flat();
    for (const label of used)
      assert.ok(label === 'instance' || known.includes(label), `${label}: ${expression}`);
  }
});

test('servers are added by metrics that the server has', async () => {
  const labels = labelsByMetric(await sampleMetrics());
  const files = filesLike('deploy/{kubernetes,helm}/**/*.yaml');
  const metrics = files.flatMap(({ text }) => text.match(/\bclair_\w+/g) ?? []);
  assert.ok(metrics.length >= 4);
  for (const metric of metrics) assert.ok(labels.has(metric), metric);
});

test('docs/server.md shows the unit of deploy/systemd', () => {
  assert.ok(textOf('docs/server.md').includes(textOf('deploy/systemd/clair.service')));
});

test('systemd starts a server again for as long as its database is not there', () => {
  const unit = textOf('deploy/systemd/clair.service');
  // The defaults of systemd are five starts in ten seconds, 100 ms apart. See systemd.unit(5).
  assert.match(unit, /^StartLimitIntervalSec=0$(?=[^[]*\[Service\])/m);
  assert.match(unit, /^Restart=on-failure\nRestartSec=5$/m);
});

/** Returns the metrics of a server that has done everything once. */
async function sampleMetrics(): Promise<string> {
  const metrics = createMetrics();
  metrics.recordResponse('v1/getLayer', 200, 1);
  metrics.recordLayer({ seconds: 1, bytes: 1, outcome: 'read' });
  metrics.recordDelivery(1);
  metrics.recordDeliveryFailure('http');
  const at = '2026-01-01T00:00:00.000Z';
  return await metrics.render({
    feeds: [
      {
        source: 'alpine',
        feed: 'v3.20/main',
        sourceVersion: 1,
        origin: 'upstream',
        presence: 'loaded',
        fingerprint: '',
        fetchedAt: at,
        checkedAt: at,
        newestAdvisory: at,
        contentDate: at,
        contentEvidence: 'feed',
        records: 1,
        skipped: { count: 0, sample: [] },
        kept: [],
        lastFailure: null,
      },
    ],
    sources: ['alpine'],
    jobs: [
      {
        name: 'update alpine',
        kind: 'update',
        lane: 'feeds',
        state: 'waiting',
        runAt: at,
        attempt: 0,
        error: null,
      },
    ],
    totals: {
      at,
      images: 1,
      dueSets: 1,
      findings: [{ severity: 'High', isFixable: true, exploited: 'yes', findings: 1 }],
    },
    reading: { busy: 0, waiting: 0 },
    walks: [],
    now: new Date(at),
  });
}

/** Returns the label names of each series, by its name. */
function labelsByMetric(text: string): ReadonlyMap<string, ReadonlySet<string>> {
  const labels = new Map<string, Set<string>>();
  for (const [, name = '', pairs = ''] of text.matchAll(/^(clair_\w+)(?:\{(.*)\})? \S+$/gm)) {
    const of = labels.get(name) ?? new Set();
    for (const [label] of pairs.matchAll(/\w+(?==")/g)) of.add(label);
    labels.set(name, of);
  }
  return labels;
}
