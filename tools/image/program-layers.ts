import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as z from 'zod/mini';
import type { ImageInput } from './inputs.ts';
import { RootFiles } from './root-files.ts';
import { output } from './run-tool.ts';

/** Directory of the program in the image. */
const programDirectory = 'usr/lib/clair';

/** Packages that the bundle leaves in `node_modules`. */
const unbundled = ['@grpc/grpc-js', '@grpc/proto-loader', '@grpc/reflection', 'grpc-health-check'];

/** Development dependencies that the bundle contains. */
const bundledTools = ['tuf-js', '@tufjs/models'];

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dependencies: z.optional(z.record(z.string(), z.string())),
      optionalDependencies: z.optional(z.record(z.string(), z.string())),
    }),
  ),
});

const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  dependencies: z.record(z.string(), z.string()),
});

/** The parts of `package.json` that the image states. */
export type ImageManifest = z.infer<typeof manifestSchema>;

/** Reads `package.json` of this checkout. */
export function readManifest(): ImageManifest {
  return manifestSchema.parse(JSON.parse(readFileSync('package.json', 'utf8')));
}

/** Returns a layer with the program of Node, as its authors published it. */
export function nodeLayer({ path }: ImageInput): RootFiles {
  const files = new RootFiles();
  const member = (name: string): Buffer => output('tar', ['-xzOf', resolve(path), `package/${name}`]);
  files.addFile('usr/bin/node', member('bin/node'), { mode: 0o755 });
  files.addFile('usr/share/doc/node/LICENSE', member('LICENSE'));
  return files;
}

/**
 * Returns a layer with the bundle, its worker threads and the packages beside it. Bundled packages have their `package.json` and licences
 * there, so that scanners list them.
 */
export function clairLayer(): RootFiles {
  const files = new RootFiles();
  const { name, version, license, dependencies } = readManifest();
  const manifest = { name, version, license, type: 'module' };
  files.addFile(`${programDirectory}/package.json`, `${JSON.stringify(manifest)}\n`);
  for (const directory of ['dist/bin', 'dist/console', 'proto']) addFiles(files, directory, () => true);
  addFiles(files, 'LICENSE', () => true);
  const whole = packagesOf(unbundled);
  for (const path of packagesOf([...Object.keys(dependencies), ...bundledTools]))
    addFiles(files, path, whole.has(path) ? isRunnable : isDescription);
  return files;
}

/** Adds a file, or the files of a directory without nested packages, below the directory of the program. */
function addFiles(files: RootFiles, path: string, isWanted: (name: string) => boolean): void {
  const members = path === 'LICENSE' ? [''] : filesBelow(path).sort();
  for (const member of members)
    if (isWanted(member))
      files.addFile(join(programDirectory, path, member), readFileSync(join(path, member)));
}

function filesBelow(directory: string, prefix = ''): string[] {
  return readdirSync(join(directory, prefix), { withFileTypes: true }).flatMap((entry) => {
    const name = join(prefix, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(directory, name);
    return entry.isFile() ? [name] : [];
  });
}

function isDescription(name: string): boolean {
  return name === 'package.json' || /^(?:licen[cs]e|copying|notice)/i.test(name);
}

function isRunnable(name: string): boolean {
  return isDescription(name) || /\.(?:js|cjs|mjs|json|proto)$/.test(name);
}

/** Returns the directories of packages and of all their dependencies, as `package-lock.json` places them. */
function packagesOf(names: readonly string[]): ReadonlySet<string> {
  const { packages } = lockSchema.parse(JSON.parse(readFileSync('package-lock.json', 'utf8')));
  const found = new Set<string>();
  const add = (name: string, from: string): void => {
    const place = placesOf(name, from).find((path) => path in packages);
    if (place === undefined || found.has(place) || name.startsWith('@types/') || name === 'undici-types')
      return;
    found.add(place);
    const { dependencies = {}, optionalDependencies = {} } = packages[place] ?? {};
    for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) add(next, place);
  };
  for (const name of names) add(name, '');
  return found;
}

/** Returns the directories in which Node looks for a package, the nearest first. */
function placesOf(name: string, from: string): string[] {
  const places = [join(from, 'node_modules', name)];
  for (
    let end = from.lastIndexOf('/node_modules/');
    end > 0;
    end = from.lastIndexOf('/node_modules/', end - 1)
  )
    places.push(join(from.slice(0, end), 'node_modules', name));
  return [...places, join('node_modules', name)];
}
