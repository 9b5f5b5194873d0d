import type { LookedUpRatings, LookUpRatings } from '../service/findings/assess-packages.ts';
import type { AssessmentOptions } from './assess.ts';
import type { Room } from './room.ts';

/** How a command looks up ratings, or why it does not. The code that does is loaded when something was found. */
export function ratingLookups(room: Room, options: AssessmentOptions): LookUpRatings {
  const off = reasonAgainst(options);
  const { updating } = room;
  if (off !== undefined || updating === undefined)
    return async () => nothingLookedUp(off ?? 'ratings are not looked up without network');
  return async (found) => {
    const { lookUp } = await import('./look-up.ts');
    return await lookUp(found, { room, updating, mirror: options.mirror });
  };
}

function reasonAgainst({ asOf, offline, lookups = true }: AssessmentOptions): string | undefined {
  if (asOf !== undefined) return 'ratings are not looked up for a time in the past (--as-of)';
  if (!lookups) return 'ratings are not looked up (--no-lookups)';
  return offline === true ? 'ratings are not looked up (--offline)' : undefined;
}

function nothingLookedUp(reason: string): LookedUpRatings {
  return { isStoreChanged: false, enrichments: [], reason };
}
