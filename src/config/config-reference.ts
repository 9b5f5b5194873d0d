import {
  isSetting,
  isSettingsTable,
  type Setting,
  type SettingsSection,
  writeDuration,
} from '../core/setting.ts';
import { variableOf } from './read-config.ts';

/** Descriptions of the blocks of settings, by path. Each transport of notifications has a block below `notifier`. */
const blocks: Readonly<Record<string, string>> = {
  database: 'The database of layers, images and advisories. Options of the other engine are refused.',
  api: 'Addresses of the API and of the health check, access tokens and TLS.',
  'api.session': 'Sessions of browsers that have signed in.',
  'api.oidc':
    '[Sign in with OpenID Connect](../server.md#sign-in-with-openid-connect): the provider of identities.',
  'api.oidc.grants.<name>':
    'People of the provider whom the server admits, and what they may do. The name is one of your choice.',
  'api.v4': 'The [v4 API](api-v4.md).',
  'api.harbor': '[Harbor’s scanner API](api-harbor.md).',
  worker: 'How the server reads posted layers, and with which extensions.',
  'worker.sources': 'Permitted origins of posted layers.',
  images:
    'Images of registries that [the server scans](../fleet.md#scan-on-the-server), and how long it keeps them.',
  'images.credentials.<name>':
    'Credentials that a request may choose with `credentialsRef`. The name is one of your choice.',
  extracts:
    '[Extracts of layers](../fleet.md#analyse-layers-again-without-fetching-them), for analyses by later versions and plugins.',
  'registries.<name>':
    'A [watched registry](../registries.md#watch-a-registry). The name is one of your choice.',
  cell: 'The [cell](../server.md#cells) of this server.',
  'cells.<name>': 'A [cell](../server.md#cells): one complete installation. The name is one of your choice.',
  updater: 'How the server updates advisories.',
  'updater.sources.<name>':
    'One advisory source, by its name in [the list of extensions](extensions.md). Settings that are absent here default to those of all sources.',
  notifier: 'Which changes the server reports, and how often. Each transport has its own block below.',
  'upgrades.weights.<name>':
    'How much [the images of a label](../upgrade.md#weigh-images-by-label) count when upgrades are ranked. The name is one of your choice.',
  roles: 'The work that this process does.',
  plugins: 'Extensions in addition to the built-in ones.',
  log: 'Level and format of the log, which goes to standard error.',
  tracing: 'The OpenTelemetry collector of the spans.',
};

const intro = `# Configuration

The settings of [the server](../server.md). Write them below the key \`clair:\` of a file in YAML 1.1 or JSON.

- The environment variable below each setting overrides the file. Separate the elements of a list by commas:
  \`CLAIR_UPDATER_ENABLEDUPDATERS=debian,alpine\`.
- \`clair config check --config FILE\` reports the errors in settings that stop \`clair serve\`. It opens no database and no port.
- \`clair config print\` shows the effective settings, without secrets.
- An unknown key is an error that names its line and the nearest setting. So is a variable that resembles a setting, such as
  \`CLAIR_API_PRT\`. The server logs other unknown variables that begin with \`CLAIR_\` when it starts.
- A file without the key \`clair:\` is an error. \`clair: {}\` uses all defaults.
- Durations have Go's syntax: \`30s\`, \`5m\`, \`1h30m\`.
- Values marked as secret are never logged, shown or exported.
`;

/** Returns the reference of all settings in Markdown, with one section for each block. */
export function configReference(settings: SettingsSection): string {
  const rows = rowsOf(settings, []);
  const byBlock = Map.groupBy(rows, ({ path }) => blockOf(path));
  return [intro, ...Array.from(byBlock, ([block, own]) => sectionOf(block, own))].join('\n');
}

interface Row {
  readonly path: readonly string[];
  readonly setting: Setting<unknown>;
}

function rowsOf(section: SettingsSection, path: readonly string[]): Row[] {
  return Object.entries(section).flatMap(([key, entry]) => {
    if (isSetting(entry)) return [{ path: [...path, key], setting: entry }];
    if (!isSettingsTable(entry)) return rowsOf(entry, [...path, key]);
    // The description of a setting says what an entry without it does.
    return rowsOf(entry.each, [...path, key, '<name>']).map(({ path: place, setting }) => ({
      path: place,
      setting: { ...setting, fallback: '' },
    }));
  });
}

/** Returns the block of a setting: its section. `options` of a database belong to the block above. */
function blockOf(path: readonly string[]): string {
  const above = path.length === 1 ? path : path.slice(0, -1);
  return above.join('.').replace(/\.options$/, '');
}

function sectionOf(block: string, rows: readonly Row[]): string {
  const about = descriptionOf(block);
  const lines = rows.map(({ path, setting }) => {
    const name = `\`${path.join('.')}\`<br>\`${variableOf(path)}\``;
    return `| ${name} | ${setting.doc.replaceAll('|', '\\|')} | ${valuesOf(setting)} |`;
  });
  const head = '| setting, variable | meaning | values |\n|---|---|---|';
  // Markdown reads names in angle brackets as HTML.
  const heading = block.includes('<') ? `\`${block}\`` : block;
  return `## ${heading}\n\n${about}\n\n${head}\n${lines.join('\n')}\n`;
}

/** Returns the description of a block. Throws if it has none. */
function descriptionOf(block: string): string {
  const about =
    blocks[block] ?? (block.startsWith('notifier.') ? 'A transport of notifications.' : undefined);
  if (about === undefined) throw new Error(`the block ${block} of settings has no description`);
  return about;
}

function valuesOf(setting: Setting<unknown>): string {
  const fallback = defaultOf(setting);
  return [setting.accepts, setting.isSecret && 'secret', fallback !== '' && `default \`${fallback}\``]
    .filter((part) => part !== false)
    .join('<br>');
}

function defaultOf({ fallback, form }: Setting<unknown>): string {
  if (fallback === '' || (Array.isArray(fallback) && fallback.length === 0)) return '';
  if (form === 'duration') return writeDuration(fallback as number);
  return String(fallback);
}
