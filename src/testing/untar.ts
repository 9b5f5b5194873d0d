/** Yields the members of an uncompressed tar with short names and no extensions, such as the archives of the corpus. */
export function* untar(archive: Buffer): Generator<[name: string, content: Buffer]> {
  for (let at = 0; archive[at]; ) {
    const field = (from: number, to: number) =>
      archive.toString('latin1', at + from, at + to).replace(/\0.*$/s, '');
    const size = Number.parseInt(field(124, 136), 8);
    yield [field(0, 100), archive.subarray(at + 512, at + 512 + size)];
    at += 512 + Math.ceil(size / 512) * 512;
  }
}
