/** A text for people that is kept as it came, but for what terminals obey and what nobody would read: on one line, and cut. */
export function stripControls(text: string, charactersMax = 512): string {
  const cut = text.slice(0, charactersMax);
  // Most are plain already.
  return /^[ -~]*$/.test(cut) ? cut : cut.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').toWellFormed();
}
