import { limits } from '../../core/limits.ts';
import { StreamCapture, StreamSearch } from '../../kit/bytes/stream-search.ts';
import type { ByteRange } from '../../kit/program-head.ts';

/** Part of the paths of crates in the home directory of cargo. */
const registry = Buffer.from('/registry/src/');
/** The directory of a registry and that of a crate: `index.crates.io-6f17d22bba15001f/clap-2.33.1`. */
const crateDirectory = /^[\w.-]+\/[\w.+-]+(?=\/)/;
/** Bytes after the start that have both names. */
const namesBytes = 192;

/** Extracts paths of sources from a Rust program while its bytes stream by. Messages of panics contain them. */
export class CargoSourceReader {
  readonly #searches: readonly StreamSearch[];
  #open: StreamCapture[] = [];
  readonly #paths = new Set<string>();

  constructor(texts: readonly ByteRange[]) {
    this.#searches = texts.map(
      ({ offset, size }) => new StreamSearch(registry, { start: offset, end: offset + size }),
    );
  }

  /** Returns the paths, one a line. Undefined if there are none. Valid after the last byte. */
  result(): Buffer | undefined {
    for (const capture of this.#open) this.#add(capture);
    return this.#paths.size === 0 ? undefined : Buffer.from([...this.#paths].join('\n'));
  }

  push(piece: Buffer, position: number): void {
    for (const search of this.#searches)
      for (const at of search.push(piece, position))
        this.#open.push(new StreamCapture(at + registry.length, namesBytes));
    if (this.#open.length === 0) return;
    for (const capture of this.#open) {
      capture.push(piece, position);
      if (capture.isFull) this.#add(capture);
    }
    this.#open = this.#open.filter(({ isFull }) => !isFull);
  }

  nextPosition(position: number): number {
    const open = [...this.#open, ...this.#searches];
    return open.reduce((next, one) => Math.min(next, one.nextPosition(position)), Number.POSITIVE_INFINITY);
  }

  #add(capture: StreamCapture): void {
    const [path] = crateDirectory.exec(capture.bytes().toString('latin1')) ?? [];
    if (path !== undefined && this.#paths.size < limits.cargoSourcePaths) this.#paths.add(path);
  }
}
