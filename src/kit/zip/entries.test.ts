import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ClairError } from '../../core/errors.ts';
import { limits } from '../../core/limits.ts';
import { missingTool, runTool } from '../../testing/image-builder.ts';
import { collectAll, inChunks } from '../../testing/streams.ts';
import { zipEntries } from './entries.ts';
import { ZipError } from './walker.ts';

/** `a.json` and `b/c.txt`, written by the zipfile module of Python 3.13 in all the ways a stream can be read. */
const samples: Readonly<Record<string, string>> = {
  stored:
    'UEsDBBQAAAAAAAAAIQCvrBtWBwAAAAcAAAAGAAAAYS5qc29ueyJhIjoxfVBLAwQUAAAAAAAAACEAm6Hv9XgAAAB4AAAABwAAAGIvYy50eHRjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBjbGFpciBQSwECFAMUAAAAAAAAACEAr6wbVgcAAAAHAAAABgAAAAAAAAAAAAAAgAEAAAAAYS5qc29uUEsBAhQDFAAAAAAAAAAhAJuh7/V4AAAAeAAAAAcAAAAAAAAAAAAAAIABKwAAAGIvYy50eHRQSwUGAAAAAAIAAgBpAAAAyAAAAAAA',
  deflated:
    'UEsDBBQAAAAIAAAAIQCvrBtWCQAAAAcAAAAGAAAAYS5qc29uq1ZKVLIyrAUAUEsDBBQAAAAIAAAAIQCboe/1CwAAAHgAAAAHAAAAYi9jLnR4dEvOScwsUkimOwkAUEsBAhQDFAAAAAgAAAAhAK+sG1YJAAAABwAAAAYAAAAAAAAAAAAAAIABAAAAAGEuanNvblBLAQIUAxQAAAAIAAAAIQCboe/1CwAAAHgAAAAHAAAAAAAAAAAAAACAAS0AAABiL2MudHh0UEsFBgAAAAACAAIAaQAAAF0AAAAAAA==',
  streamed:
    'UEsDBBQACAAIAAAAIQAAAAAAAAAAAAAAAAAGAAAAYS5qc29uq1ZKVLIyrAUAUEsHCK+sG1YJAAAABwAAAFBLAwQUAAgACAAAACEAAAAAAAAAAAAAAAAABwAAAGIvYy50eHRLzknMLFJIpjsJAFBLBwiboe/1CwAAAHgAAABQSwECFAMUAAgACAAAACEAr6wbVgkAAAAHAAAABgAAAAAAAAAAAAAAgAEAAAAAYS5qc29uUEsBAhQDFAAIAAgAAAAhAJuh7/ULAAAAeAAAAAcAAAAAAAAAAAAAAIABPQAAAGIvYy50eHRQSwUGAAAAAAIAAgBpAAAAfQAAAAAA',
  zip64:
    'UEsDBC0AAAAIAAAAIQCvrBtW//////////8GABQAYS5qc29uAQAQAAcAAAAAAAAACQAAAAAAAACrVkpUsjKsBQBQSwMELQAAAAgAAAAhAJuh7/X//////////wcAFABiL2MudHh0AQAQAHgAAAAAAAAACwAAAAAAAABLzknMLFJIpjsJAFBLAQItAy0AAAAIAAAAIQCvrBtWCQAAAAcAAAAGAAAAAAAAAAAAAACAAQAAAABhLmpzb25QSwECLQMtAAAACAAAACEAm6Hv9QsAAAB4AAAABwAAAAAAAAAAAAAAgAFBAAAAYi9jLnR4dFBLBQYAAAAAAgACAGkAAACFAAAAAAA=',
  'streamed zip64':
    'UEsDBC0ACAAIAAAAIQAAAAAA//////////8GABQAYS5qc29uAQAQAAAAAAAAAAAAAAAAAAAAAACrVkpUsjKsBQBQSwcIr6wbVgkAAAAAAAAABwAAAAAAAABQSwMELQAIAAgAAAAhAAAAAAD//////////wcAFABiL2MudHh0AQAQAAAAAAAAAAAAAAAAAAAAAABLzknMLFJIpjsJAFBLBwiboe/1CwAAAAAAAAB4AAAAAAAAAFBLAQItAy0ACAAIAAAAIQCvrBtWCQAAAAcAAAAGAAAAAAAAAAAAAACAAQAAAABhLmpzb25QSwECLQMtAAgACAAAACEAm6Hv9QsAAAB4AAAABwAAAAAAAAAAAAAAgAFZAAAAYi9jLnR4dFBLBQYAAAAAAgACAGkAAAC1AAAAAAA=',
};
const expected = [
  ['a.json', '{"a":1}'],
  ['b/c.txt', 'clair '.repeat(20)],
];

async function filesOf(
  archive: Uint8Array,
  { pieceBytes, wants = () => true }: { pieceBytes?: number; wants?: (path: string) => boolean } = {},
): Promise<[string, string][]> {
  const files = await collectAll(zipEntries(inChunks(archive, pieceBytes), wants));
  return files.map(({ path, bytes }) => [path, bytes.toString('latin1')]);
}

