import { readFileSync } from 'node:fs';
import { readConfig } from '../config/config.ts';
import type { Config } from '../config/settings.ts';
import { configReference, printConfig } from '../config/show.ts';
import { builtIn } from '../extensions.ts';
import { ClairError, messageOf } from '../kit/errors.ts';
import { writeResult } from './output.ts';

/** Options of the commands about the configuration. */
export interface ConfigOptions {
  readonly config?: string;
}

/** `clair config check`: whether a file and the environment can be used. */
export function checkConfig(options: ConfigOptions): number {
  loadConfig(options);
  writeResult([`${options.config ?? 'the environment'} can be used\n`], undefined);
  return 0;
}

/** `clair config print`: what is in force, secrets left out. */
export function showConfig(options: ConfigOptions): number {
  writeResult([printConfig(loadConfig(options))], undefined);
  return 0;
}

/** `clair config reference`: every setting there is. */
export function showReference(): number {
  writeResult([configReference()], undefined);
  return 0;
}

/** The settings of a file, where one is named, and of the environment. */
export function loadConfig({ config: name }: ConfigOptions): Config {
  return readConfig({
    env: process.env,
    sources: [...builtIn.sources, ...builtIn.enrichers].map(({ name }) => name),
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
