/** Content of sections by name. */
type Sections = Readonly<Record<string, Uint8Array | string>>;

interface PlacedSection {
  readonly name: string;
  readonly content: Buffer;
  readonly offset: number;
}

/** Places sections one after the other, each at a multiple of 512. */
function place(sections: Sections, start: number): PlacedSection[] {
  let offset = start;
  return Object.entries(sections).map(([name, bytes]) => {
    const content = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes);
    const placed = { name, content, offset };
    offset += Math.ceil(content.length / 512) * 512;
    return placed;
  });
}

function join(head: Buffer, sections: readonly PlacedSection[]): Buffer {
  const size = sections.reduce(
    (end, { offset, content }) => Math.max(end, offset + content.length),
    head.length,
  );
  const file = Buffer.alloc(size);
  head.copy(file);
  for (const { content, offset } of sections) content.copy(file, offset);
  return file;
}

/** Encodes a 64-bit program of Windows, whose `.data` is writable. Microsoft, "PE Format". */
export function peProgram(
  sections: Sections,
  { isImage = true }: { readonly isImage?: boolean } = {},
): Buffer {
  const head = Buffer.alloc(1024);
  const placed = place(sections, head.length);
  head.write('MZ');
  head.writeUInt32LE(64, 0x3c);
  head.write('PE\0\0', 64);
  head.writeUInt16LE(placed.length, 70);
  head.writeUInt16LE(240, 84);
  head.writeUInt16LE(isImage ? 0x22 : 0x20, 86);
  head.writeUInt16LE(0x20b, 88);
  head.writeBigUInt64LE(0x140000000n, 112);
  for (const [i, { name, content, offset }] of placed.entries()) {
    const at = 88 + 240 + 40 * i;
    head.write(name, at);
    head.writeUInt32LE(content.length, at + 8);
    head.writeUInt32LE(offset, at + 12);
    head.writeUInt32LE(content.length, at + 16);
    head.writeUInt32LE(offset, at + 20);
    head.writeUInt32LE(name === '.data' ? 0xc0000040 : 0x40000040, at + 36);
  }
  return join(head, placed);
}

/** Encodes a 64-bit program of macOS with one writable segment for each section. Apple, <mach-o/loader.h>. */
export function machOProgram(sections: Sections): Buffer {
  const head = Buffer.alloc(2048);
  const placed = place(sections, head.length);
  for (const [i, value] of [0xfeedfacf, 0x0100000c, 0, 2, placed.length, 152 * placed.length].entries())
    head.writeUInt32LE(value, 4 * i);
  for (const [i, { name, content, offset }] of placed.entries()) {
    const at = 32 + 152 * i;
    head.writeUInt32LE(0x19, at);
    head.writeUInt32LE(152, at + 4);
    head.write('__DATA', at + 8);
    const [address, size] = [BigInt(0x100000000 + offset), BigInt(content.length)];
    for (const [j, value] of [address, size, BigInt(offset), size].entries())
      head.writeBigUInt64LE(value, at + 24 + 8 * j);
    head.writeUInt32LE(3, at + 60);
    head.writeUInt32LE(1, at + 64);
    head.write(name, at + 72);
    head.writeBigUInt64LE(address, at + 72 + 32);
    head.writeBigUInt64LE(size, at + 72 + 40);
    head.writeUInt32LE(offset, at + 72 + 48);
  }
  return join(head, placed);
}

/** Encodes a file with programs for several processors. Apple, <mach-o/fat.h>. */
export function fatProgram(programs: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(512);
  const placed = place(Object.fromEntries(programs.map((bytes, i) => [String(i), bytes])), head.length);
  head.writeUInt32BE(0xcafebabe, 0);
  head.writeUInt32BE(placed.length, 4);
  for (const [i, { content, offset }] of placed.entries()) {
    head.writeUInt32BE(offset, 8 + 20 * i + 8);
    head.writeUInt32BE(content.length, 8 + 20 * i + 12);
  }
  return join(head, placed);
}
