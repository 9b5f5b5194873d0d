import { createHash } from 'node:crypto';
import { writeElf } from '../../src/testing/elf-writer.ts';
import { type SociLayer, sociLayer, type WrittenSpan } from '../../src/testing/soci-layers.ts';
import {
  estargzLayer,
  type TableLayer,
  type WrittenEntry,
  zstdChunkedLayer,
} from '../../src/testing/table-layers.ts';
import type { TarEntryPlan } from '../../src/testing/tar-writer.ts';
import type { Random } from '../random.ts';

/** Writes a random layer, whose table of contents lies in half of all cases. */
export function randomLayer(random: Random): TableLayer & Partial<SociLayer> {
  const files = randomFiles(random);
  const change = (entries: WrittenEntry[]): WrittenEntry[] =>
    random.chance(0.5) ? entries : lie(entries, random);
  if (random.chance(0.4)) return randomSociLayer(files, change, random);
  const write = random.chance(0.5) ? estargzLayer : zstdChunkedLayer;
  return write(files, { chunkBytes: random.pick([1000, 100_000]), change });
}

/** Windows stay true: a false one gives other content, as a digest of the table pins only stored bytes. */
function randomSociLayer(
  files: readonly TarEntryPlan[],
  change: (entries: WrittenEntry[]) => WrittenEntry[],
  random: Random,
): SociLayer {
  return sociLayer(files, {
    chunkBytes: random.pick([3000, 20_000, 100_000]),
    isPlain: random.chance(0.2),
    change,
    changeSpans: (spans) => (random.chance(0.6) ? spans : lieAboutSpans(spans, random)),
  });
}

/** Moves a span, gives it another digest or start, repeats it, or leaves it out. */
function lieAboutSpans(spans: readonly WrittenSpan[], random: Random): WrittenSpan[] {
  const at = random.below(spans.length);
  const move = random.pick([-512, -1, 1, 7, 512, 1024]);
  const other = spans[random.below(spans.length)]?.digest ?? '';
  const changes: readonly ((span: WrittenSpan) => WrittenSpan[])[] = [
    (span) => [{ ...span, offset: span.offset + move }],
    (span) => [{ ...span, tarOffset: span.tarOffset + move }],
    (span) => [{ ...span, bits: random.below(9) }],
    (span) => [{ ...span, digest: other }],
    (span) => [span, span],
    () => [],
  ];
  if (random.chance(0.2))
    return spans.map((span) => ({ ...span, tarOffset: Math.max(0, span.tarOffset + move) }));
  const changed = random.pick(changes);
  return spans.flatMap((span, i) => (i === at ? changed(span) : [span]));
}

/** Returns a function that changes a byte of what a registry sends, rarely. */
export function damagedRanges(random: Random): (bytes: Buffer) => Buffer {
  return (bytes) => {
    if (bytes.length > 0 && random.chance(0.05)) {
      const at = random.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
    }
    return bytes;
  };
}

/** Enough incompressible bytes that the rest of a layer is worth fetching in parts. */
const noise = Buffer.concat(
  Array.from({ length: 6_000 }, (_, i) => createHash('sha512').update(`${i}`).digest()),
);

function randomFiles(random: Random): TarEntryPlan[] {
  const packages = Array.from({ length: random.below(6) }, (_, i) => `p${i}`);
  const stanza = (name: string): string =>
    `Package: ${name}\nStatus: install ok installed\nVersion: ${random.below(9)}-1\nArchitecture: all\n`;
  const optional: TarEntryPlan[] = [
    ...packages.map((name) => ({
      path: `srv/node_modules/${name}/package.json`,
      content: JSON.stringify({ name, version: `1.${random.below(99)}.0` }),
    })),
    ...packages.map((name) => ({ path: `usr/share/doc/${name}/copyright`, content: 'License: MIT\n' })),
    ...packages.map((name) => ({
      path: `var/lib/dpkg/info/${name}.list`,
      content: `/.\n/usr/bin\n/usr/bin/${name}\n`,
    })),
    { path: 'opt/noise.png', content: noise },
    { path: 'usr/bin/p0', content: writeElf(), mode: 0o755 },
    { path: 'opt/tool', content: writeElf(), mode: 0o755 },
    { path: 'opt/data.png', content: Buffer.alloc(random.below(2000), random.below(256)) },
    { path: 'etc/.wh.gone', content: '' },
    { path: 'srv/.wh..wh..opq', content: '' },
    { path: 'lib', target: 'usr/lib' },
    { path: 'var/lib/dpkg/status', content: packages.map(stanza).join('\n') },
    { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' },
  ];
  const files = optional.filter(({ content }) => content === noise || random.chance(0.8));
  const [first] = files.filter(({ content }) => content !== undefined && content.length > 0);
  return first === undefined
    ? files
    : [...files, { path: 'usr/bin/linked', type: 'hardlink', target: first.path }];
}

/** Numbers and digests that a table can state. */
const fields = ['size', 'offset', 'innerOffset', 'chunkOffset', 'chunkSize', 'chunkDigest', 'digest'];

/** Changes a few numbers and digests, repeats entries, exchanges contents, or leaves out chunks. */
function lie(entries: WrittenEntry[], random: Random): WrittenEntry[] {
  const changed = entries.map((entry) => ({ ...entry }));
  for (let i = 0; i <= random.below(3); i++) {
    const [at, other] = [random.below(changed.length), random.below(changed.length)];
    const [entry, from] = [changed[at], changed[other]];
    if (entry === undefined || from === undefined) continue;
    const field = random.pick(fields);
    switch (random.below(5)) {
      case 0:
        entry[field] = from[field];
        break;
      case 1:
        entry[field] = Number(entry[field] ?? 0) + random.pick([-1, 1, 512, 100_000]);
        break;
      case 2:
        entry[field] = undefined;
        break;
      case 3:
        changed.splice(at, 0, { ...from });
        break;
      default:
        if (entry['type'] === 'chunk') changed.splice(at, 1);
    }
  }
  return changed;
}
