/** The tables of the ages of findings. */
export interface FindingAgeTables {
  repository_age: RepositoryAgeTable;
  age_sum: AgeSumTable;
}

/** The ages of the findings of a repository. */
interface RepositoryAgeTable {
  /** See `pathOfRepository`. */
  path: Uint8Array;
  /** See `packRepository`. */
  content: Uint8Array;
}

/** The ages of the findings of all repositories below a path. */
interface AgeSumTable {
  /** See `pathOfFolder`. Empty for all repositories. */
  path: Uint8Array;
  /** The first bytes behind the paths of these repositories. */
  path_end: Uint8Array;
  /** Number of names in the path. */
  depth: number;
  /** See `packSums`. */
  content: Uint8Array;
}
