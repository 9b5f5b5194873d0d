import { fstatSync } from 'node:fs';

/** Shows what goes on, on one line of a terminal; silent elsewhere. */
export interface Progress {
  show(text: string): void;
  /** Wipes the line, so that nothing of it stays between results. */
  clear(): void;
}

/** A progress line on standard error. `process.stderr` itself is only touched on a terminal: making the stream takes milliseconds. */
export function terminalProgress(): Progress {
  if (!fstatSync(2).isCharacterDevice() || !process.stderr.isTTY)
    return { show: () => undefined, clear: () => undefined };
  const { stderr } = process;
  const wipe = '\r\u001b[K';
  return {
    show: (text) => void stderr.write(`${wipe}${text.slice(0, Math.max(stderr.columns - 1, 20))}`),
    clear: () => void stderr.write(wipe),
  };
}
