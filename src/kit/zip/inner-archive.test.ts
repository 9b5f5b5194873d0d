import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { zipEntries } from './entries.ts';
import { innerArchive } from './inner-archive.ts';
import { ZipError } from './walker.ts';

/** An archive of `a.json` and `b/c.txt`, written by the zipfile module of Python 3.13. */
const inner: Buffer = Buffer.from(
  'UEsDBBQAAAAIAAAAIQCvrBtWCQAAAAcAAAAGAAAAYS5qc29uq1ZKVLIyrAUAUEsDBBQAAAAIAAAAIQCboe/1CwAAAHgAAAAHAAAAYi9jLnR4dEvOScwsUkimOwkAUEsBAhQDFAAAAAgAAAAhAK+sG1YJAAAABwAAAAYAAAAAAAAAAAAAAIABAAAAAGEuanNvblBLAQIUAxQAAAAIAAAAIQCboe/1CwAAAHgAAAAHAAAAAAAAAAAAAACAAS0AAABiL2MudHh0UEsFBgAAAAACAAIAaQAAAF0AAAAAAA==',
  'base64',
);
/** The same as the only file of another archive, written by that module in all the ways a stream can be read. */
const samples: Readonly<Record<string, string>> = {
  stored:
    'UEsDBBQAAAAAAAAAIQBYf8Tb3AAAANwAAAAIAAAAY3Zlcy56aXBQSwMEFAAAAAgAAAAhAK+sG1YJAAAABwAAAAYAAABhLmpzb26rVkpUsjKsBQBQSwMEFAAAAAgAAAAhAJuh7/ULAAAAeAAAAAcAAABiL2MudHh0S85JzCxSSKY7CQBQSwECFAMUAAAACAAAACEAr6wbVgkAAAAHAAAABgAAAAAAAAAAAAAAgAEAAAAAYS5qc29uUEsBAhQDFAAAAAgAAAAhAJuh7/ULAAAAeAAAAAcAAAAAAAAAAAAAAIABLQAAAGIvYy50eHRQSwUGAAAAAAIAAgBpAAAAXQAAAAAAUEsBAhQDFAAAAAAAAAAhAFh/xNvcAAAA3AAAAAgAAAAAAAAAAAAAAIABAAAAAGN2ZXMuemlwUEsFBgAAAAABAAEANgAAAAIBAAAAAA==',
  deflated:
    'UEsDBBQAAAAIAAAAIQBYf8TbbgAAANwAAAAIAAAAY3Zlcy56aXAL8GZmEWFgYOAAYkWG9WukwziBLHYgZgPiRL2s4vy81WFeIZuM1rAyBKAonr3w/VduIKsCqiFJP1mvpKLE+5znGZ0gj2XWnED1jEwizLiNh4EGRga4Zeh60G1B6NFF2BngzQo2jwkIM4F0LFgJAFBLAQIUAxQAAAAIAAAAIQBYf8TbbgAAANwAAAAIAAAAAAAAAAAAAACAAQAAAABjdmVzLnppcFBLBQYAAAAAAQABADYAAACUAAAAAAA=',
  streamed:
    'UEsDBBQACAAIAAAAIQAAAAAAAAAAAAAAAAAIAAAAY3Zlcy56aXAL8GZmEWFgYOAAYkWG9WukwziBLHYgZgPiRL2s4vy81WFeIZuM1rAyBKAonr3w/VduIKsCqiFJP1mvpKLE+5znGZ0gj2XWnED1jEwizLiNh4EGRga4Zeh60G1B6NFF2BngzQo2jwkIM4F0LFgJAFBLBwhYf8TbbgAAANwAAABQSwECFAMUAAgACAAAACEAWH/E224AAADcAAAACAAAAAAAAAAAAAAAgAEAAAAAY3Zlcy56aXBQSwUGAAAAAAEAAQA2AAAApAAAAAAA',
  'streamed zip64':
    'UEsDBC0ACAAIAAAAIQAAAAAA//////////8IABQAY3Zlcy56aXABABAAAAAAAAAAAAAAAAAAAAAAAAvwZmYRYWBg4ABiRYb1a6TDOIEsdiBmA+JEvazi/LzVYV4hm4zWsDIEoCievfD9V24gqwKqIUk/Wa+kosT7nOcZnSCPZdacQPWMTCLMuI2HgQZGBrhl6HrQbUHo0UXYGeDNCjaPCQgzgXQsWAkAUEsHCFh/xNtuAAAAAAAAANwAAAAAAAAAUEsBAi0DLQAIAAgAAAAhAFh/xNtuAAAA3AAAAAgAAAAAAAAAAAAAAIABAAAAAGN2ZXMuemlwUEsFBgAAAAABAAEANgAAAMAAAAAAAA==',
};
/** The archive and `b.txt` in another one. */
const two: Buffer = Buffer.from(
  'UEsDBBQAAAAIAAAAIQBYf8TbbgAAANwAAAAIAAAAY3Zlcy56aXAL8GZmEWFgYOAAYkWG9WukwziBLHYgZgPiRL2s4vy81WFeIZuM1rAyBKAonr3w/VduIKsCqiFJP1mvpKLE+5znGZ0gj2XWnED1jEwizLiNh4EGRga4Zeh60G1B6NFF2BngzQo2jwkIM4F0LFgJAFBLAwQUAAAACAAAACEAgxbcjAMAAAABAAAABQAAAGIudHh0qwAAUEsBAhQDFAAAAAgAAAAhAFh/xNtuAAAA3AAAAAgAAAAAAAAAAAAAAIABAAAAAGN2ZXMuemlwUEsBAhQDFAAAAAgAAAAhAIMW3IwDAAAAAQAAAAUAAAAAAAAAAAAAAIABlAAAAGIudHh0UEsFBgAAAAACAAIAaQAAALoAAAAAAA==',
  'base64',
);

