/** A text for people that is kept as it came, but for what terminals obey and what nobody would read: on one line, and cut. */
export function keptLine(text: string, charactersMax = 512): string {
  return text
    .slice(0, charactersMax)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .toWellFormed();
}
