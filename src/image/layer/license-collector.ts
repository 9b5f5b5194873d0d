import { limits } from '../../core/limits.ts';
import { boundedPath, parentOf, symbolicLinkPath } from '../../kit/tar/path.ts';
import { collectPayload, type PayloadSink, type TarEntry } from '../../kit/tar/walker.ts';
import type { LayerLicenses } from '../../model/layer-index.ts';
import type { LicenseFiles } from '../../plugin/package-lister.ts';

/**
 * Reads the licence files of a layer from its members, and keeps only the licences. It has limits of its own. Files beyond them are
 * skipped, so their licences are unknown, and nothing else is affected.
 */
export class LicenseCollector {
  readonly #kinds: readonly LicenseFiles[];
  /** By kind and package. A later member replaces an earlier one. */
  readonly #found = new Map<string, LayerLicenses>();
  #bytesLeft: number = limits.licenseBytesPerLayer;
  #charactersLeft: number = limits.licenseCharactersPerLayer;

  constructor(kinds: readonly LicenseFiles[]) {
    this.#kinds = kinds;
  }

  /** The licences, in the order of the layer. */
  get licenses(): readonly LayerLicenses[] {
    return [...this.#found.values()];
  }

  /** Visits a member if it is a licence file, or a link to one. */
  visit(entry: TarEntry): PayloadSink | undefined {
    for (const kind of this.#kinds) {
      const place = licensePlaceOf(kind, entry.path);
      if (place !== undefined) return this.#take(kind, place, entry);
    }
    return undefined;
  }

  #take(kind: LicenseFiles, { name, isFile }: LicensePlace, entry: TarEntry): PayloadSink | undefined {
    if (entry.type === 'symbolic-link' || (isFile && entry.type === 'hard-link')) {
      const sameAs = licensePlaceOf(kind, targetOf(entry))?.name;
      if (sameAs !== undefined && sameAs !== name) this.#keep({ type: kind.type, name, sameAs });
      return undefined;
    }
    if (!isFile || entry.type !== 'file' || entry.sparse !== undefined) return undefined;
    if (entry.size > Math.min(limits.licenseFileBytes, this.#bytesLeft)) return undefined;
    this.#bytesLeft -= entry.size;
    return collectPayload(entry.size, (content) => {
      const licenses = kind.read(content);
      if (licenses.length > 0) this.#keep({ type: kind.type, name, licenses });
    });
  }

  #keep(found: LayerLicenses): void {
    const texts = 'licenses' in found ? found.licenses : [found.sameAs];
    this.#charactersLeft -= texts.reduce((sum, text) => sum + text.length, found.name.length);
    const key = `${found.type} ${found.name}`;
    if (this.#charactersLeft < 0 || this.#found.size === limits.licenseFilesPerLayer) return;
    this.#found.set(key, found);
  }
}

interface LicensePlace {
  /** Name of the package. */
  readonly name: string;
  /** Whether the path is of the file, and not of its directory. */
  readonly isFile: boolean;
}

/** Returns the package whose licence file, or its directory, has a path. */
function licensePlaceOf({ directory, file }: LicenseFiles, path: string): LicensePlace | undefined {
  const parent = parentOf(path);
  if (parent === directory) return { name: path.slice(directory.length + 1), isFile: false };
  if (parentOf(parent) !== directory || !path.endsWith(`/${file}`)) return undefined;
  return path.length === parent.length + 1 + file.length
    ? { name: parent.slice(directory.length + 1), isFile: true }
    : undefined;
}

/** Returns the target of a link: relative to its directory if it is symbolic, to the root if it is hard. */
function targetOf({ type, path, target }: TarEntry): string {
  return type === 'symbolic-link' ? symbolicLinkPath(path, target) : boundedPath(target);
}
