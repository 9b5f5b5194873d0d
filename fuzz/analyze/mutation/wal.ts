import type { Mutation } from './mutation.ts';

/** Recomputes the checksums of a write-ahead log, so that readers accept the mutated content. sqlite.org/fileformat.html, section 4.2. */
export const fixWal: Mutation = (bytes) => {
  const changed = Buffer.from(bytes);
  if (changed.length < 32) return changed;
  const isLittle = changed.readUInt32BE(0) === 0x377f0682;
  const pageSize = changed.readUInt32BE(8);
  const sums: [number, number] = [0, 0];
  const add = (from: number, to: number): void => {
    const read = (at: number): number => (isLittle ? changed.readUInt32LE(at) : changed.readUInt32BE(at));
    for (let at = from; at + 8 <= to; at += 8) {
      sums[0] = (sums[0] + read(at) + sums[1]) >>> 0;
      sums[1] = (sums[1] + read(at + 4) + sums[0]) >>> 0;
    }
  };
  const write = (at: number): void => {
    changed.writeUInt32BE(sums[0], at);
    changed.writeUInt32BE(sums[1], at + 4);
  };
  add(0, 24);
  write(24);
  if (pageSize < 512 || pageSize > 65536) return changed;
  for (let frame = 32; frame + 24 + pageSize <= changed.length; frame += 24 + pageSize) {
    changed.copy(changed, frame + 8, 16, 24);
    add(frame, frame + 8);
    add(frame + 24, frame + 24 + pageSize);
    write(frame + 16);
  }
  return changed;
};
