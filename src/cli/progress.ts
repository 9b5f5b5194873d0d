/** Shows what goes on, on one line of a terminal; silent elsewhere. */
export interface Progress {
  show(text: string): void;
  /** Wipes the line, so that nothing of it stays between results. */
  clear(): void;
}

/** A progress line on standard error. */
export function terminalProgress(): Progress {
  const { stderr } = process;
  if (!stderr.isTTY) return { show: () => undefined, clear: () => undefined };
  const wipe = '\r\u001b[K';
  return {
    show: (text) => void stderr.write(`${wipe}${text.slice(0, Math.max(stderr.columns - 1, 20))}`),
    clear: () => void stderr.write(wipe),
  };
}
