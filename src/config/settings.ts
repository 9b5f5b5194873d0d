import { limits } from '../core/limits.ts';
import {
  boolean,
  duration,
  integer,
  oneOf,
  port,
  type SettingsSection,
  secretString,
  secretStringList,
  string,
  stringList,
  table,
  type ValuesOf,
} from '../core/setting.ts';
import { severities } from '../model/severity.ts';

const minute = 60_000;
const hour = 60 * minute;

/**
 * What can be set but for the transports, with Clair's names for what Clair had: the file begins with `clair:`. `port` and `healthport`
 * are those of Clair v2, `addr` and `healthaddr` those of v3.
 */
const settings = {
  database: {
    type: oneOf(
      'Which database keeps layers and advisories: a file of this machine, or a server that many share.',
      ['sqlite', 'pgsql'],
      'sqlite',
    ),
    options: {
      path: string('sqlite: the file; by default `clair.db` in the cache directory of the user.'),
      source: secretString('pgsql: the connection string, as a URL or as `host=… user=…`.'),
      maxopenconnections: integer(
        'pgsql: connections open at once, of which loading feeds takes four; two for each of both at least.',
        10,
        1,
      ),
      managedatabaselifecycle: boolean('pgsql: make the database when it is not there.', false),
      cachesize: integer('Clair kept that many rows in memory; accepted, and of no effect.', 16_384),
      fixturepath: string('Clair loaded this file at start; accepted for an empty value only.'),
      paginationkey: secretString(
        'v3: 32 bytes in base64 that page tokens are sealed with; `api.paginationkey` counts before it.',
      ),
    },
  },
  api: {
    addr: string('Address and port of the API; `port` counts where it is empty.'),
    port: port('Port of the API, on all addresses.', 6060),
    healthaddr: string('Address and port of the health check; `healthport` counts where it is empty.'),
    healthport: port('Port of the health check, on all addresses.', 6061),
    timeout: duration(
      'How long a request may take before the answer is 503. A posted layer is read on, so that a retry finds it.',
      15 * minute,
    ),
    paginationkey: secretString(
      '32 bytes in base64 that page tokens are sealed with; without it tokens end with the process.',
    ),
    servername: string(
      'Accepted, and of no effect, as in Clair: client certificates are asked for by `cafile`.',
    ),
    cafile: string('Certificates that client certificates must descend from; asks for one when set.'),
    keyfile: string('Key of the server certificate.'),
    certfile: string('Server certificate; TLS is spoken when set.'),
    tokens: secretStringList(
      'Who may use the API; everybody when empty. `read:`, `scan:` or `admin:` and the SHA-256 of a bearer token in hexadecimal: ' +
        '`read` allows GET, `scan` also to post layers, `admin` everything. A name for the log may follow: `scan:SUM:ci`. ' +
        '`clair config token` makes one.',
    ),
  },
  worker: {
    namespace_detectors: stringList('Namespace detectors to use; all when empty.'),
    feature_listers: stringList('Package listers to use; all when empty.'),
    threads: integer('Threads that read layers, each with one at a time; 0 is one per core.', 0),
    idletimeout: duration(
      'A layer server that sends nothing for so long, or next to nothing once it has begun, is given up.',
      limits.idleMs,
    ),
    sources: {
      policy: oneOf(
        'Where posted layers may come from: anywhere, as in Clair, or only where the settings below allow; `auto` is open when the API listens on the loopback interface alone, so say `strict` behind a reverse proxy.',
        ['auto', 'open', 'strict'],
        'auto',
      ),
      schemes: stringList('strict: kinds of URLs.', ['http', 'https']),
      hosts: stringList(
        'strict: hosts of URLs: `*` any, `*.example.org` all below, `example.org:5000` one on that port.',
        ['*'],
      ),
      networks: stringList(
        'strict: networks besides the public Internet that hosts may be in, such as `10.1.0.0/16`; judged by the address that is connected to, so no proxy is used.',
      ),
      directories: stringList('strict: directories that layers of this machine may be in; none when empty.'),
    },
  },
  updater: {
    interval: duration('How often advisories are brought up to date; 0 never.', 2 * hour),
    enabledupdaters: stringList('Advisory sources to use; all when empty.'),
    mirror: string('Directory or URL that mirrors the hosts of the vendors; fetch from there.'),
    sources: table({
      interval: duration('How often this source is asked, where not as often as all; 0 never.', 0),
      mirror: string(
        'Mirror of this source alone; `upstream` asks its vendor although the others have a mirror.',
      ),
      feeds: stringList('Feeds of this source to load, such as `v3.20/main`; all where it is not set.'),
    }),
    retention: duration('How long replaced advisories are kept, for reports as of a date.', 90 * 24 * hour),
  },
  notifier: {
    attempts: integer(
      'Tries of a notification that its receiver refuses while it takes others, before it is put off for 15 minutes. While a receiver takes nothing, it is tried again after 1 s, 2 s, 4 s … up to 15 minutes.',
      5,
      1,
    ),
    renotifyinterval: duration('What nobody has marked as read is told again after so long.', 2 * hour),
    severity: oneOf(
      'Tell only what is this severe or worse, before or after a change.',
      severities,
      'Unknown',
    ),
    fixable: boolean('Tell only what has a fix.', false),
    namespaces: stringList(
      'Tell only of these namespaces: `debian:12`, or `debian` for all of Debian; all when empty.',
    ),
    digest: duration(
      'One message for each image, with all that concerns it from the first change on for so long; 0 one for each change.',
      0,
    ),
  },
  plugins: stringList(
    'Plugins: paths of modules or of directories of modules, from where this file is, or packages; loaded anew at SIGHUP.',
  ),
  log: {
    level: oneOf(
      'Least severe log lines to write; the option `--log-level` overrides it. Requests are logged at `info`, health checks at `debug`.',
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
      'info',
    ),
    format: oneOf(
      'Form of the log: `json`, one object a line; `text`, for people; `auto`, `text` on a terminal and `json` elsewhere. The option `--log-format` overrides it.',
      ['auto', 'json', 'text'],
      'auto',
    ),
  },
  tracing: {
    endpoint: string(
      'URL of an OpenTelemetry collector: spans are posted to `/v1/traces` below it, as JSON. `OTEL_EXPORTER_OTLP_ENDPOINT` when empty; without either nothing is traced.',
    ),
    servicename: string('`service.name` of the spans; `OTEL_SERVICE_NAME` when empty, else `clair`.'),
    headers: secretString(
      'Headers that are sent along, as `name=value,…`; `OTEL_EXPORTER_OTLP_HEADERS` when empty.',
    ),
  },
} as const;

/** Everything that can be set. */
export type AllSettings = typeof settings;

/** The values of all settings. Below `notifier` there are also those of the transports, each of which knows its own. */
export type Config = ValuesOf<AllSettings> & { readonly notifier: Readonly<Record<string, unknown>> };

/** What extensions bring to the settings. */
export interface ExtensionSettings {
  /** Settings of transports: they stand below `notifier`, under the name of each. */
  readonly transports: readonly { readonly name: string; readonly settings: SettingsSection }[];
  /** What `updater.sources` may name; anything where it is not told. */
  readonly sources?: readonly string[];
}

/** Everything that can be set, with what extensions bring. */
export function settingsWith({ transports, sources }: ExtensionSettings): AllSettings {
  const transportSettings = Object.fromEntries(transports.map(({ name, settings: own }) => [name, own]));
  const { updater, notifier } = settings;
  return {
    ...settings,
    updater: { ...updater, sources: { ...updater.sources, ...(sources && { names: sources }) } },
    notifier: { ...notifier, ...transportSettings },
  };
}
