/** A text of a document without what terminals obey, and of bounded length. */
export function plainLine(text: string, lengthMax = 512): string {
  return text
    .slice(0, lengthMax)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .toWellFormed();
}
