import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { zstdCompressSync } from 'node:zlib';
import { limits } from '../../core/limits.ts';
import { incompressibleBytes, publishFiles } from '../../testing/published-layout.ts';
import { temporaryDirectory } from '../../testing/shard-files.ts';
import {
  type PublisherKeys,
  publisherKeys,
  signedDocuments,
  signedRoot,
} from '../../testing/signed-catalogue.ts';
import { directoryPlace } from '../directory-place.ts';
import { blobPath, findDatabase } from '../layout.ts';
import { PublishedPlaces, type ShardLookup } from '../published-places.ts';
import { trustOptions } from '../trust-policy.ts';
import { signedPolicy } from './signed-policy.ts';

const namespace = 'debian:12';
const trusted = incompressibleBytes(50_000, 'the advisories that the client trusts');
const newer = incompressibleBytes(50_000, 'newer advisories');
const otherNamespace = incompressibleBytes(20_000, 'the advisories of another namespace');
const forged = incompressibleBytes(50_000, 'forged advisories');

/** A directory that a publisher signs and an attacker can write, and clients that trust the root of the publisher. */
class AttackedPlace {
  readonly directory: string;
  readonly keys: PublisherKeys = publisherKeys();
  readonly root: Buffer = signedRoot(this.keys);
  readonly #context: TestContext;

  constructor(context: TestContext) {
    this.#context = context;
    this.directory = temporaryDirectory(context);
  }

  async publish(content: Buffer, version: number, keys = this.keys): Promise<void> {
    await publishFiles(this.directory, { [namespace]: content, npm: otherNamespace }, (catalogue) =>
      signedDocuments(catalogue, { keys, version }),
    );
  }

