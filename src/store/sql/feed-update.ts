import type { FeedUpdate, WholeFeedUpdate } from '../advisory-store.ts';

/** Returns whether an update has the whole content of its feed. A record that it does not have is removed. */
export function isWhole(update: FeedUpdate): boolean {
  return update.kind === 'whole' || (update.kind === 'published' && update.extent === 'whole');
}

/** Returns the dates of the file and of its content. Only an update from a file has them. */
export function statedDates(
  update: FeedUpdate,
): Pick<WholeFeedUpdate, 'lastModified' | 'fileModified' | 'dates'> {
  return update.kind === 'whole' || update.kind === 'changes' ? update : {};
}

/** Returns the command that applies the content of an update, for messages. */
export function commandFor({ kind, source }: FeedUpdate, option: string): string {
  return `clair db update ${source} ${kind === 'published' ? '--from PLACE ' : ''}${option}`;
}
