import { limits } from '../../core/limits.ts';
import type { ListerEvent, ProgramPart, ProgramParts } from '../../plugin/package-lister.ts';
import type { ArchiveKind } from './archive-search.ts';
import type { FileListing, ImmediateListing } from './package-file-collector.ts';
import type { WantedOfProgram } from './program-scan.ts';

const noParts: ReadonlySet<ProgramPart> = new Set();

/**
 * The packages of the programs of a layer. Each program is listed as soon as it was read, so that its parts need not be kept. The
 * result has limits: a program beyond them is not listed, and remains evidence.
 */
export class ProgramListings {
  readonly #listing: ImmediateListing | undefined;
  readonly #listed = new Map<string, readonly FileListing[]>();
  #events = 0;
  #functionCharacters = 0;
  #pendingBytes = 0;

  constructor(listing?: ImmediateListing) {
    this.#listing = listing;
  }

  /** Returns what listers want of the program at a path. */
  wantedOf(path: string): WantedOfProgram {
    return {
      parts: this.#listing?.programParts ?? noParts,
      texts: this.#listing?.programTexts(path) ?? [],
    };
  }

  /** The results by path. */
  get listed(): ReadonlyMap<string, readonly FileListing[]> {
    return this.#listed;
  }

  /** Lists a program, or several in one file. `archive`: the kind of the archive behind them. */
  add(path: string, programs: readonly ProgramParts[], archive?: ArchiveKind): void {
    if (this.#listing === undefined || programs.length === 0) return;
    const listings =
      this.#events > limits.programPackagesPerLayer
        ? [{ lister: 'layer', events: [tooMany(path)] }]
        : programs.flatMap((parts) => this.#listing?.listProgram(path, this.#withinBudget(parts)) ?? []);
    if (archive !== undefined && listings.length > 0 && !this.#listing.isWanted(path))
      listings.push({ lister: archive, events: [unreadArchive(path)] });
    for (const { events } of listings) this.#events += events.length + 1;
    this.#listed.set(
      path,
      listings.map((listing) => this.#withinLimit(path, listing)),
    );
  }

  delete(path: string): void {
    this.#listed.delete(path);
  }

  /** Returns parts without the names of functions if the layer has too many. To read them would be in vain. */
  #withinBudget(parts: ProgramParts): ProgramParts {
    if (this.#functionCharacters <= limits.functionCharactersPerLayer) return parts;
    return new Map([...parts].filter(([part]) => part !== 'go-functions'));
  }

  /** Returns a listing without what exceeds the limits of the layer. */
  #withinLimit(path: string, { pending, ...listing }: FileListing): FileListing {
    if (pending === undefined) return this.#withFunctions(listing);
    for (const content of pending.values()) this.#pendingBytes += content.length;
    if (this.#pendingBytes <= limits.pluginProgramBytes) return { ...listing, pending };
    const problem = `is not read by ${listing.lister}: the layer has programs with more than ${limits.pluginProgramBytes} bytes for it`;
    return { ...listing, events: [{ kind: 'problem', path, problem }] };
  }

  /** Returns a listing without sets of functions if there are too many. */
  #withFunctions(listing: FileListing): FileListing {
    for (const event of listing.events)
      if (event.kind === 'package') this.#functionCharacters += event.package.functions?.length ?? 0;
    if (this.#functionCharacters <= limits.functionCharactersPerLayer) return listing;
    return { ...listing, events: listing.events.map(withoutFunctions) };
  }
}

function tooMany(path: string): ListerEvent {
  const problem = `is not read, as the programs of the layer have more than ${limits.programPackagesPerLayer} packages`;
  return { kind: 'problem', path, problem };
}

function unreadArchive(path: string): ListerEvent {
  return { kind: 'problem', path, problem: 'is a program with an archive behind it, which is not read' };
}

function withoutFunctions(event: ListerEvent): ListerEvent {
  if (event.kind !== 'package') return event;
  const { functions, ...rest } = event.package;
  return { ...event, package: rest };
}
