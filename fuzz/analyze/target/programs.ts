import { isDeepStrictEqual } from 'node:util';
import { deflateSync } from 'node:zlib';
import { ProgramScan } from '../../../src/image/layer/program-scan.ts';
import { programParts } from '../../../src/plugin/package-lister.ts';
import { dotnetBundle } from '../../../src/testing/dotnet-bundle.ts';
import { samplePrograms, withUnloaded, writeElf } from '../../../src/testing/elf-writer.ts';
import { functionTable, goProgram } from '../../../src/testing/go-program.ts';
import { machOProgram, peProgram } from '../../../src/testing/program-writer.ts';
import { InvariantViolation } from '../invariants.ts';
import { words } from '../mutation/text.ts';
import { inAnyPieces } from '../pieces.ts';
import { bytesOf, type Input, single, type Target } from './target.ts';

const functions = ['runtime.main', 'net/http.(*Server).Serve'];
const crates = deflateSync('{"packages":[{"name":"a","version":"1.0.0"}]}');
const dotnetList = '{\n  "runtimeTarget": {\n    "name": "a"\n  }\n}';
const rustText =
  '/usr/local/cargo/registry/src/index.crates.io-6f17d22bba15001f/clap-2.33.1/src/a.rs/library/core/src/x.rs';

const texts = ['node.js/v', '\0ruby '];

const seeds = (): Input[] =>
  [
    ...Object.values(samplePrograms),
    goProgram({ lines: ['path\ta.b/c', 'mod\ta.b/c\tv1.0.0\t'], functions }),
    goProgram({ note: 'none', functions }),
    withUnloaded({ text: rustText }, crates),
    writeElf({ constants: '\0node.js/v1.0.0\0ruby 1', data: '\0ruby 3.2.1 (' }),
    dotnetBundle({ list: dotnetList }),
    dotnetBundle({ list: dotnetList, major: 1 }),
    peProgram({ '.data': goProgram(), '.dep-v0': crates }),
    machOProgram({ __go_buildinfo: goProgram(), '.dep-v0': crates }),
  ].map(single);

const ownWords = words(
  '\x7fELF',
  'MZ',
  'PE\0\0',
  '\xcf\xfa\xed\xfe',
  '\xca\xfe\xba\xbe',
  'Go\0\0',
  '\xff Go buildinf:',
  functionTable(['a']),
  '\x78\x9c',
  dotnetList,
  Buffer.from('8b1202b96a612038727b930214d7a03213f5b9e6efae3318ee3b2dce24b36aae', 'hex').toString('latin1'),
  rustText,
  ...texts,
);

/** The scan of programs: at once, in pieces, and with skipping. */
export const programTarget: Target = {
  name: 'programs',
  paths: [''],
  seeds,
  mutations: [ownWords],
  run(input) {
    const bytes = bytesOf(input);
    const whole = scan(bytes, (program) => {
      program.write(bytes);
    });
    const ways = {
      'in pieces': scan(bytes, (program) => {
        for (const piece of inAnyPieces(bytes)) program.write(piece);
      }),
      'with skipping': scan(bytes, (program) => {
        program.useReadAhead((offset, size) => bytes.subarray(offset, offset + size));
        while (!program.isDone) {
          const at = program.nextPosition;
          program.skipTo(at);
          program.write(bytes.subarray(at, at + 512));
        }
      }),
    };
    for (const [way, result] of Object.entries(ways))
      if (!isDeepStrictEqual(result, whole))
        throw new InvariantViolation(`a program differs when read ${way}`);
  },
};

function scan(bytes: Buffer, read: (program: ProgramScan) => void): unknown {
  const program = new ProgramScan(bytes.length, { parts: new Set(programParts), texts });
  read(program);
  return {
    kind: program.kind(),
    parts: program
      .parts()
      .map((parts) =>
        Array.from(parts, ([part, content]) => [part, Buffer.from(content).toString('latin1')]),
      ),
  };
}
