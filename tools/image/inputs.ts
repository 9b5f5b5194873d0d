import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { sha256Of } from '../../src/kit/sha256.ts';
import { DebianArchive } from './debian-archive.ts';
import { type ImagePlatform, platforms } from './platforms.ts';
import { output } from './run-tool.ts';

/** The packages of Debian in the image, besides Node. */
const debianPackages = ['base-files', 'ca-certificates', 'gcc-14-base', 'libc6', 'libgcc-s1', 'libstdc++6'];

const inputsFile = join(import.meta.dirname, 'inputs.json');

const inputsSchema = z.strictObject({
  release: z.string(),
  node: z.string(),
  platforms: z.record(
    z.enum(Object.keys(platforms) as ImagePlatform[]),
    z.strictObject({
      node: z.string(),
      debian: z.array(z.strictObject({ name: z.string(), version: z.string(), sha256: z.string() })),
    }),
  ),
});

/** Inputs of an image: the release of Debian, the version of Node, and each package with its digest. */
export type ImageInputs = z.infer<typeof inputsSchema>;

/** A file that an image is built from. */
export interface ImageInput {
  readonly name: string;
  readonly version: string;
  readonly path: string;
  readonly purl: string;
  readonly digest: Readonly<Record<'sha256' | 'sha512', string | undefined>>;
}

/** The files of one platform. */
export interface PlatformInputs {
  readonly node: ImageInput;
  readonly debian: readonly ImageInput[];
}

/** Reads the pinned inputs. */
export function readInputs(): ImageInputs {
  return inputsSchema.parse(JSON.parse(readFileSync(inputsFile, 'utf8')));
}

/** Fetches the inputs of a platform into a directory, unless they are there. Throws if a digest differs. */
export function fetchInputs(inputs: ImageInputs, platform: ImagePlatform, directory: string): PlatformInputs {
  mkdirSync(directory, { recursive: true });
  const { npm, debian: architecture } = platforms[platform];
  const pinned = inputs.platforms[platform];
  const archive = new DebianArchive(inputs.release, directory);
  return {
    node: nodeInput({ name: npm, version: inputs.node, integrity: pinned.node, directory }),
    debian: pinned.debian.map(({ name, version, sha256 }) => {
      const path = archive.fetch(name, version, architecture);
      const actual = sha256Of(readFileSync(path));
      if (actual !== sha256) throw new Error(`${path} has the digest ${actual}, not ${sha256}`);
      const purl = `pkg:deb/debian/${encodeURIComponent(name)}@${encodeURIComponent(version)}?arch=${architecture}&distro=${inputs.release}`;
      return { name, version, path, purl, digest: { sha256, sha512: undefined } };
    }),
  };
}

interface NodePackage {
  readonly name: string;
  readonly version: string;
  readonly integrity: string;
  readonly directory: string;
}

function nodeInput({ name, version, integrity, directory }: NodePackage): ImageInput {
  const path = packedNode(name, version, directory);
  const actual = integrityOf(path);
  if (actual !== integrity) throw new Error(`${path} has the integrity ${actual}, not ${integrity}`);
  const sha512 = Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex');
  const purl = `pkg:npm/${name}@${version}`;
  return { name, version, path, purl, digest: { sha256: undefined, sha512 } };
}

function packedNode(name: string, version: string, directory: string): string {
  const path = join(directory, `${name}-${version}.tgz`);
  if (!existsSync(path)) output('npm', ['pack', `${name}@${version}`, '--silent'], directory);
  return path;
}

function integrityOf(path: string): string {
  return `sha512-${createHash('sha512').update(readFileSync(path)).digest('base64')}`;
}

/** Pins the newest packages of the release, and the version of Node that this checkout develops with. */
export function updateInputs(directory: string): void {
  mkdirSync(directory, { recursive: true });
  const { release } = readInputs();
  const archive = new DebianArchive(release, directory);
  const { devDependencies } = z
    .object({ devDependencies: z.object({ node: z.string() }) })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  const node = devDependencies.node;
  const pinned = Object.entries(platforms).map(([platform, { npm, debian: architecture }]) => {
    const debian = debianPackages.map((name) => {
      const version = archive.newest(name, architecture);
      const sha256 = sha256Of(readFileSync(archive.fetch(name, version, architecture)));
      return { name, version, sha256 };
    });
    return [platform, { node: integrityOf(packedNode(npm, node, directory)), debian }];
  });
  const inputs = { release, node, platforms: Object.fromEntries(pinned) as ImageInputs['platforms'] };
  writeFileSync(inputsFile, `${JSON.stringify(inputs, null, 2)}\n`);
}
