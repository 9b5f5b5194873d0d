import {
  isSetting,
  isSettingsTable,
  type Setting,
  type SettingsSection,
  writeDuration,
} from '../core/setting.ts';
import { variableOf } from './variable.ts';

/** What a block of settings is about, by its path. Blocks of transports are named by what they contain. */
const blocks: Readonly<Record<string, string>> = {
  database:
    'Where layers, images and advisories are kept. Options of the engine that is not chosen are refused.',
  api: 'Where the API and the health check listen, who may use them, and TLS.',
  worker: 'How posted layers are read, and by which extensions.',
  'worker.sources': 'Where posted layers may come from.',
  updater: 'How advisories are kept current.',
  'updater.sources.<name>':
    'One advisory source, by its name in [what is built in](extensions.md). What is not set here is as for all.',
  notifier: 'Which changes are notified, and how often. Each transport has a block of its own below.',
  plugins: 'Extensions besides those that are built in.',
  log: 'What is logged on standard error, and in which form.',
  tracing: 'Where spans are sent.',
};

const intro = `# Configuration

The settings of [the server](../server.md). A file has them below the key \`clair:\`. YAML 1.1 is read, and so is JSON.

- The environment variable under each setting overrides the file. Lists have commas there: \`CLAIR_UPDATER_ENABLEDUPDATERS=debian,alpine\`.
- \`clair config check --config FILE\` refuses exactly what \`clair serve\` refuses. \`clair config print\` shows what is in force, without secrets.
- An unknown key is an error that names its line and the nearest setting. So is a variable that resembles a setting, such as
  \`CLAIR_API_PRT\`. Other unknown variables that begin with \`CLAIR_\` are reported at start.
- A file without the key \`clair:\` is an error. \`clair: {}\` uses all defaults.
- Durations are written as in Go: \`30s\`, \`5m\`, \`1h30m\`.
- Secrets are marked. They are never logged, shown or exported.
`;

/** The reference of all settings, in Markdown: a section for each block. */
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
    // Whatever is not set of one thing is as it is for all.
    return rowsOf(entry.each, [...path, key, '<name>']).map(({ path: place, setting }) => ({
      path: place,
      setting: { ...setting, fallback: '' },
    }));
  });
}

/** Options of a database belong to its block; all others to that which they stand in. */
function blockOf(path: readonly string[]): string {
  const above = path.length === 1 ? path : path.slice(0, -1);
  return above.join('.').replace(/\.options$/, '');
}

function sectionOf(block: string, rows: readonly Row[]): string {
  const about = blocks[block] ?? 'A transport of notifications.';
  const lines = rows.map(({ path, setting }) => {
    const name = `\`${path.join('.')}\`<br>\`${variableOf(path)}\``;
    return `| ${name} | ${setting.doc.replaceAll('|', '\\|')} | ${valuesOf(setting)} |`;
  });
  const head = '| setting, variable | meaning | values |\n|---|---|---|';
  // Names in angle brackets would be taken for HTML.
  const heading = block.includes('<') ? `\`${block}\`` : block;
  return `## ${heading}\n\n${about}\n\n${head}\n${lines.join('\n')}\n`;
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
