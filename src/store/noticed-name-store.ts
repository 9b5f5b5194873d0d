/** A name in a notification of a registry: a tag, or all known tags of a digest. */
export interface NoticedName {
  /** Without the registry. */
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
  /** The digest that a push gave the tag, if the notification states it. */
  readonly pushed?: string | undefined;
}

/** A name that this process looks at. Others look at it once the claim has expired. */
export interface ClaimedName extends NoticedName {
  /** The name of the registry in the settings. */
  readonly watch: string;
  /** Number of looks since the last notification, including this one. */
  readonly attempt: number;
  /** Identifies the claim. */
  readonly number: number;
}

/** Which names are claimed. */
export interface NameClaimTerms {
  /** Names of registries in the settings. */
  readonly watches: readonly string[];
  readonly limit: number;
  readonly forMs: number;
}

/** Names in notifications of registries that servers will look at. */
export interface NoticedNameStore {
  /**
   * Adds names of a registry. One that waits is looked at again. Returns false, and adds none, if more than `limits.webhookNamesWaiting` would
   * wait. Deletes names that have waited longer than `limits.noticedNameMs`.
   */
  add(watch: string, names: readonly NoticedName[]): Promise<boolean>;
  /** Returns when the next name of these registries is due, ISO 8601. Undefined if none waits. */
  findNextRun(watches: readonly string[]): Promise<string | undefined>;
  /** Claims due names, the longest due first. */
  claim(terms: NameClaimTerms): Promise<readonly ClaimedName[]>;
  /** Deletes a name, unless it was claimed or announced again since. */
  complete(name: ClaimedName): Promise<void>;
  /** Makes a name due later, unless it was claimed or announced again since. */
  delay(name: ClaimedName, until: Date): Promise<void>;
}
