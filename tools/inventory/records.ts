import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Files of a package manager, and the packages that it lists. */
export interface InventoryRecord {
  readonly name: string;
  /** Name and version of the package manager. */
  readonly tool: string;
  /** Type of the packages in a report. */
  readonly type: string;
  /** `name version` of each package, as the package manager lists it. */
  readonly packages: readonly string[];
  /** Files by path. A file that is no text is compressed with gzip, in Base64. */
  readonly files: Readonly<Record<string, string | { readonly gzip: string }>>;
}

/** Types of packages by the script, where it has another name. */
const types: Readonly<Record<string, string>> = { 'conan-1': 'conan', apko: 'apk', wheel: 'cargo' };
const directory = resolve(import.meta.dirname, '../../src/analyze/testdata/inventory');

/** Returns the record of the script of this name, which has run in a root file system. Without a result, it has no package. */
export function recordOf(root: string, name: string): InventoryRecord {
  const linesOf = (file: string): string[] =>
    textIn(join(root, 'packages', name, 'result', file))
      .split('\n')
      .filter(Boolean);
  const [tool = 'no result'] = linesOf('tool');
  const paths = linesOf('files').toSorted();
  const files = Object.fromEntries(
    paths.map((path) => [path.slice(1), contentOf(readFileSync(join(root, path)))]),
  );
  return { name, tool, type: types[name] ?? name, packages: linesOf('packages').toSorted(), files };
}

function textIn(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function contentOf(content: Buffer): string | { readonly gzip: string } {
  const text = content.toString('utf8');
  const isText = !text.includes('\0') && Buffer.from(text).equals(content);
  return isText ? text : { gzip: gzipSync(content, { level: 9 }).toString('base64') };
}

/** Writes the records for the tests of the listers. GHC lists its own packages as well, of which no file is kept. */
export function writeRecords(records: readonly InventoryRecord[]): void {
  mkdirSync(directory, { recursive: true });
  for (const record of records) {
    const packages = record.packages.filter((one) => record.name !== 'hackage' || one.startsWith('clair-'));
    const text = JSON.stringify({ ...record, packages }, undefined, 2);
    writeFileSync(join(directory, `${record.name}.json`), `${text}\n`);
  }
}
