/** What a percent-encoded text stands for; undefined where a percent sign in it encodes nothing. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
