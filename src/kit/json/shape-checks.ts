/**
 * Checks of parsed JSON by hand. Feeds with hundreds of thousands of rows use them, because the checks and copies of a schema would take a
 * third of the time. The schema then finds the place of a mismatch.
 */

/** Whether a value is an object, and neither null nor an array. */
export function isJsonObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a text or absent. */
export function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string';
}

/** Whether a value is an array, all items of which pass a check. */
export function isListOf(value: unknown, isItem: (item: unknown) => boolean): boolean {
  if (!Array.isArray(value)) return false;
  for (const item of value) if (!isItem(item)) return false;
  return true;
}

/** Whether a value is absent, or an array as of `isListOf`. */
export function isListOrAbsent(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return value === undefined || isListOf(value, isItem);
}

/** Whether a value is a text. */
export function isText(value: unknown): value is string {
  return typeof value === 'string';
}
