import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire, findPackageJSON } from 'node:module';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ClairError, messageOf } from '../core/errors.ts';
import { sha256Of } from '../kit/sha256.ts';
import type { Plugin } from '../plugin/plugin.ts';
import { errorLocation } from './error-location.ts';
import { validatePlugin } from './validate-plugin.ts';

/** A plugin after its module was imported. */
export interface LoadedPlugin {
  readonly plugin: Plugin;
  /** Path of its module on disk. */
  readonly path: string;
  /** URL of the module with a hash of its code as the query, so that changed code is imported again. */
  readonly module: string;
}

/**
 * Loads plugins by name. A name is the path of a module (`.ts`, `.mts`, `.js` or `.mjs`), the path of a directory of modules, or the
 * name of a package. Paths and packages resolve from `directory`. Throws `config-invalid` with what to fix and where.
 */
export async function loadPlugins(names: readonly string[], directory: string): Promise<LoadedPlugin[]> {
  const paths = names.flatMap((name) => modulesOf(name, directory));
  const loaded: LoadedPlugin[] = [];
  for (const path of new Set(paths)) loaded.push(await load(path));
  return loaded;
}

const isModule = /(?<!\.d|\.test)\.m?[jt]s$/;

function modulesOf(name: string, directory: string): string[] {
  const isPath = /^[./]/.test(name) || isModule.test(name);
  const path = isPath ? resolve(directory, name) : undefined;
  try {
    if (path === undefined) return [mainModuleOf(name, directory)];
    if (!statSync(path).isDirectory()) return [path];
    return readdirSync(path)
      .filter((entry) => isModule.test(entry))
      .sort()
      .map((entry) => join(path, entry));
  } catch (error) {
    throw pluginError(name, `cannot be found: ${messageOf(error)}`, error);
  }
}

/** Returns the path of the main module of a package. */
function mainModuleOf(name: string, directory: string): string {
  const from = join(directory, 'plugins.js');
  try {
    return createRequire(from).resolve(name);
  } catch (cause) {
    // The package can be imported, but not required.
    const manifest = manifestOf(name, from);
    if (manifest === undefined)
      throw new Error('no package of this name is installed; the path of a file begins with ./', { cause });
    const { exports } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly exports?: unknown };
    const main = importTargetOf(exports);
    if (main === undefined) throw new Error(`${manifest} names no module to import`, { cause });
    return join(dirname(manifest), main);
  }
}

function manifestOf(name: string, from: string): string | undefined {
  try {
    return findPackageJSON(name, pathToFileURL(from));
  } catch {
    return undefined; // the package is not installed
  }
}

/** Returns the target that `exports` of a package.json has for an import of the package itself. */
function importTargetOf(exports: unknown): string | undefined {
  if (typeof exports === 'string') return exports;
  if (typeof exports !== 'object' || exports === null) return undefined;
  const conditions = exports as Record<string, unknown>;
  for (const name of ['.', 'node', 'import', 'default']) {
    const target = importTargetOf(conditions[name]);
    if (target !== undefined) return target;
  }
  return undefined;
}

async function load(path: string): Promise<LoadedPlugin> {
  try {
    const code = readFileSync(path);
    assertEsModule(path, code.toString('utf8'));
    const version = sha256Of(code).slice(0, 16);
    const module = `${pathToFileURL(path).href}?${version}`;
    const { plugin } = (await import(module)) as { readonly plugin?: unknown };
    return { plugin: validatePlugin(plugin), path, module };
  } catch (error) {
    const location = errorLocation(error, path);
    throw pluginError(
      [path, location].filter(Boolean).join(':'),
      `cannot be used: ${messageOf(error)}`,
      error,
    );
  }
}

/** Throws if Node would read an ES module as CommonJS because of `"type": "commonjs"` in package.json, which `npm init` writes. */
function assertEsModule(path: string, code: string): void {
  if (!/\.[jt]s$/.test(path) || !/^[^\S\r\n\u2028\u2029]*export\s/m.test(code)) return;
  const manifest = nearestManifest(dirname(path));
  if (manifest === undefined || packageType(manifest) !== 'commonjs') return;
  const esmName = basename(path).replace(/\.([jt]s)$/, '.m$1');
  throw new Error(
    `it is an ES module, but ${manifest} has "type": "commonjs": set "type": "module" there, or rename the file to ${esmName}`,
  );
}

/** Returns the path of the package.json that applies to the modules of a directory. */
function nearestManifest(directory: string): string | undefined {
  const manifest = join(directory, 'package.json');
  if (existsSync(manifest)) return manifest;
  const above = dirname(directory);
  return above === directory ? undefined : nearestManifest(above);
}

function packageType(manifest: string): unknown {
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly type?: unknown }).type;
}

function pluginError(name: string, what: string, cause: unknown): ClairError {
  return new ClairError('config-invalid', `the plugin ${name} ${what}`, { cause });
}
