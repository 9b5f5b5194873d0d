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
 * All settings except those of transports. Settings that the original Clair had keep their names: `port` and `healthport` are those of Clair
 * v2, `addr` and `healthaddr` those of v3.
 */
const settings = {
  database: {
    type: oneOf(
      'Database engine: `sqlite`, a file on this machine; `pgsql`, a PostgreSQL server that several instances can share.',
      ['sqlite', 'pgsql'],
      'sqlite',
    ),
    options: {
      path: string('sqlite: path of the file; by default `clair.db` in the cache directory of the user.'),
      source: secretString('pgsql: the connection string, as a URL or as `host=… user=…`.'),
      replicasource: secretString(
        'pgsql: the connection string of a streaming replica, which answers reading requests when it has all writes.',
      ),
      maxopenconnections: integer(
        'pgsql: maximum of open connections to each server. Loading feeds uses four of them, requests use the others, at least two.',
        10,
        1,
      ),
      managedatabaselifecycle: boolean('pgsql: create the database if it does not exist.', false),
      cachesize: integer('Has no effect. The original Clair kept this number of rows in memory.', 16_384),
      fixturepath: string('Must be empty. The original Clair loaded this file at start.'),
      paginationkey: secretString(
        'v3: key that encrypts page tokens, 32 bytes in base64. `api.paginationkey` overrides it.',
      ),
    },
  },
  api: {
    addr: string('Address and port of the API. If empty, `port` applies.'),
    port: port('Port of the API, on all addresses.', 6060),
    healthaddr: string('Address and port of the health check. If empty, `healthport` applies.'),
    healthport: port('Port of the health check, on all addresses.', 6061),
    timeout: duration(
      'Time limit of a request; afterwards the response is 503. The server finishes reading a posted layer, so a retry finds it.',
      15 * minute,
    ),
    paginationkey: secretString(
      'Key that encrypts page tokens, 32 bytes in base64. Without it, page tokens become invalid when the process ends.',
    ),
    apis: stringList(
      'APIs that the server answers: `v1`, `v3` as REST and gRPC, `v4`, `harbor`, `native` for `/api/v1` and the additional routes, and `console`, which needs `native`. All when empty. A request for another one gets 404.',
    ),
    publicurl: string(
      'URL under which browsers reach the server, such as `https://clair.example`. With `https`, cookies are sent over TLS only. Set it behind a proxy that terminates TLS.',
    ),
    session: {
      key: secretString(
        'Key that encrypts the cookies of browsers that have signed in, 32 bytes in base64. Without it, sessions end with the process. Several servers behind one address need the same key.',
      ),
      lifetime: duration('Time after which a browser must sign in again.', 12 * hour),
    },
    oidc: {
      issuer: string(
        'Issuer of OpenID Connect with which people sign in, such as `https://id.example/realms/main`. Needs `api.publicurl` and `grants`.',
      ),
      clientid: string('Identifier of this server at the issuer.'),
      clientsecret: secretString('Secret of this server at the issuer; empty for a public client.'),
      scopes: stringList('Scopes to ask the issuer for.', ['openid', 'profile', 'email']),
      claim: string(
        'Claim whose values decide what a person may do: a name, or a path such as `realm_access.roles`. `email` counts only if the issuer has verified it.',
        'groups',
      ),
      nameclaim: string(
        'Claim that names a person in the log; `sub` if it is missing or not verified.',
        'email',
      ),
      cafile: string('Path of the CA certificates that may sign the certificate of the issuer (PEM).'),
      grants: table({
        values: stringList('Values of the claim that the entry admits; `*` admits everybody at the issuer.'),
        scope: oneOf(
          'Scope of these people; `read` when absent.',
          ['read', 'triage', 'scan', 'admin'],
          'read',
        ),
        repositories: stringList(
          'Patterns of the repositories to which these people are limited: `registry.example/shop/**`.',
        ),
      }),
    },
    servername: string(
      'Has no effect, as in the original Clair. To require client certificates, set `cafile`.',
    ),
    cafile: string(
      'File of the CA certificates for client certificates. If set, clients must present a certificate.',
    ),
    keyfile: string('File of the private key of the server certificate.'),
    certfile: string('File of the server certificate. If set, the API uses TLS.'),
    v4: {
      notready: oneOf(
        'v4: the status of a vulnerability report while the advisories that cover the manifest are not loaded. With `202`, as in the original Clair, Quay shows an error; with `404`, it shows that the manifest is queued.',
        ['202', '404'],
        '202',
      ),
      pskkey: secretString(
        'v4: key in base64 with which clients sign JSON Web Tokens (`auth.psk.key` in Clair v4). With a key, every request needs such a token or one of `api.tokens`, also those of the other APIs. Such a token allows everything.',
      ),
      pskissuers: stringList(
        'v4: issuers of these tokens, such as `quay` and `clairctl` (`auth.psk.iss` in Clair v4). `clair-intraservice` is always accepted.',
      ),
    },
    harbor: {
      registries: stringList(
        'Registries that Harbor may name for scans: `harbor.example`, `harbor.example:8443`, `http://core:8080` for one without TLS, `*.example.org` for all subdomains, `*` for all with TLS. With an entry, the server has Harbor’s scanner API below `/harbor`.',
      ),
      key: secretString(
        'Key that encrypts the credentials of waiting scans in the database, 32 bytes in base64. Required with `registries`. All servers of a database need the same key.',
      ),
      notassessed: oneOf(
        'Response to Harbor for an image that is not assessed: `error`, the scan fails with the reason; `finding`, the report has a row with the reason.',
        ['error', 'finding'],
        'error',
      ),
    },
    tokens: secretStringList(
      'Bearer tokens of the API; without tokens, every client has full access. Each is `read:`, `triage:`, `scan:` or `admin:` and the SHA-256 of the token in hexadecimal. ' +
        '`read` permits GET, `triage` also saving and deleting rules and VEX documents, `scan` GET and posting layers, `admin` everything. A name for the log and the last day of the token may follow: `scan:SUM:ci:2027-01-31`. ' +
        'After these, or after an empty day, patterns limit it to repositories: `scan:SUM:shop::registry.example/shop/**|registry.example/base`. ' +
        '`clair config token` creates one.',
    ),
  },
  worker: {
    namespace_detectors: stringList('Namespace detectors to use; all when empty.'),
    feature_listers: stringList(
      'Package listers to use. When empty, all but the built-in ones of language packages, such as `npm`.',
    ),
    threads: integer(
      'Threads that read layers. Each reads one layer at a time; 0 uses one thread per core.',
      0,
    ),
    idletimeout: duration(
      'Maximum time without data from a layer server. It also limits the wait for every further 64 KiB.',
      limits.idleMs,
    ),
    sources: {
      policy: oneOf(
        'Permitted origins of posted layers: `open`, all, as in the original Clair; `strict`, those that the settings below permit; `auto`, `open` if the API listens only on the loopback interface, otherwise `strict`. Behind a reverse proxy, set `strict`.',
        ['auto', 'open', 'strict'],
        'auto',
      ),
      schemes: stringList('strict: permitted URL schemes.', ['http', 'https']),
      hosts: stringList(
        'strict: permitted hosts of URLs. `*` matches every host, `*.example.org` every subdomain, `example.org:5000` one host and port.',
        ['*'],
      ),
      networks: stringList(
        'strict: permitted networks in addition to the public Internet, such as `10.1.0.0/16`. The server checks the address it connects to, so it uses no proxy. Unless the policy is set to `open`, the list also permits hosts that registries name, by redirects or as token endpoints.',
      ),
      directories: stringList('strict: permitted directories of layers on this machine; none when empty.'),
    },
  },
  images: {
    registries: stringList(
      'Registries whose images `POST /api/v1/images` may name: `registry.example`, `registry.example:5000`, `docker.io`, `*.example.org` for all subdomains, `*` for all. When empty, none. With `*`, clients can make the server send requests to any host, also to internal ones.',
    ),
    authfile: string(
      'File with credentials of registries, in the format of Docker’s `config.json`. It is searched first, then the files and variables of `clair scan`.',
    ),
    credentials: table({
      authfile: string('File with credentials of registries, in the format of Docker’s `config.json`.'),
    }),
    suppressions: string(
      'Directory of ignore rules (`.yaml`, `.trivyignore`) and VEX documents (`.json`). They apply to all images of the server.',
    ),
    vexkeys: stringList(
      'Public keys whose VEX documents apply to images that they are attached to, as `PATTERN=FILE`. The pattern names repositories with their registry: `registry.example/shop/*`.',
    ),
    vexinterval: duration('Interval of reading attached VEX documents again. 0 disables it.', 24 * hour),
    retention: duration('Retention of images with a tag, since a scan last saw them.', 365 * 24 * hour),
    untagged: duration('Retention of images that have lost all of their tags.', 30 * 24 * hour),
    keeplast: integer('Number of the newest images of each repository that are kept without a tag.', 0),
    scans: integer('Scans of images of registries that this server runs at a time.', 2, 1),
    scansperregistry: integer(
      'Such scans of images of one registry that all servers together run at a time. `registries.NAME.scans` overrides it.',
      4,
      1,
    ),
  },
  extracts: {
    keep: oneOf(
      'Where extracts of layers are kept, so that layers of registries are analysed again without fetching them: `none`, nowhere; `store`, in the database; `s3`, in a bucket.',
      ['none', 'store', 's3'],
      'none',
    ),
    maxbytes: integer(
      'Maximum bytes of the extract of a layer. A layer with a larger one is fetched again.',
      limits.extractBytes,
      1024,
    ),
    endpoint: string('s3: URL of the server, such as `https://s3.example.org`.'),
    bucket: string('s3: name of the bucket.'),
    region: string('s3: region of the bucket.', 'us-east-1'),
    prefix: string('s3: start of the names of all objects, such as `clair/`.'),
    pathstyle: boolean('s3: the bucket is in the path of URLs, and not in the name of the host.', true),
    accesskey: string('s3: access key of the account.'),
    secretkey: secretString('s3: secret key of the account.'),
    credentialsfile: string(
      's3: file with the keys, instead of `accesskey` and `secretkey`: the section `[default]` of a credentials file of AWS. It is read for each request.',
    ),
    cafile: string('s3: file with the authorities that the server’s certificate may come from, in PEM.'),
  },
  registries: table({
    host: string('Its address, such as `registry.example:5000`. The name of the entry when absent.'),
    kind: oneOf(
      'How its repositories are listed: `distribution`, by the catalogue; `harbor` and `quay`, by their own APIs; `list`, not at all: they are those of `repositories`.',
      ['distribution', 'harbor', 'quay', 'list'],
      'distribution',
    ),
    namespaces: stringList('quay: the organizations and users whose repositories are listed.'),
    apitoken: secretString('quay: an OAuth token of Quay that may list repositories.'),
    repositories: stringList(
      'Patterns of the repositories to watch: `shop/*`, or `shop/**` for all below. All when absent. list: their names.',
    ),
    exclude: stringList('Patterns of repositories to leave out.'),
    tags: stringList('Patterns of the tags to watch; all when absent.'),
    excludetags: stringList('Patterns of tags to leave out.'),
    platforms: stringList('Platforms to scan, such as `linux/amd64`; that of the server when absent.'),
    keep: integer('Number of the newest tags of each repository to watch; all when absent.', 0),
    interval: duration('Interval between walks; one hour when absent. 0 disables them.', hour),
    requests: integer('Concurrent requests of a walk; 4 when absent.', 4, 1),
    scans: integer(
      'Scans of its images that all servers together run at a time; `images.scansperregistry` when absent.',
      4,
      1,
    ),
    secret: secretString(
      'Secret of its notifications to `/api/v1/webhooks/NAME`, of at least 16 characters. None are accepted without it.',
    ),
  }),
  cell: string(
    'Name of the cell that this server is a part of, one of `cells`. If empty and `cells` names any, the server answers over all cells and has no database.',
  ),
  cells: table({
    url: string('Address of the API of the cell: `https://north.clair.example:6060`.'),
    token: secretString('Token of the API of the cell, of the scope that clients need.'),
    tokenfile: string('File with that token, instead of `token`.'),
  }),
  updater: {
    interval: duration('Interval between updates of the advisories; 0 disables updates.', 2 * hour),
    enabledupdaters: stringList(
      'Sources of advisories to use; all when empty. Sources of ratings, such as `nvd`, are used too. If the list names some of these, only those are.',
    ),
    mirror: string('Directory or URL of a mirror of the vendors’ hosts. Advisories are fetched from it.'),
    from: stringList(
      'Published databases, in the order in which they are asked: directories of `clair db build`, `https://…`, `registry:HOST/REPOSITORY`, each also with `@sha256:…`. Feeds that they have come from there, the others from `mirror` or their vendors. If all places fail, such a feed fails; with `vendors` as the last place, it comes from its vendor. The option `--from` overrides it.',
    ),
    root: string(
      'File of the root document of the publisher, such as `1.root.json`. Only what it signed is accepted from `from`, and no older version. Without it, a place that is not a directory needs a digest. The option `--root` overrides it.',
    ),
    acceptexpired: boolean(
      'With `root`: accept signatures that have expired, as on a disk that was carried. The option `--accept-expired` sets it.',
      false,
    ),
    sources: table({
      interval: duration('Interval between updates of this source; 0 disables them.', 0),
      mirror: string(
        'Mirror of this source alone. `upstream` fetches from the vendor although the other sources use a mirror. Published databases are not asked for a source with its own mirror.',
      ),
      feeds: stringList('Feeds of this source to load, such as `v3.20/main`; all when absent.'),
    }),
    retention: duration('Retention of replaced advisories, for reports as of a date.', 90 * 24 * hour),
  },
  notifier: {
    attempts: integer(
      'Attempts to deliver a notification that its receiver refuses while it accepts others. Afterwards the notification waits 15 minutes. If a receiver accepts nothing, the server retries after 1 s, 2 s, 4 s … up to 15 minutes.',
      5,
      1,
    ),
    renotifyinterval: duration(
      'Interval after which a notification that is not marked as read is sent again.',
      2 * hour,
    ),
    severity: oneOf(
      'Minimum severity, before or after a change, of the vulnerabilities to notify about.',
      severities,
      'Unknown',
    ),
    fixable: boolean('Notify only about vulnerabilities that have a fix.', false),
    namespaces: stringList(
      'Namespaces to notify about: `debian:12`, or `debian` for all releases of Debian; all when empty.',
    ),
    digest: duration(
      'Period over which the changes of an image are collected into one message, from the first change on; 0 sends one message for each change.',
      0,
    ),
  },
  upgrades: {
    weights: table({
      label: string('Label of images: `KEY=VALUE`, or `KEY` for any value.'),
      weight: integer(
        'How many times the risk of these images counts when upgrades are ranked; 1 when absent. Of several labels of an image, the highest weight counts.',
        1,
        1,
      ),
    }),
  },
  roles: stringList(
    'What this process does: `api`, the APIs; `worker`, scans of images and walks through registries; `feeds`, updates and the deletion of expired data; `notify`, notifications. All when empty. The option `--role` overrides it.',
  ),
  plugins: stringList(
    'Plugins: packages, or paths of modules or of directories of modules, relative to the directory of this file. SIGHUP reloads them.',
  ),
  log: {
    level: oneOf(
      'Minimum level of the log lines to write. The option `--log-level` overrides it. Requests are logged at `info`, health checks at `debug`.',
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal'],
      'info',
    ),
    format: oneOf(
      'Format of the log: `json`, one object per line; `text`, for people; `auto`, `text` on a terminal and `json` elsewhere. The option `--log-format` overrides it.',
      ['auto', 'json', 'text'],
      'auto',
    ),
  },
  tracing: {
    endpoint: string(
      'URL of an OpenTelemetry collector. Spans are posted as JSON to `/v1/traces` below it. If empty, `OTEL_EXPORTER_OTLP_ENDPOINT` applies; without either, tracing is off.',
    ),
    servicename: string(
      '`service.name` of the spans. If empty, `OTEL_SERVICE_NAME` applies, otherwise `clair`.',
    ),
    headers: secretString(
      'Additional headers, as `name=value,…`. If empty, `OTEL_EXPORTER_OTLP_HEADERS` applies.',
    ),
  },
} as const;

