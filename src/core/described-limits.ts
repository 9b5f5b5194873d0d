const MiB = 1024 * 1024;

/** The limits on stored descriptions of images and on matches that are kept. They are a part of `limits`. */
export const describedLimits = {
  /** Length of the packages of an image as JSON, with which it is described in the database. 3,000 packages have 1.5 million characters. */
  describedCharacters: 8 * MiB,
  /** Length of the matches of such an image as JSON. A thousand matches have about a million characters. */
  rememberedMatchCharacters: 4 * MiB,
  /** Matches of package sets that a store holds in memory, with one more for each set. They take some tens of megabytes. */
  cachedMatches: 20_000,
} as const;
