import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { corpus } from '../../src/testing/corpus.ts';
import { scratch } from './clair.ts';

/** Returns the corpus' feeds as an offline mirror, which is created once per run. */
export function corpusMirror(): string {
  const place = join(scratch, 'mirror');
  if (!existsSync(place))
    execFileSync('bash', [corpus('make-mirror.sh'), place, corpus('.')], { stdio: 'pipe' });
  return place;
}
