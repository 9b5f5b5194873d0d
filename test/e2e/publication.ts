import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { clair, inCheckout, type Run, scratch } from './clair.ts';

/** A small image with packages of Alpine. */
export const image = inCheckout('examples/image.tar');
/** A mirror with advisories about it. */
export const mirror = inCheckout('examples/mirror');
/** The directory of databases and caches. */
export const place = join(scratch, 'published');
/** Fixes the times in documents. */
export const epoch = { SOURCE_DATE_EPOCH: '1790000000' };

/** Returns the output of a command that succeeded. */
export function done(run: Run): string {
  assert.equal(run.status, 0, run.stderr + run.stdout);
  return run.stdout;
}

/** Loads the feeds of a mirror into a database, and publishes it in a directory. Returns the digest that it prints. */
export function publish(
  name: string,
  from: string = mirror,
  sources: readonly string[] = ['alpine', 'kev'],
): string {
  const database = join(place, `${name}.db`);
  done(clair(['db', 'update', ...sources, '--mirror', from, '--db', database]));
  return digestIn(done(clair(['db', 'build', join(place, name), '--db', database])));
}

/** Returns the digest that `clair db build` printed. */
function digestIn(output: string): string {
  return /^sha256:[0-9a-f]{64}$/m.exec(output)?.[0] ?? assert.fail(output);
}

let databases = 0;

/** Runs a command on an empty database, with a cache of its own, and the published database `name`. */
export function fromPublished(name: string, args: readonly string[], cache = `cache ${databases}`): Run {
  const database = join(place, `empty ${databases++}.db`);
  const env = { ...epoch, XDG_CACHE_HOME: join(place, cache) };
  return clair([...args, '--offline', '--db', database, '--from', join(place, name)], env);
}

/** Changes one byte of a file. */
export function flipByte(path: string): void {
  const bytes = readFileSync(path);
  bytes[100] = (bytes[100] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}
