/** A text of a document, made fit for a message. */
export function quoted(text: string): string {
  const short = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  return short.replace(/\p{Cc}/gu, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

/** A text of a document without what terminals obey, and of bounded length. */
export function plainLine(text: string, lengthMax = 512): string {
  return text
    .slice(0, lengthMax)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .toWellFormed();
}
