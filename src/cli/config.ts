import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { configReference } from '../config/config-reference.ts';
import { printConfig } from '../config/print-config.ts';
import { readConfig } from '../config/read-config.ts';
import { type AllSettings, type Config, settingsWith } from '../config/settings.ts';
import { ClairError, messageOf } from '../core/errors.ts';
import { builtIn, transportKinds } from '../extensions.ts';
import { writeText } from './output.ts';
import type { PluginNames } from './server/service-plan.ts';

/** Everything that can be set of what comes with clair. */
export const settings: AllSettings = settingsWith({
  transports: transportKinds,
  sources: [...builtIn.sources, ...builtIn.enrichers].map(({ name }) => name),
});

/** Options of the commands about the configuration. */
export interface ConfigOptions {
  readonly config?: string;
  /** Plugins that the command line names besides those of the configuration. */
  readonly plugins?: readonly string[];
  /** Variables that begin with `CLAIR_` and belong to options of the command line. */
  readonly optionVariables?: ReadonlySet<string>;
}

/** `clair config check`: whether the server would start with a file and the environment, by the very check that it makes itself. */
export async function checkConfig(options: ConfigOptions): Promise<number> {
  const notes: string[] = [];
  const config = loadConfig(options, process.env, (names) => {
    notes.push(`unknown variables, which set nothing: ${names.join(', ')}\n`);
  });
  const { checkServer } = await import('./server/start-server.ts');
  await checkServer(config, { plugins: pluginNames(config, options) });
  writeText([...notes, `${options.config ?? 'the environment'} can be used\n`]);
  return 0;
}

/** `clair config print`: what is in force, secrets left out. */
export function showConfig(options: ConfigOptions): number {
  writeText([printConfig(loadConfig(options), settings)]);
  return 0;
}

/** `clair config reference`: every setting there is. */
export function showConfigReference(): number {
  writeText([configReference(settings)]);
  return 0;
}

/** The settings of a file, where one is named, and of the environment. */
export function loadConfig(
  { config: name, optionVariables = new Set() }: ConfigOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
  onUnknownVariables: (names: readonly string[]) => void = () => undefined,
): Config {
  return readConfig({
    settings,
    env,
    optionVariables,
    onUnknownVariables,
    ...(name !== undefined && { file: { name, text: readText(name) } }),
  });
}

function readText(name: string): string {
  try {
    return readFileSync(name, 'utf8');
  } catch (error) {
    throw new ClairError('config-invalid', `${name} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

/** Those of the configuration are looked for from where its file is, those of the command line from where it was typed. */
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
