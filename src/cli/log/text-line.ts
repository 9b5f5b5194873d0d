/** Formats a line of the JSON log as text: time, level, message, and other fields as `key=value`. */
export function textLine(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(fields).map(([key, value]) => ` ${word(key)}=${shown(value)}`);
  const label = String(level).toUpperCase().padEnd(5);
  return `${String(time)} ${label} ${typeof msg === 'string' ? unquoted(msg) : ''}${pairs.join('')}\n`;
}

/** Formats a value: a plain word without quotes, otherwise JSON, whose escapes keep it on one line. */
function shown(value: unknown): string {
  return typeof value === 'string' ? word(value) : escapeUnsafe(JSON.stringify(value));
}

function word(text: string): string {
  return /^[\w.:/@+*,;()[\]%~-]+$/.test(text) ? text : escapeUnsafe(JSON.stringify(text));
}

/** Formats a message: escaped as JSON, without quotes. */
function unquoted(message: string): string {
  return escapeUnsafe(JSON.stringify(message).slice(1, -1)).replaceAll('\\"', '"');
}

/** Characters that JSON permits in strings and that terminals, editors or line readers interpret. */
const unsafe = /[\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/** Escapes characters of JSON that would affect a terminal or an editor. */
export function escapeUnsafe(json: string): string {
  return json.replace(unsafe, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
