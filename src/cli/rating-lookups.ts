import type { LookedUpRatings, LookUpRatings } from '../service/findings/assess-packages.ts';
import type { Room } from './room.ts';

/** Options that decide whether and where ratings are looked up. */
export interface LookupOptions {
  readonly asOf?: string;
  readonly lookups?: boolean;
  readonly offline?: boolean;
  readonly mirror?: string;
}

/** How a command looks up ratings, or why it does not. The code that does is loaded when something was found. */
export function ratingLookups(room: Room, options: LookupOptions): LookUpRatings {
  const off = reasonAgainst(options);
  const { updating } = room;
  if (off !== undefined || updating === undefined)
    return async () => nothingLookedUp(off ?? 'ratings are not looked up without network');
  return async (found) => {
    const { lookUp } = await import('./look-up.ts');
    return await lookUp(found, { room, updating, mirror: options.mirror });
  };
}

function reasonAgainst({ asOf, offline, lookups = true }: LookupOptions): string | undefined {
  if (!lookups) return 'ratings are not looked up (--no-lookups)';
  if (asOf !== undefined) return 'ratings are not looked up for a time in the past (--as-of)';
  return offline === true ? 'ratings are not looked up (--offline)' : undefined;
}

function nothingLookedUp(reason: string): LookedUpRatings {
  return { isStoreChanged: false, enrichments: [], reason };
}
