import type { FeedUpdate, WholeFeedUpdate } from '../advisory-store.ts';

/** Returns whether an update has the whole content of its feed. A record that it does not have is removed. */
export function isWhole({ kind }: FeedUpdate): boolean {
  return kind === 'whole' || kind === 'import';
}

/** Returns the dates of the file and of its content. Only an update from a file has them. */
export function statedDates(
  update: FeedUpdate,
): Pick<WholeFeedUpdate, 'lastModified' | 'fileModified' | 'dates'> {
  return update.kind === 'whole' || update.kind === 'changes' ? update : {};
}
