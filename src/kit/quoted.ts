/** A text from outside, made fit for a message: in quotes, short, and without what terminals obey. */
export function quoteUntrusted(text: string): string {
  const short = JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
  // JSON leaves DEL and the controls behind it as they are, which terminals obey too.
  return short.replace(/\p{Cc}/gu, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