  newClient(): Client {
    return new Client(this, temporaryDirectory(this.#context));
  }

  /** Overwrites the blob of a namespace. */
  overwriteShard(change: (path: string) => void): void {
    const { blob } = findDatabase(this.directory)?.catalogue.shards[namespace] ?? assert.fail();
    change(blobPath(this.directory, blob.digest));
  }
}

class Client {
  readonly #place: AttackedPlace;
  readonly #cache: string;

  constructor(place: AttackedPlace, cache: string) {
    this.#place = place;
    this.#cache = cache;
  }

  /** Looks for the advisories of a namespace, as a new process does. */
  async find({ days = 0, acceptsExpired = false } = {}): Promise<ShardLookup & { content?: Buffer }> {
    const now = (): Date => new Date(Date.now() + days * 86_400_000);
    const policy = signedPolicy({
      root: this.#place.root,
      cache: this.#cache,
      now,
      acceptsExpired,
      words: trustOptions,
    });
    const places = new PublishedPlaces(
      [{ place: directoryPlace(this.#place.directory), digest: undefined }],
      {
        cache: this.#cache,
        policy,
        now,
        isOffline: false,
        exclusively: async (_, work) => await work(),
        onProgress: () => undefined,
      },
    );
    const lookup = await places.find(namespace);
    const { found } = lookup;
    return { ...lookup, ...(found !== undefined && { content: readFileSync(found.path) }) };
  }
}

/** Compares without printing a difference of megabytes. */
function assertContent({ content }: { readonly content?: Buffer }, expected: Buffer): void {
  assert.ok(content?.equals(expected), 'other advisories are used');
}

interface Attack {
  readonly name: string;
  /** Changes a place that has published version 11 with newer advisories. `before` is a copy of version 10. */
  readonly run: (place: AttackedPlace, before: string) => Promise<void> | void;
  readonly reason: RegExp;
  /** A client that knows nothing cannot notice an older version. */
  readonly isNoticedByNewClients?: boolean;
}

const attacks: readonly Attack[] = [
  {
    name: 'an unknown publisher',
    run: async (place) => {
      await place.publish(forged, 12, publisherKeys());
    },
    reason: /timestamp was signed by 0\/1 keys/,
  },
  {
    name: 'removed signatures',
    run: async (place) => {
      await publishFiles(place.directory, { [namespace]: forged });
    },
    reason: /it is not signed/,
  },
  {
    name: 'a rollback to all files of an older version',
    run: (place, before) => {
      rmSync(place.directory, { recursive: true });
      cpSync(before, place.directory, { recursive: true });
    },
    reason: /version 9 is less than current version 10/,
    isNoticedByNewClients: false,
  },
  {
    name: 'another catalogue beside proper signatures',
    run: async (place) => {
      const documents = findDatabase(place.directory)?.trustDocuments ?? assert.fail();
      await publishFiles(place.directory, { [namespace]: forged }, () => documents);
    },
    reason: /is not the one that was signed/,
  },
  {
    name: 'an endless catalogue',
    run: (place) => {
      const reference = manifestOf(place);
      const manifest = readFileSync(reference, 'utf8');
      writeFileSync(reference, manifest.padEnd(limits.manifestBytes + 1));
    },
    reason: /bytes/,
  },
  {
    name: 'an endless shard',
    run: (place) => {
      place.overwriteShard((path) => {
        appendFileSync(path, Buffer.alloc(10_000_000));
      });
    },
    reason: /has \d+ bytes, more than \d+/,
  },
  {
    name: 'a bomb as a shard',
    run: (place) => {
      place.overwriteShard((path) => {
        writeFileSync(path, zstdCompressSync(Buffer.alloc(64 * 1024 * 1024)));
      });
    },
    reason: /bytes/,
  },
  {
    name: "another shard's bytes",
    run: (place) => {
      const { blob } = findDatabase(place.directory)?.catalogue.shards['npm'] ?? assert.fail();
      const bytes = readFileSync(blobPath(place.directory, blob.digest));
      place.overwriteShard((path) => {
        writeFileSync(path, bytes);
      });
    },
    reason: /bytes instead of|more than/,
  },
];

function manifestOf(place: AttackedPlace): string {
  const { digest } = findDatabase(place.directory) ?? assert.fail();
  return blobPath(place.directory, digest);
}

for (const { name, run, reason, isNoticedByNewClients = true } of attacks)
  test(`uses the trusted advisories on, and nothing in a new client, when a place has ${name}`, async (t) => {
    const place = new AttackedPlace(t);
    const before = join(temporaryDirectory(t), 'before');
    await place.publish(forged, 9);
    cpSync(place.directory, before, { recursive: true });
    await place.publish(trusted, 10);
    const client = place.newClient();
    assertContent(await client.find(), trusted);
    await place.publish(newer, 11);
    await run(place, before);
    const { failures, ...lookup } = await client.find();
    assertContent(lookup, trusted);
    assert.match(failures.map(({ message }) => message).join('; '), reason);
    if (!isNoticedByNewClients) return;
    const unknown = await place.newClient().find();
    assert.equal(unknown.found, undefined);
    assert.match(unknown.failures[0]?.message ?? '', reason);
  });

test('takes the newer version of the same publisher', async (t) => {
  const place = new AttackedPlace(t);
  await place.publish(trusted, 10);
  const client = place.newClient();
  await client.find();
  await place.publish(newer, 11);
  const lookup = await client.find();
  assertContent(lookup, newer);
  assert.deepEqual([lookup.failures, lookup.found?.trust], [[], 'signed']);
});

test('uses advisories whose signatures have expired only with a version trusted before, or when accepted', async (t) => {
  const place = new AttackedPlace(t);
  await place.publish(trusted, 10);
  const [known, unknown] = [place.newClient(), place.newClient()];
  await known.find();
  assertContent(await known.find({ days: 30 }), trusted);
  const refused = await unknown.find({ days: 30 });
  assert.equal(refused.found, undefined);
  assert.match(
    refused.failures[0]?.message ?? '',
    /have expired .* accept an old copy with --accept-expired/,
  );
  const accepted = await unknown.find({ days: 30, acceptsExpired: true });
  assertContent(accepted, trusted);
  assert.deepEqual([accepted.failures, accepted.found?.trust], [[], 'expired']);
  // Accepting it once does not make it trusted.
  assert.equal((await unknown.find({ days: 30 })).found, undefined);
});