/** All settings except those of transports. */
export type AllSettings = typeof settings;

/** Returns whether a variable begins with the name of a section of the settings: `CLAIR_API_PORT`. */
export function isVariableOfSection(variable: string): boolean {
  const [, section = ''] = variable.toLowerCase().split('_');
  return Object.hasOwn(settings, section);
}

/** The values of all settings. `notifier` also contains the settings of each transport, under its name. */
export type Config = ValuesOf<AllSettings> & { readonly notifier: Readonly<Record<string, unknown>> };

/** Settings that extensions add. */
export interface ExtensionSettings {
  /** Settings of transports, which are placed below `notifier` under the name of each. */
  readonly transports: readonly { readonly name: string; readonly settings: SettingsSection }[];
  /** Names that `updater.sources` may contain; any name if absent. */
  readonly sources?: readonly string[];
}

/** Returns all settings, including those of extensions. */
export function settingsWith({ transports, sources }: ExtensionSettings): AllSettings {
  const transportSettings = Object.fromEntries(transports.map(({ name, settings: own }) => [name, own]));
  const { updater, notifier } = settings;
  return {
    ...settings,
    updater: { ...updater, sources: { ...updater.sources, ...(sources && { names: sources }) } },
    notifier: { ...notifier, ...transportSettings },
  };
}
