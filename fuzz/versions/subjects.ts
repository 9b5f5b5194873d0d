import { exportsOf, hasMembers } from '../exports.ts';
import type { Subject } from './subject.ts';

/** Returns every scheme that can be compared with its native tool, from the files of `subject/`. */
export async function readSubjects(): Promise<readonly Subject[]> {
  const directory = new URL('./subject/', import.meta.url);
  return [...(await exportsOf({ directory, name: 'subject', isUsable: isSubject })).values()];
}

function isSubject(value: unknown): value is Subject {
  return hasMembers(value, ['scheme', 'grammar', 'alphabet', 'open']);
}
