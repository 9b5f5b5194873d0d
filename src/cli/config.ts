import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { configReference } from '../config/config-reference.ts';
import { resolveLayerSources } from '../config/layer-sources.ts';
import { printConfig } from '../config/print-config.ts';
import { readConfig } from '../config/read-config.ts';
import { type AllSettings, type Config, settingsWith } from '../config/settings.ts';
import { ClairError, messageOf } from '../core/errors.ts';
import { builtIn, transportKinds } from '../extensions.ts';
import { writeText } from './output.ts';
import type { PluginNames } from './server/service-plan.ts';

/** All settings, including those of built-in extensions. */
export const settings: AllSettings = settingsWith({
  transports: transportKinds,
  sources: [...builtIn.sources, ...builtIn.enrichers].map(({ name }) => name),
});

/** Options of the commands about the configuration. */
export interface ConfigOptions {
  readonly config?: string;
  /** Plugins that the command line adds to those of the configuration. */
  readonly plugins?: readonly string[];
  /** Variables that begin with `CLAIR_` and set options of the command line. */
  readonly optionVariables?: ReadonlySet<string>;
}

/** Runs `clair config check`: the checks that the server makes before it starts. */
export async function checkConfig(options: ConfigOptions): Promise<number> {
  const notes: string[] = [];
  const file = { isClair4: false };
  const config = loadConfig(options, process.env, {
    onUnknownVariables: (names) => {
      notes.push(`unknown variables, which have no effect: ${names.join(', ')}\n`);
    },
    onKeysWithoutEffect: (keys) => {
      notes.push(...keys.map((key) => `without effect: ${key}\n`));
    },
    onClair4File: () => {
      file.isClair4 = true;
    },
  });
  if (file.isClair4) notes.push(...strictSources(config));
  const { checkServer } = await import('./server/start-server.ts');
  await checkServer(config, { plugins: pluginNames(config, options) });
  writeText([...notes, `${options.config ?? 'the environment'} can be used\n`]);
  return 0;
}

/** Returns a warning if a server would not read layers of private networks, unlike Clair v4, and no setting says that it shall not. */
function strictSources(config: Config): string[] {
  const { policy, networks } = resolveLayerSources(config);
  if (config.worker.sources.policy !== 'auto' || policy !== 'strict' || networks.length > 0) return [];
  return [
    'warning: layers are read from public addresses only; set CLAIR_WORKER_SOURCES_NETWORKS to the networks of the registry and its storage, such as 10.0.0.0/8\n',
  ];
}

/** Runs `clair config print`: prints the effective settings without secrets. */
export function showConfig(options: ConfigOptions): number {
  writeText([printConfig(loadConfig(options), settings)]);
  return 0;
}

/** Runs `clair config reference`: prints all settings in Markdown. */
export function showConfigReference(): number {
  writeText([configReference(settings)]);
  return 0;
}

/** Receivers of what has no effect in a configuration. */
type ConfigReceivers = Pick<
  Parameters<typeof readConfig>[0],
  'onUnknownVariables' | 'onKeysWithoutEffect' | 'onClair4File'
>;

/** Reads the settings of the environment and of a file, if one is named. Throws `config-invalid`. */
export function loadConfig(
  { config: name, optionVariables = new Set() }: ConfigOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
  receivers: ConfigReceivers = {},
): Config {
  return readConfig({
    settings,
    env,
    optionVariables,
    ...receivers,
    ...(name !== undefined && { file: { name, text: readText(name), dropIns: dropInsOf(name) } }),
  });
}

function readText(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch (error) {
    throw new ClairError('config-invalid', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Returns the files that Clair v4 merges into a file: those of its name with `.d`, and of its extension, also with `-patch`. */
function dropInsOf(name: string): string[] {
  const directory = `${name}.d`;
  const extension = extname(name);
  if (extension === '' || !existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((one) => [extension, `${extension}-patch`].includes(extname(one)))
    .map((one) => join(directory, one));
}

/** Returns all plugins. Names of the configuration are relative to its file, those of the command line to the working directory. */
export function pluginNames(
  { plugins: configured }: Config,
  { config, plugins: typed = [] }: ConfigOptions,
): PluginNames {
  const directory = dirname(resolve(config ?? 'config.yaml'));
  return { names: [...configured, ...typed.map(resolveIfPath)], directory };
}

function resolveIfPath(name: string): string {
  return existsSync(name) ? resolve(name) : name;
}