for (const [name, base64] of Object.entries(samples)) {
  const archive = Buffer.from(base64, 'base64');

  test(`${name}: the wanted files come out, whatever the pieces`, async () => {
    for (const pieceBytes of [1, 30, 1000])
      assert.deepEqual(await filesOf(archive, { pieceBytes }), expected);
    for (const [path = '', text] of expected)
      assert.deepEqual(await filesOf(archive, { wants: (other) => other === path }), [[path, text]]);
    assert.deepEqual(await filesOf(archive, { wants: () => false }), []);
  });

  test(`${name}: a cut archive is an error, wherever the cut`, async () => {
    for (let cut = 0; cut < archive.length; cut++)
      await assert.rejects(filesOf(archive.subarray(0, cut)), ZipError, `cut at ${cut}`);
    await assert.rejects(filesOf(Buffer.concat([archive, Buffer.from('more')])), /something follows the end/);
  });

  test(`${name}: damage is an error or does not matter`, async () => {
    for (let at = 0; at < archive.length; at++) {
      const damaged = Buffer.from(archive);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const { files, isWhole } = await untilError(damaged);
      // A name is only confirmed by the directory at the end; what a file holds is, before it comes out.
      const known = isWhole ? expected : expected.slice(0, files.length);
      assert.deepEqual(
        files.map(([, text]) => text),
        known.map(([, text]) => text),
        `byte ${at}`,
      );
      if (isWhole) assert.deepEqual(files, expected, `byte ${at}`);
    }
  });
}

/** The files that come out of a damaged archive, and whether there was no error after them. */
async function untilError(archive: Buffer): Promise<{ files: [string, string][]; isWhole: boolean }> {
  const files: [string, string][] = [];
  try {
    for await (const { path, bytes } of zipEntries(inChunks(archive), () => true))
      files.push([path, bytes.toString()]);
    return { files, isWhole: true };
  } catch (error) {
    if (!(error instanceof ZipError || error instanceof ClairError)) throw error;
    return { files, isWhole: false };
  }
}

const skip = missingTool('python3');

/** Writes a zip archive by a line of Python over the open archive `z`. */
function byPython(lines: string, input: Uint8Array = Buffer.alloc(0)): Buffer {
  const script = [
    'import io, sys, zipfile',
    'data = sys.stdin.buffer.read()',
    'class Pipe(io.RawIOBase):',
    '  def __init__(self): self.all = bytearray()',
    '  def writable(self): return True',
    '  def write(self, piece): self.all += piece; return len(piece)',
    'raw = io.BytesIO(); pipe = Pipe()',
    lines,
    'sys.stdout.buffer.write(bytes(pipe.all) or raw.getvalue())',
  ].join('\n');
  return runTool('python3', ['-c', script], input);
}

test('large files, streamed and not, and many small ones', { skip }, async () => {
  const noise = randomBytes(300_000);
  const content = Buffer.concat([noise, Buffer.alloc(2_000_000, 'text '), noise]);
  for (const [target, kind] of ['raw', 'pipe'].flatMap((to) => [[to, 'DEFLATED'] as const])) {
    const lines = `with zipfile.ZipFile(${target}, "w", zipfile.ZIP_${kind}) as z:
  z.writestr("large", data)
  for i in range(3000): z.writestr(f"{i}.json", str(i))
  z.writestr("again", data)`;
    const archive = byPython(lines, content);
    for (const pieceBytes of [4096, 1 << 20]) {
      const files = await filesOf(archive, { pieceBytes });
      assert.equal(files.length, 3002);
      assert.deepEqual(files[1234], ['1233.json', '1233']);
      assert.ok([files[0], files[3001]].every((file) => file?.[1] === content.toString('latin1')));
    }
  }
});

test('more than 65,535 files have their count in the end record of ZIP64', { skip }, async () => {
  const archive = byPython(
    'with zipfile.ZipFile(raw, "w") as z:\n  for i in range(66000): z.writestr(str(i), "")',
  );
  assert.equal((await filesOf(archive)).length, 66_000);
});

test('a comment, a directory, an empty file and a name in UTF-8', { skip }, async () => {
  const archive = byPython(`with zipfile.ZipFile(raw, "w") as z:
  z.comment = b"of the archive"
  z.mkdir("d")
  z.writestr("d/\\u00fc.json", "x")
  z.writestr("empty", "")`);
  assert.deepEqual(await filesOf(archive), [
    ['d/ü.json', 'x'],
    ['empty', ''],
  ]);
});

test('what cannot be read as a stream is refused by name', { skip }, async () => {
  const stored = byPython('with zipfile.ZipFile(pipe, "w") as z: z.writestr("a", "x")');
  await assert.rejects(filesOf(stored), /a is stored without its size in front/);
  const bzip2 = byPython('with zipfile.ZipFile(raw, "w", zipfile.ZIP_BZIP2) as z: z.writestr("a", "x")');
  await assert.rejects(filesOf(bzip2), /a is compressed by method 12/);
  assert.deepEqual(await filesOf(bzip2, { wants: () => false }), []);
});

test('a file that the directory does not know is an error', { skip }, async () => {
  const archive = byPython(`with zipfile.ZipFile(raw, "w") as z:
  z.writestr("a", "x")
  z.writestr("hidden", "y")
  z.filelist.pop()`);
  await assert.rejects(filesOf(archive), /does not tell of the files/);
});

test('a wanted file beyond the limit is refused, and so is one that only inflates to it', {
  skip,
}, async () => {
  const lines = (target: string) => `with zipfile.ZipFile(${target}, "w", zipfile.ZIP_DEFLATED) as z:
  z.writestr("a", bytes(${limits.feedRecordBytes + 1}))`;
  for (const target of ['raw', 'pipe'])
    await assert.rejects(filesOf(byPython(lines(target))), { code: 'limit-exceeded', message: /^a h/ });
});
