import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** What a client of server-sent events is given. */
export interface StreamedEvent {
  /** `message` where the stream does not say. */
  readonly type: string;
  readonly data: unknown;
}

/** A stream of server-sent events, as the HTML standard has clients read it (section 9.2.6). */
export interface EventStream extends AsyncIterable<StreamedEvent> {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** What a client that comes back sends as `Last-Event-ID`. */
  readonly lastId: string;
  /** Lines with nothing but a comment. */
  readonly comments: number;
  /** Whether it broke off instead of ending in order. */
  readonly isBroken: boolean;
  /** Goes away. */
  close(): void;
}

/** Follows a stream. What was not taken of it when it breaks off is lost, as for any client. */
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

  /** What the lines of a block say together; nothing where they hold no data. */
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
