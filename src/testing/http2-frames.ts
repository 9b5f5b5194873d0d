import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';

/** Types of frames. RFC 9113, section 6. */
export const frameTypes = { data: 0, headers: 1, reset: 3, settings: 4, goAway: 7, windowUpdate: 8 } as const;

const endStream = 1;
const endHeaders = 4;

/** Encodes a frame. RFC 9113, section 4.1. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const header = Buffer.alloc(9);
  header.writeUIntBE(payload.length, 0, 3);
  header.writeUInt8(type, 3);
  header.writeUInt8(flags, 4);
  header.writeUInt32BE(stream, 5);
  return Buffer.concat([header, payload]);
}

/** Encodes the headers of a gRPC call, without its message. `lines` are further encoded header lines. */
export function callFrame(stream: number, path: string, lines: Uint8Array = Buffer.alloc(0)): Buffer {
  const fields = {
    ':path': path,
    ':authority': 'localhost',
    'content-type': 'application/grpc',
    te: 'trailers',
  };
  // POST and http from the static table, then literals without indexing. RFC 7541, section 6.
  const block = [
    Buffer.of(0x83, 0x86),
    ...Object.entries(fields).map(([name, value]) => headerLine(name, value)),
    lines,
  ];
  return frame(frameTypes.headers, endHeaders, stream, Buffer.concat(block));
}

/** Encodes one header line many times: the first enters the dynamic table, the others refer to it by one byte. */
export function repeatedLine(name: string, value: string, times: number): Buffer {
  return Buffer.concat([headerLine(name, value, 0x40), Buffer.alloc(times - 1, 0xbe)]);
}

/** Encodes an empty message, which ends the request. */
export function emptyMessageFrame(stream: number): Buffer {
  return frame(frameTypes.data, endStream, stream, Buffer.alloc(5));
}

/** Encodes the cancellation of a stream, with the code CANCEL. */
export function resetFrame(stream: number): Buffer {
  return frame(frameTypes.reset, 0, stream, Buffer.of(0, 0, 0, 8));
}

/** Connects a client that writes raw frames. It has sent the preface and these settings, by their numbers. */
export async function rawHttp2(
  context: TestContext,
  port: number,
  settings: Readonly<Record<number, number>> = {},
): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  context.after(() => socket.destroy());
  // The server may close the connection during a write.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const values = Object.entries(settings).map(([number, value]) => {
    const setting = Buffer.alloc(6);
    setting.writeUInt16BE(Number(number));
    setting.writeUInt32BE(value, 2);
    return setting;
  });
  socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
  socket.write(frame(frameTypes.settings, 0, 0, Buffer.concat(values)));
  return socket;
}

/** A received frame. */
export interface ReceivedFrame {
  readonly type: number;
  readonly payload: Buffer;
}

/** Waits for a frame of a type. Throws if the connection is closed before. */
export async function untilFrame(socket: Socket, type: number): Promise<ReceivedFrame> {
  let bytes = Buffer.alloc(0);
  for (;;) {
    const found = framesIn(bytes).find((one) => one.type === type);
    if (found !== undefined) return found;
    if (socket.destroyed) throw new Error(`no frame of type ${type} was received`);
    bytes = Buffer.concat([bytes, (socket.read() as Buffer | null) ?? Buffer.alloc(0)]);
    await new Promise(setImmediate);
  }
}

/** Returns all frames until the connection is closed. */
export async function framesOf(socket: Socket): Promise<ReceivedFrame[]> {
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  // Errors before the end of the connection do not matter to tests.
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return framesIn(Buffer.concat(pieces));
}

function framesIn(bytes: Buffer): ReceivedFrame[] {
  const frames: ReceivedFrame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    frames.push({ type: bytes.readUInt8(at + 3), payload: bytes.subarray(at + 9, end) });
    at = end;
  }
  return frames;
}

function headerLine(name: string, value: string, kind = 0): Buffer {
  return Buffer.concat([Buffer.of(kind), text(name), text(value)]);
}

/** Encodes an HPACK string without Huffman coding. Its length is an integer with a prefix of seven bits. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length: number[] = bytes.length < 127 ? [bytes.length] : [127];
  if (bytes.length >= 127)
    for (let rest = bytes.length - 127; ; rest >>>= 7) {
      length.push(rest < 128 ? rest : (rest & 127) | 128);
      if (rest < 128) break;
    }
  return Buffer.concat([Buffer.from(length), bytes]);
}
