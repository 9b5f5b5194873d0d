/** The last line of a list that the server has cut, and the place behind it. */
const cutLine = /^"?cut after \d+ rows: repeat the request with after=(\S+) for the following ones/;

/** Characters at the end of a file in which that line is looked for. */
const cutCharacters = 4000;

/**
 * Returns a list as one CSV file. `read` returns its rows behind a place, or from its start, with the names of the columns. The server cuts a
 * long list, and its last line says so: the following rows are then read, too, until there are no more.
 */
export async function wholeCsv(read: (after: string | undefined) => Promise<Blob>): Promise<Blob> {
  const parts: Blob[] = [];
  let after: string | undefined;
  do {
    const part = await read(after);
    const { end, next } = await endOf(part);
    if (next !== undefined && next === after) throw new Error('the list does not go on');
    parts.push(part.slice(after === undefined ? 0 : await headBytes(part), end));
    after = next;
  } while (after !== undefined);
  return new Blob(parts, { type: 'text/csv' });
}

/** Returns where the rows of a part end, and the place behind them if there are more. */
async function endOf(part: Blob): Promise<{ readonly end: number; readonly next: string | undefined }> {
  const text = await part.slice(-cutCharacters).text();
  const line = text.slice(text.lastIndexOf('\n', text.length - 2) + 1);
  const next = cutLine.exec(line)?.[1];
  return { end: next === undefined ? part.size : part.size - bytesOf(line), next };
}

/** Returns the bytes of the first line, which has the names of the columns. */
async function headBytes(part: Blob): Promise<number> {
  const text = await part.slice(0, cutCharacters).text();
  return bytesOf(text.slice(0, text.indexOf('\n') + 1));
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
