import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programParts } from '../../plugin/package-lister.ts';
import { type DotnetBundlePlan, dotnetBundle } from '../../testing/dotnet-bundle.ts';
import { ProgramScan } from './program-scan.ts';

/** Returns the dependency file of a program that streams in pieces. */
function listIn(bytes: Buffer, pieceBytes = bytes.length): string | undefined {
  const program = new ProgramScan(bytes.length, { parts: new Set(programParts), texts: [] });
  for (let at = 0; at < bytes.length; at += pieceBytes) program.write(bytes.subarray(at, at + pieceBytes));
  const [parts] = program.parts();
  const content = parts?.get('dotnet-dependencies');
  return content && Buffer.from(content).toString();
}

const list = '{\n  "runtimeTarget": {\n    "name": ".NETCoreApp,Version=v8.0"\n  }\n}';

test('dotnet bundle: extracts the dependency file of each form of the header, in pieces of any size', () => {
  const plans: readonly DotnetBundlePlan[] = [
    { list },
    { list, major: 2 },
    { list, major: 1 },
    { list: list.replaceAll('\n', '\r\n') },
    { list, data: 'x'.repeat(5000) },
    { list, before: '', after: '' },
    { list, before: `${list.replace('8.0', '7.0')}MZ` },
  ];
  for (const plan of plans)
    for (const pieceBytes of [1, 7, 39, 40, 41, 4096, 1_000_000])
      assert.equal(
        listIn(dotnetBundle(plan), pieceBytes),
        plan.list,
        JSON.stringify({ ...plan, pieceBytes }),
      );
});

test('dotnet bundle: extracts nothing without a file that the header names', () => {
  const bundle = dotnetBundle({ list });
  const header = bundle.length - 40;
  const changed = (at: number, value: bigint): Buffer => {
    const copy = Buffer.from(bundle);
    copy.writeBigInt64LE(value, at);
    return copy;
  };
  const marker = bundle.indexOf(Buffer.from('8b1202b96a612038', 'hex')) - 8;
  const cases: Readonly<Record<string, Buffer>> = {
    'a host without a bundle': changed(marker, 0n),
    'a header within the host': changed(marker, 100n),
    'a header beyond the end': changed(marker, BigInt(bundle.length + 10)),
    'a header beyond every file': changed(marker, -1n),
    'another offset': changed(header, 1n),
    'a longer file': changed(header + 8, BigInt(bundle.length)),
    'a negative size': changed(header + 8, -1n),
    'a bundle without such a file': dotnetBundle(),
    'an old bundle without such a file': dotnetBundle({ major: 1 }),
    'a cut header': bundle.subarray(0, header + 4),
    'a list of another form': dotnetBundle({ list: '{"runtimeTarget":{}}' }),
  };
  for (const [name, bytes] of Object.entries(cases)) assert.equal(listIn(bytes), undefined, name);
});
