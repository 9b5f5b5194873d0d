import { readFileSync } from 'node:fs';
import { configReference } from '../config/config-reference.ts';
import { printConfig } from '../config/print-config.ts';
import { readConfig } from '../config/read-config.ts';
import { type AllSettings, type Config, settingsWith } from '../config/settings.ts';
import { builtIn, transportKinds } from '../extensions.ts';
import { ClairError, messageOf } from '../kit/errors.ts';
import { writeText } from './output.ts';

/** Everything that can be set of what comes with clair. */
export const settings: AllSettings = settingsWith({
  transports: transportKinds,
  sources: [...builtIn.sources, ...builtIn.enrichers].map(({ name }) => name),
});

/** Options of the commands about the configuration. */
export interface ConfigOptions {
  readonly config?: string;
}

/** `clair config check`: whether a file and the environment can be used. */
export function checkConfig(options: ConfigOptions): number {
  loadConfig(options);
  writeText([`${options.config ?? 'the environment'} can be used\n`]);
  return 0;
}

/** `clair config print`: what is in force, secrets left out. */
export function showConfig(options: ConfigOptions): number {
  writeText([printConfig(loadConfig(options), settings)]);
  return 0;
}

/** `clair config reference`: every setting there is. */
export function showReference(): number {
  writeText([configReference(settings)]);
  return 0;
}

/** The settings of a file, where one is named, and of the environment. */
export function loadConfig(
  { config: name }: ConfigOptions,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  return readConfig({
    settings,
    env,
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
