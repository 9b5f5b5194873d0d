import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { vendorFeeds } from '../../examples/make-database.ts';
import { findDatabase } from '../../src/advisory-db/layout.ts';
import { type CatalogueSigner, LayoutWriter } from '../../src/advisory-db/layout-writer.ts';
import type { Digest } from '../../src/model/digest.ts';
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

/** Publishes the content of a directory again, as if its feeds were last checked at a time. Returns the digest. */
export async function publishAsCheckedAt(
  directory: string,
  checkedAt: string,
  sign?: CatalogueSigner,
): Promise<Digest> {
  const { catalogue } = findDatabase(directory) ?? assert.fail();
  const shards = Object.fromEntries(
    Object.entries(catalogue.shards).map(([name, shard]) => [
      name,
      { ...shard, feeds: shard.feeds.map((feed) => ({ ...feed, checkedAt })) },
    ]),
  );
  return await new LayoutWriter(directory).publish({ ...catalogue, shards }, sign);
}

/** Writes the feeds of the example database as a mirror, with other documents of Red Hat if they are given. */
export function writeMirror(directory: string, ...documents: Parameters<typeof vendorFeeds>): void {
  for (const [url, content] of vendorFeeds(...documents)) {
    const file = join(directory, url.slice('https://'.length));
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  }
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
