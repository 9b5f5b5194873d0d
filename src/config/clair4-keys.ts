/** A setting with its value, by its path below `clair:`. */
export type MappedSetting = readonly [path: string, value: unknown];

/** The meaning of a key of a configuration of Clair v4. Without `set` and `isRefused`, it has no effect. */
export interface Clair4Key {
  /** For people: the setting that it becomes, or why it has no effect or is refused. */
  readonly note: string;
  /**
   * Returns the settings that it becomes. A setting that an earlier key of the list made stays. `read` returns the value of another key.
   */
  readonly set?: (value: unknown, read: (key: string) => unknown) => readonly MappedSetting[];
  /** Whether the server does not start with it, because to ignore it would be unsafe. */
  readonly isRefused?: true;
}

function becomes(...paths: readonly string[]): Clair4Key {
  return {
    note: paths.map((path) => `\`${path}\``).join(', '),
    set: (value) => paths.map((path) => [path, value]),
  };
}

/** An empty address is the default one, as in Clair. */
function address(path: string): Clair4Key {
  return { ...becomes(path), set: (value) => (value === '' ? [] : [[path, value]]) };
}

function withoutEffect(note: string): Clair4Key {
  return { note };
}

function refused(note: string): Clair4Key {
  return { note, isRefused: true };
}

const oneDatabase: Clair4Key = {
  note: '`database.options.source`. There is one database: that of `indexer`, else of `matcher`, else of `notifier`',
  // An empty text names no database, so that of another section counts.
  set: (source) => (source === '' ? [] : [['database.options.source', source]]),
};

const migrations = withoutEffect('The server always migrates its tables.');
const oneProcess = withoutEffect('Every process serves all APIs, and reads the database.');
const poll = withoutEffect('A change is delivered at once.');

/** Clair's names of log levels that have another name here. */
const logLevels: Readonly<Record<string, string>> = {
  'debug-color': 'debug',
  panic: 'fatal',
  warning: 'warn',
};

/** The advisory sources of Clair's sets. */
const sourcesOfSets: Readonly<Record<string, readonly string[]>> = {
  aws: ['amazon'],
  'clair.cvss': ['nvd', 'cve'],
  'clair.epss': ['epss'],
  'clair.kev': ['kev'],
  rhcc: ['rhel'],
  rhel: ['rhel', 'rhel-oval'],
  'rhel-vex': ['rhel', 'rhel-oval'],
  suse: ['suse', 'suse-documents'],
  ubuntu: ['ubuntu', 'ubuntu-oval'],
};

function sourcesOf(sets: unknown): unknown {
  if (!Array.isArray(sets)) return sets;
  const names = sets.map(String);
  return [...new Set(names.flatMap((name) => sourcesOfSets[name] ?? [name]))];
}

function headersOf(headers: unknown): unknown {
  if (typeof headers !== 'object' || headers === null) return headers;
  return Object.entries(headers)
    .flatMap(([name, values]: [string, unknown]) =>
      [values].flat().map((value) => `${name}=${encodeURIComponent(String(value))}`),
    )
    .join(',');
}

const anExchange = withoutEffect('The exchange must exist, as for Clair, and has its own properties.');

/** The keys that both kinds of brokers have. */
function brokerKeys(section: 'notifier.amqp' | 'notifier.stomp'): Readonly<Record<string, Clair4Key>> {
  const tls = (setting: string): Clair4Key =>
    section === 'notifier.stomp'
      ? {
          note: `\`${section}.${setting}\`, \`${section}.tls\``,
          set: (path) => [
            [`${section}.${setting}`, path],
            [`${section}.tls`, true],
          ],
        }
      : becomes(`${section}.${setting}`);
  return {
    [`${section}.callback`]: becomes(`${section}.callback`),
    [`${section}.direct`]: becomes(`${section}.direct`),
    [`${section}.rollup`]: becomes(`${section}.rollup`),
    [`${section}.tls.root_ca`]: tls('cafile'),
    [`${section}.tls.cert`]: tls('certfile'),
    [`${section}.tls.key`]: tls('keyfile'),
  };
}

/**
 * Every key of Clair v4, in the order in which they are applied. A key that ends with `.*` stands for everything below it. quay/clair,
 * July 2026.
 */
