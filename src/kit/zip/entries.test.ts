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

  test(`${name}: yields the wanted files in pieces of any size`, async () => {
    for (const pieceBytes of [1, 30, 1000])
      assert.deepEqual(await filesOf(archive, { pieceBytes }), expected);
    for (const [path = '', text] of expected)
      assert.deepEqual(await filesOf(archive, { wants: (other) => other === path }), [[path, text]]);
    assert.deepEqual(await filesOf(archive, { wants: () => false }), []);
  });

  test(`${name}: fails when the archive is cut anywhere`, async () => {
    for (let cut = 0; cut < archive.length; cut++)
      await assert.rejects(filesOf(archive.subarray(0, cut)), ZipError, `cut at ${cut}`);
    await assert.rejects(filesOf(Buffer.concat([archive, Buffer.from('more')])), /something follows the end/);
  });

  test(`${name}: fails when significant data is damaged`, async () => {
    for (let at = 0; at < archive.length; at++) {
      const damaged = Buffer.from(archive);
      damaged[at] = (damaged[at] ?? 0) ^ 0x10;
      const { files, isWhole } = await untilError(damaged);
      // A name is confirmed only by the directory at the end. The content of a file is confirmed before it is yielded.
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

/** Returns the files of a damaged archive, and whether no error followed them. */
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

/** Writes a zip archive with a line of Python about the open archive `z`. */
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

test('reads large files, streamed and not, and many small ones', { skip }, async () => {
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

test('reads the count of more than 65,535 files from the end record of ZIP64', { skip }, async () => {
  const archive = byPython(
    'with zipfile.ZipFile(raw, "w") as z:\n  for i in range(66000): z.writestr(str(i), "")',
  );
  assert.equal((await filesOf(archive)).length, 66_000);
});

test('reads a comment, a directory, an empty file and a name in UTF-8', { skip }, async () => {
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

test('names the file when it cannot be read as a stream', { skip }, async () => {
  const stored = byPython('with zipfile.ZipFile(pipe, "w") as z: z.writestr("a", "x")');
  await assert.rejects(filesOf(stored), /a is stored without its size in its header/);
  const bzip2 = byPython('with zipfile.ZipFile(raw, "w", zipfile.ZIP_BZIP2) as z: z.writestr("a", "x")');
  await assert.rejects(filesOf(bzip2), /a is compressed by method 12/);
  assert.deepEqual(await filesOf(bzip2, { wants: () => false }), []);
});

test('fails when the directory does not list a file', { skip }, async () => {
  const archive = byPython(`with zipfile.ZipFile(raw, "w") as z:
  z.writestr("a", "x")
  z.writestr("hidden", "y")
  z.filelist.pop()`);
  await assert.rejects(filesOf(archive), /does not match the files/);
});

test('refuses a wanted file beyond the limit, also one that only inflates to it', {
  skip,
}, async () => {
  const lines = (target: string) => `with zipfile.ZipFile(${target}, "w", zipfile.ZIP_DEFLATED) as z:
  z.writestr("a", bytes(${limits.feedRecordBytes + 1}))`;
  for (const target of ['raw', 'pipe'])
    await assert.rejects(filesOf(byPython(lines(target))), { code: 'limit-exceeded', message: /^a h/ });
});
