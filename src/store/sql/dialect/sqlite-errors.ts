import { limits } from '../../../kit/limits.ts';
import { unusable } from './unusable.ts';

/** Result codes of SQLite (sqlite.org/rescode.html) for which somebody outside this program has to do something. */
const remedies: ReadonlyMap<number, string> = new Map([
  [3, 'the system forbids it: check who owns the file and its directory'],
  [7, 'there is not enough memory'],
  [8, 'it cannot be written: check the rights of the file and its directory, or choose another place'],
  [10, 'the disk reports an error: check the disk and the rights of the directory'],
  [11, 'its content is damaged: delete it, and the next run makes a new one'],
  [13, 'the disk is full: make room, or choose another place'],
  [14, 'it cannot be opened: check the path, and that its directory can be written'],
  [26, 'it is a file of another kind: choose another place'],
]);

const busy = 5;

/** Whether another connection holds the lock that was wanted. */
export function isBusy(error: unknown): boolean {
  return resultCode(error) === busy;
}

/** An error of SQLite as what it means for the database at `place`; any other error as it is. */
export function storeError(error: unknown, place: string): unknown {
  const remedy = remedies.get(resultCode(error) ?? 0);
  return remedy === undefined ? error : unusable(place, remedy, error);
}

/** Does what a lock of another connection may refuse, again and again until it is done or `limits.storeBusyMs` are over. */
export async function patiently<T>(place: string, work: () => T | Promise<T>): Promise<T> {
  const deadline = performance.now() + limits.storeBusyMs;
  for (let pauseMs = 1; ; pauseMs = Math.min(2 * pauseMs, 50)) {
    try {
      return await work();
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() > deadline) {
        const why = `another process has kept it locked for ${limits.storeBusyMs / 1000} s: wait for that process or end it`;
        throw unusable(place, why, error);
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}

/** The primary result code: the extended ones tell more in their higher bytes. */
function resultCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  return error.errcode & 0xff;
}
