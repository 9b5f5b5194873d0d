import type { LookUpRatings, RatingLookupResult } from '../service/findings/assess-packages.ts';
import type { CommandContext } from './command-context.ts';

/** Options of rating lookups. */
export interface LookupOptions {
  readonly asOf?: string;
  readonly lookups?: boolean;
  readonly offline?: boolean;
  readonly mirror?: string;
}

/** Returns the rating lookup of a command. If lookups are disabled, its result states why. Loads the code on the first call. */
export function ratingLookups(context: CommandContext, options: LookupOptions): LookUpRatings {
  const disabledReason = disabledReasonOf(options);
  const { updateDeps } = context;
  if (disabledReason !== undefined || updateDeps === undefined)
    return async () => nothingLookedUp(disabledReason ?? 'ratings are not looked up without network');
  return async (found) => {
    const { fetchRatings } = await import('./fetch-ratings.ts');
    return await fetchRatings(found, { context, updateDeps, mirror: options.mirror });
  };
}

function disabledReasonOf({ asOf, offline, lookups = true }: LookupOptions): string | undefined {
  if (!lookups) return 'ratings are not looked up (--no-lookups)';
  if (asOf !== undefined) return 'ratings are not looked up for a time in the past (--as-of)';
  return offline === true ? 'ratings are not looked up (--offline)' : undefined;
}

function nothingLookedUp(reason: string): RatingLookupResult {
  return { isStoreChanged: false, enrichments: [], reason };
}