export const clair4Keys: Readonly<Record<string, Clair4Key>> = {
  http_listen_addr: address('api.addr'),
  introspection_addr: address('api.healthaddr'),
  log_level: {
    note: '`log.level`',
    set: (level) => [['log.level', logLevels[String(level).toLowerCase()] ?? String(level).toLowerCase()]],
  },
  'tls.cert': becomes('api.certfile'),
  'tls.key': becomes('api.keyfile'),
  'tls.root_ca': withoutEffect(
    '`NODE_EXTRA_CA_CERTS` adds authorities; `api.cafile` asks for client certificates.',
  ),
  'indexer.connstring': oneDatabase,
  'matcher.connstring': oneDatabase,
  'notifier.connstring': oneDatabase,
  'indexer.migrations': migrations,
  'matcher.migrations': migrations,
  'notifier.migrations': migrations,
  'indexer.scanlock_retry': withoutEffect('No lock is polled.'),
  'indexer.layer_scan_concurrency': withoutEffect('At most 4 layers of a manifest are read at a time.'),
  'indexer.index_report_request_concurrency': withoutEffect(
    'The server limits layers by its threads and memory.',
  ),
  'indexer.airgap': withoutEffect('Indexing requests layers, and nothing else.'),
  'indexer.scanner.*': withoutEffect('Scanners have no settings.'),
  'matcher.disable_updaters': {
    note: '`updater.interval: 0`',
    set: (value) => (value === true ? [['updater.interval', 0]] : []),
  },
  'matcher.period': becomes('updater.interval'),
  'matcher.indexer_addr': oneProcess,
  'matcher.update_retention': withoutEffect(
    '`updater.retention` is the time for which replaced advisories are kept.',
  ),
  'matcher.cache_age': withoutEffect('Reports may be cached for `updater.interval`.'),
  'matcher.disable_enrichment': withoutEffect(
    'Severities need ratings. To load none, name the other sources in `updaters.sets`.',
  ),
  'matcher.max_conn_pool': withoutEffect('`database.options.maxopenconnections`'),
  'matcher.updater_sets': withoutEffect('Clair reads `updaters.sets` instead.'),
  'matchers.names': withoutEffect('All packages are matched.'),
  'matchers.config.*': withoutEffect('Matchers have no settings.'),
  'updaters.sets': {
    note: '`updater.enabledupdaters`, with the sources of each set',
    set: (sets) => [['updater.enabledupdaters', sourcesOf(sets)]],
  },
  'updaters.filter': refused(
    'Name the sources in `updater.enabledupdaters`: more would be loaded than you want.',
  ),
  'updaters.config.rhel.ignore_unpatched': withoutEffect(
    'Unfixed vulnerabilities are loaded as well. Each report says which have a fix.',
  ),
  'updaters.config.*': refused(
    'Set `updater.mirror` or `updater.sources`: other places would be asked than you want.',
  ),
  'auth.psk.key': becomes('api.v4.pskkey', 'notifier.clair4.pskkey'),
  'auth.psk.iss': becomes('api.v4.pskissuers'),
  'auth.keyserver.*': refused('Only `auth.psk` authenticates clients.'),
  'notifier.webhook.target': becomes('notifier.clair4.endpoint'),
  'notifier.webhook.callback': becomes('notifier.clair4.callback'),
  'notifier.webhook.headers': {
    note: '`notifier.clair4.headers`',
    set: (headers) => [['notifier.clair4.headers', headersOf(headers)]],
  },
  'notifier.webhook.signed': withoutEffect('A post is signed if `auth.psk` is set.'),
  'notifier.indexer_addr': oneProcess,
  'notifier.matcher_addr': oneProcess,
  'notifier.poll_interval': poll,
  'notifier.delivery_interval': poll,
  'notifier.disable_summary': withoutEffect('Each page has the most severe vulnerability of a manifest.'),
  'notifier.amqp.uris': becomes('notifier.amqp.uris'),
  'notifier.amqp.exchange.name': becomes('notifier.amqp.exchange'),
  'notifier.amqp.exchange.type': anExchange,
  'notifier.amqp.exchange.durability': anExchange,
  'notifier.amqp.exchange.durable': withoutEffect("Clair's sample has this key, and Clair ignores it."),
  'notifier.amqp.exchange.auto_delete': anExchange,
  'notifier.amqp.routing_key': becomes('notifier.amqp.routingkey'),
  ...brokerKeys('notifier.amqp'),
  'notifier.stomp.uris': becomes('notifier.stomp.uris'),
  'notifier.stomp.destination': becomes('notifier.stomp.destination'),
  'notifier.stomp.user.login': becomes('notifier.stomp.login'),
  'notifier.stomp.user.passcode': becomes('notifier.stomp.passcode'),
  'notifier.stomp.login.*': withoutEffect("Clair's sample has this key, and Clair ignores it. Use `user`."),
  ...brokerKeys('notifier.stomp'),
  'metrics.name': withoutEffect(
    'Metrics are served in the format of Prometheus, at `/metrics` of `introspection_addr`.',
  ),
  'metrics.prometheus.endpoint': withoutEffect('The path is `/metrics`.'),
  'metrics.otlp.*': withoutEffect('Metrics are not pushed.'),
  'trace.otlp.http.endpoint': {
    note: '`tracing.endpoint`, by HTTPS unless `trace.otlp.http.insecure` is set',
    set: (endpoint, read) => {
      const scheme = read('trace.otlp.http.insecure') === true ? 'http' : 'https';
      const hasScheme = String(endpoint).includes('://');
      return [['tracing.endpoint', hasScheme ? endpoint : `${scheme}://${String(endpoint)}`]];
    },
  },
  'trace.otlp.http.insecure': { note: 'The scheme of `tracing.endpoint`', set: () => [] },
  'trace.otlp.*': withoutEffect('Spans are posted to a collector by HTTP. `tracing` has further settings.'),
  'trace.name': withoutEffect('Spans are exported if `trace.otlp.http.endpoint` is set.'),
  'trace.probability': withoutEffect('`OTEL_TRACES_SAMPLER` of the collector may sample.'),
  'trace.jaeger.*': withoutEffect('Jaeger reads OpenTelemetry: set `trace.otlp.http.endpoint`.'),
  'trace.sentry.*': withoutEffect('Set `trace.otlp.http.endpoint`.'),
};
