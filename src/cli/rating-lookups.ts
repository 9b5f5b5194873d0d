import type { LookUpRatings, RatingLookupResult } from '../service/findings/assess-packages.ts';
import type { CommandContext } from './command-context.ts';

/** Options that decide whether and where ratings are looked up. */
export interface LookupOptions {
  readonly asOf?: string;
  readonly lookups?: boolean;
  readonly offline?: boolean;
  readonly mirror?: string;
}

/** How a command looks up ratings, or why it does not. The code that does is loaded when something was found. */
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
