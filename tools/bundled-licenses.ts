import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Metafile } from 'esbuild';
import { z } from 'zod';

/** Licences that allow to distribute a bundle under Apache-2.0, if it comes with their texts. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'ISC',
  'MIT',
  'MIT-0',
]);

const directory = 'dist/licenses';
const manifestSchema = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string(),
  repository: z.object({ url: z.string() }).or(z.string().transform((url) => ({ url }))),
});

/**
 * Writes `dist/licenses/NAME.txt`: the name, version, licence and notices of each package whose code is in a bundle. The package is
 * published with it, since most licences require their text beside the code.
 *
 * @throws Error if a package has a licence that is not in the list above.
 */
export function writeBundledLicenses(name: string, metafiles: readonly Metafile[]): void {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const packages = new Set(inputs.map(packageDirectoryOf).filter((path) => path !== undefined));
  mkdirSync(directory, { recursive: true });
  writeFileSync(
    join(directory, `${name}.txt`),
    [...packages]
      .sort()
      .map(licenseOf)
      .join(`\n${'-'.repeat(80)}\n\n`),
  );
}

/** Returns the directory of the package that a file belongs to, for example `node_modules/a/node_modules/@b/c`. */
function packageDirectoryOf(path: string): string | undefined {
  return /^.*\bnode_modules\/(?:@[^/]+\/)?[^/]+/u.exec(path)?.[0];
}

function licenseOf(directory: string): string {
  const path = join(directory, 'package.json');
  const { name, version, license, repository } = manifestSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
  if (!allowed.has(license))
    throw new Error(`${path}: ${license} is not a licence that a bundle may contain`);
  const files = globSync('{LICEN[SC]E,Licen[sc]e,licen[sc]e,NOTICE,COPYING}*', { cwd: directory }).sort();
  const texts = files.map((file) => readFileSync(join(directory, basename(file)), 'utf8').trim());
  if (texts.length === 0)
    texts.push(`The package comes without the text of its licence. Source: ${repository.url}`);
  return `${name} ${version}, ${license}\n\n${texts.join('\n\n')}\n`;
}
