import { escapeUnsafe } from './escape.ts';

/** A line of the JSON log as people read it: time, level, message, and what else it says as `key=value`. */
export function textLine(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${word(key)}=${shown(value)}`);
  const label = String(level).toUpperCase().padEnd(5);
  return `${String(time)} ${label} ${typeof msg === 'string' ? unquoted(msg) : ''}${pairs.join('')}\n`;
}

/** A value without quotes if it is one plain word, else as JSON, whose escapes keep it on one line. */
function shown(value: unknown): string {
  return typeof value === 'string' ? word(value) : escapeUnsafe(JSON.stringify(value));
}

function word(text: string): string {
  return /^[\w.:/@+*,;()[\]%~-]+$/.test(text) ? text : escapeUnsafe(JSON.stringify(text));
}

/** A message stands without quotes, and is escaped as if it had them. */
function unquoted(message: string): string {
  return escapeUnsafe(JSON.stringify(message).slice(1, -1)).replaceAll('\\"', '"');
}
