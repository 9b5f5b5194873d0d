import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** An event as a client of server-sent events receives it. */
export interface StreamedEvent {
  /** `message` if the stream names no type. */
  readonly type: string;
  readonly data: unknown;
}

/** A stream of server-sent events, parsed as the HTML standard defines (section 9.2.6). */
export interface EventStream extends AsyncIterable<StreamedEvent> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The value of `Last-Event-ID` when the client reconnects. */
  readonly lastId: string;
  /** Number of comment lines. */
  readonly comments: number;
  /** Whether the connection broke instead of ending normally. */
  readonly isBroken: boolean;
  /** Disconnects. */
  close(): void;
}

/** Connects to a stream. When the connection breaks, unread events are lost, as for any client. */
export async function followStream(
  url: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<EventStream> {
  const asking = request(url, { agent: false, headers });
  asking.end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  return new Reader(response);
}

class Reader implements EventStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  lastId = '';
  comments = 0;
  isBroken = false;
  readonly #response: IncomingMessage;

  constructor(response: IncomingMessage) {
    this.#response = response;
    this.status = response.statusCode ?? 0;
    this.headers = response.headers;
    response.setEncoding('utf8');
    response.on('error', () => {
      this.isBroken = true;
    });
  }

  close(): void {
    this.#response.destroy();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<StreamedEvent> {
    let block: string[] = [];
    for await (const line of this.#lines()) {
      if (line.startsWith(':')) this.comments++;
      else if (line !== '') block.push(line);
      else {
        const event = this.#read(block);
        block = [];
        if (event !== undefined) yield event;
      }
    }
  }

  /** Returns the event of the lines of a block; undefined if they have no data. */
  #read(block: readonly string[]): StreamedEvent | undefined {
    const fields = block.map((line) => /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? []);
    const all = (name: string): string[] =>
      fields.filter(([, field]) => field === name).map(([, , value]) => value ?? '');
    this.lastId = all('id').at(-1) ?? this.lastId;
    const data = all('data').join('\n');
    if (data === '') return undefined;
    return { type: all('event').at(-1) || 'message', data: JSON.parse(data) as unknown };
  }

  async *#lines(): AsyncGenerator<string> {
    let rest = '';
    try {
      for await (const piece of this.#response) {
        const lines = `${rest}${String(piece)}`.split('\n');
        rest = lines.pop() ?? '';
        yield* lines;
      }
    } catch (error) {
      if (!this.isBroken) throw error;
    }
  }
}
