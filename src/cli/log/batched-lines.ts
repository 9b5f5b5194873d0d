/** Writes a line; if `mayWait`, at the end of the turn of the event loop. */
export type WriteLine = (line: string, mayWait: boolean) => void;

/**
 * Batches the lines of one turn of the event loop that may wait, so that a server under load writes once for several requests. Other
 * lines are written at once, in order. Flushes at exit.
 */
export function batchedLines(write: (lines: string) => void): WriteLine {
  let waiting = '';
  const flush = (): void => {
    const lines = waiting;
    waiting = '';
    if (lines !== '') write(lines);
  };
  process.once('exit', flush);
  return (line, mayWait) => {
    if (waiting === '' && mayWait) setImmediate(flush);
    waiting += line;
    if (!mayWait) flush();
  };
}
