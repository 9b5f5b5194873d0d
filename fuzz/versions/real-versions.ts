import { existsSync, readFileSync } from 'node:fs';
import { corpus } from '../../src/testing/corpus.ts';

/** Returns the versions in the comparison tables of the corpus, many of them from real advisories. Returns none if there is no corpus. */
export function realVersions(scheme: string): readonly string[] {
  const path = corpus(`versions/${scheme}.tsv`);
  if (!existsSync(path)) return [];
  const versions = new Set<string>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const [a = '', , b = ''] = line.split('\t');
    versions.add(a).add(b);
  }
  return [...versions];
}
