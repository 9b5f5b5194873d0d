/** Decodes percent-encoded text. Undefined if a percent sign or the resulting UTF-8 is invalid. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
