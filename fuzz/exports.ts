import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

/** A directory whose files each export the same kind of thing under one name. */
export interface ExportPlace<T> {
  /** With a slash at the end. */
  readonly directory: URL;
  readonly name: string;
  readonly isUsable: (value: unknown) => value is T;
}

/** What the files of a directory export, by their names without `.ts`. Throws for one that exports nothing usable. */
export async function exportsOf<T>({
  directory,
  name,
  isUsable,
}: ExportPlace<T>): Promise<ReadonlyMap<string, T>> {
  const found = new Map<string, T>();
  for (const file of readdirSync(directory).sort()) {
    const url = new URL(encodeURIComponent(file), directory);
    const value = ((await import(url.href)) as Record<string, unknown>)[name];
    if (!isUsable(value)) throw new Error(`${url.pathname} exports no ${name} that can be used`);
    found.set(basename(file, '.ts'), value);
  }
  return found;
}

/** Whether a value is an object that has all these members. */
export function hasMembers(value: unknown, members: readonly string[]): boolean {
  return typeof value === 'object' && value !== null && members.every((member) => member in value);
}
