import { limits } from '../../../core/limits.ts';
import { raceAbort } from '../../../kit/async/abort.ts';
import type { FeedOfSource } from '../../../service/feeds/update-feeds.ts';
import { contentDateOf, currentSince, enabledStates } from '../../../service/findings/feed-age.ts';
import type { FeedState } from '../../../store/feed-state.ts';
import type { Store } from '../../../store/store.ts';
import type { ApiResponse } from '../route.ts';
import { harborScanner } from './document-head.ts';
import { harborTypes, manifestTypes } from './media-types.ts';
import { sbomMediaTypes } from './sbom-report.ts';

/** Dependencies of `ScannerMetadata`. */
export interface ScannerMetadataDeps {
  readonly store: Pick<Store, 'advisories'>;
  /** The enabled feeds. */
  readonly feeds: readonly FeedOfSource[];
  /** Interval between updates in milliseconds; 0 without updates. */
  readonly updateIntervalMs: number;
  readonly now: () => Date;
}

type Properties = Readonly<Record<string, string>>;

/**
 * The description of the scanner. Harbor requests it for each list of images, and takes the scanner for broken if it fails or is slow. So the
 * ages of feeds are read now and then, and an unavailable database only makes them older.
 */
export class ScannerMetadata {
  readonly #deps: ScannerMetadataDeps;
  #ages: Properties = {};
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<void> | undefined;

  constructor(deps: ScannerMetadataDeps) {
    this.#deps = deps;
  }

  /** Returns the response. Only waits for the ages of feeds if they were never read. */
  async respond(): Promise<ApiResponse> {
    const isFirst = this.#readAt === Number.NEGATIVE_INFINITY;
    const { now } = this.#deps;
    if (now().getTime() - this.#readAt > limits.harborMetadataMs) this.#reading ??= this.#read();
    if (isFirst) await this.#firstAges();
    const properties = {
      'harbor.scanner-adapter/scanner-type': 'os-package-vulnerability',
      'harbor.scanner-adapter/registry-authorization-type': 'Basic',
      ...this.#ages,
    };
    const document = { scanner: harborScanner, capabilities, properties };
    return { status: 200, contentType: harborTypes.metadata, text: `${JSON.stringify(document)}\n` };
  }

  async #firstAges(): Promise<void> {
    const signal = AbortSignal.timeout(limits.harborFirstMetadataMs);
    await raceAbort(this.#reading ?? Promise.resolve(), signal).catch(() => undefined);
  }

  async #read(): Promise<void> {
    const { store, now } = this.#deps;
    try {
      this.#ages = agesOf(await store.advisories.findFeedStates(), this.#deps);
      this.#readAt = now().getTime();
    } catch {
      // The last ages stay. Other requests log that the database is unavailable.
    } finally {
      this.#reading = undefined;
    }
  }
}

const capabilities = [
  {
    type: 'vulnerability',
    consumes_mime_types: manifestTypes,
    // Harbor requests and stores a report for each type, so there is only one.
    produces_mime_types: [harborTypes.generic],
  },
  {
    type: 'sbom',
    consumes_mime_types: manifestTypes,
    produces_mime_types: [harborTypes.sbom],
    additional_attributes: { sbom_media_types: sbomMediaTypes },
  },
];

/** Returns the ages of the loaded feeds together, and of each source. Harbor accepts only texts. */
function agesOf(
  states: readonly FeedState[],
  { feeds, updateIntervalMs }: Pick<ScannerMetadataDeps, 'feeds' | 'updateIntervalMs'>,
): Properties {
  const since = currentSince(enabledStates(states, feeds));
  const loaded = Map.groupBy(
    states.filter(({ presence }) => presence === 'loaded'),
    ({ source }) => source,
  );
  const names = [...new Set(feeds.map(({ source }) => source.name))].sort();
  const bySource = names.map((name) => [`clair.source/${name}`, ageText(loaded.get(name) ?? [])] as const);
  return {
    ...(since !== undefined && {
      'harbor.scanner-adapter/vulnerability-database-updated-at': since,
      ...(updateIntervalMs > 0 && {
        'harbor.scanner-adapter/vulnerability-database-next-update-at': later(since, updateIntervalMs),
      }),
    }),
    ...Object.fromEntries(bySource),
  };
}

function ageText(loaded: readonly FeedState[]): string {
  const since = currentSince(loaded);
  if (since === undefined) return 'not loaded';
  const content = contentDateOf(loaded);
  return content === null ? `checked ${since}` : `checked ${since}, content of ${content}`;
}

function later(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString();
}
