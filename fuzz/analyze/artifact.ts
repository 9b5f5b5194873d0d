import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tar } from '../../src/testing/tar-writer.ts';
import { untar } from '../../src/testing/untar.ts';
import { type Input, single, type Target } from './target/target.ts';

/** Writes an input that causes a fault: the file itself, or a tar of the files. Returns its path. */
export function writeArtifact(directory: string, target: Target, fault: string, input: Input): string {
  const bytes = isSingle(target)
    ? (input.get('') ?? Buffer.alloc(0))
    : tar([...input].map(([path, content]) => ({ path, content, type: 'file' as const })));
  const name = `${target.name}-${fault}-${createHash('sha256').update(bytes).digest('hex').slice(0, 12)}`;
  mkdirSync(directory, { recursive: true });
  const path = join(directory, name);
  writeFileSync(path, bytes);
  return path;
}

/** Reads an input that `writeArtifact` wrote. */
export function readArtifact(path: string, target: Target): Input {
  const bytes = readFileSync(path);
  return isSingle(target) ? single(bytes) : new Map(untar(bytes));
}

function isSingle(target: Target): boolean {
  return target.paths.length === 1 && target.paths[0] === '';
}