async function contentOf(archive: Uint8Array, pieceBytes?: number): Promise<Buffer> {
  return Buffer.concat(await collectAll(innerArchive(inChunks(archive, pieceBytes))));
}

for (const [name, base64] of Object.entries(samples)) {
  const archive = Buffer.from(base64, 'base64');

  test(`${name}: yields the archive within an archive, in pieces of any size`, async () => {
    for (const pieceBytes of [1, 30, 1000])
      assert.ok((await contentOf(archive, pieceBytes)).equals(inner), `${pieceBytes}`);
  });

  test(`${name}: fails when the outer archive is cut anywhere, or more follows`, async () => {
    // A shorter start is no header, so it is passed on.
    for (let cut = 58; cut < archive.length; cut++)
      await assert.rejects(contentOf(archive.subarray(0, cut)), ZipError, `cut at ${cut}`);
    await assert.rejects(contentOf(Buffer.concat([archive, Buffer.from('more')])), ZipError);
  });

  test(`${name}: yields no other content when the outer archive is damaged anywhere`, async () => {
    for (let at = 0; at < archive.length; at++) {
      const damaged = Buffer.from(archive);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const found = await contentOf(damaged).catch((error: unknown) => {
        assert.ok(error instanceof ZipError, `damaged at ${at}: ${String(error)}`);
        return undefined;
      });
      // A start that is no header is passed on, and the reader of the archive refuses it.
      if (found !== undefined && !found.equals(damaged)) assert.ok(found.equals(inner), `damaged at ${at}`);
    }
  });
}

test('passes other streams on unchanged', async () => {
  for (const bytes of [inner, Buffer.from('<html>'), Buffer.alloc(0), Buffer.alloc(200_000, 7)])
    for (const pieceBytes of [7, 70_000]) assert.ok((await contentOf(bytes, pieceBytes)).equals(bytes));
});

test('refuses an outer archive of several files', async () => {
  await assert.rejects(contentOf(two), ZipError);
});

test('passes on an error of the stream, and ends the stream when the reader stops', async () => {
  const archive = Buffer.from(samples['streamed'] ?? '', 'base64');
  const broken = async function* (): AsyncGenerator<Uint8Array> {
    yield archive.subarray(0, 100);
    throw new Error('connection lost');
  };
  await assert.rejects(collectAll(innerArchive(broken())), /^Error: connection lost$/);
  let isClosed = false;
  const watched = async function* (): AsyncGenerator<Uint8Array> {
    try {
      yield archive;
    } finally {
      isClosed = true;
    }
  };
  for await (const piece of innerArchive(watched())) {
    assert.ok(piece.length > 0);
    break;
  }
  assert.ok(isClosed);
});

test('is read by the walker of archives', async () => {
  const archive = Buffer.from(samples['streamed zip64'] ?? '', 'base64');
  const files = await collectAll(zipEntries(innerArchive(inChunks(archive, 10)), () => true));
  assert.deepEqual(
    files.map(({ path }) => path),
    ['a.json', 'b/c.txt'],
  );
});
