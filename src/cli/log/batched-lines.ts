/** Takes a line. One that may wait is written at the end of the turn of the event loop. */
export type WriteLine = (line: string, mayWait: boolean) => void;

/**
 * Joins the lines that may wait and are logged in one turn of the event loop: a server under load writes once for several requests.
 * Any other line is written at once, after those before it. At exit nothing is lost.
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
