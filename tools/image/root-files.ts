import { type TarEntryPlan, tar } from '../../src/testing/tar-writer.ts';

/** User and group of the program in the image. */
export const imageUser = 65_532;

/** Mode and owner of a member; root owns it by default. */
interface MemberOptions {
  readonly mode?: number;
  readonly owner?: number;
}

/** The files of a layer, with fixed times and owners. Equal files make an equal archive. */
export class RootFiles {
  readonly #entries = new Map<string, TarEntryPlan>();

  addFile(path: string, content: Uint8Array | string, { mode = 0o644, owner = 0 }: MemberOptions = {}): void {
    this.#add({ path, content, mode, raw: ownedBy(owner) });
  }

  addLink(path: string, target: string): void {
    this.#add({ path, target, mode: 0o777 });
  }

  addDirectory(path: string, { mode = 0o755, owner = 0 }: MemberOptions = {}): void {
    this.#add({ path: `${path}/`, mode, raw: ownedBy(owner) });
  }

  /** Returns the archive, with each directory before its members. */
  toTar(): Uint8Array {
    return tar([...this.#entries.values()].sort((one, other) => (one.path < other.path ? -1 : 1)));
  }

  #add(entry: TarEntryPlan): void {
    for (let end = entry.path.indexOf('/'); end !== -1; end = entry.path.indexOf('/', end + 1)) {
      const parent = entry.path.slice(0, end + 1);
      if (!this.#entries.has(parent)) this.#entries.set(parent, { path: parent, mode: 0o755 });
    }
    this.#entries.set(entry.path, entry);
  }
}

function ownedBy(id: number): NonNullable<TarEntryPlan['raw']> {
  const octal = `${id.toString(8).padStart(7, '0')}\0`;
  return { uid: octal, gid: octal };
}
