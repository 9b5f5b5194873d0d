import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

/** A directory whose files each export one object of the same type under the same name. */
export interface ExportPlace<T> {
  /** URL with a trailing slash. */
  readonly directory: URL;
  readonly name: string;
  readonly isUsable: (value: unknown) => value is T;
}

/** Returns the exports of the files in a directory, by file name without `.ts`. Throws if a file has no valid export. */
export async function exportsOf<T>({
  directory,
  name,
  isUsable,
}: ExportPlace<T>): Promise<ReadonlyMap<string, T>> {
  const found = new Map<string, T>();
  for (const file of readdirSync(directory).sort()) {
    const url = new URL(encodeURIComponent(file), directory);
    const value = ((await import(url.href)) as Record<string, unknown>)[name];
    if (!isUsable(value)) throw new Error(`${url.pathname} has no valid export ${name}`);
    found.set(basename(file, '.ts'), value);
  }
  return found;
}

/** Whether a value is an object with all these members. */
export function hasMembers(value: unknown, members: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && members.every((member) => member in value);
}
