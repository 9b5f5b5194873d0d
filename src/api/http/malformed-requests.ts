import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '../../core/limits.ts';

/** Which status answers an error of Node's HTTP parser; 400 where none is named. */
const statusByParserError: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Has a server answer what is no request with one error, and close the connection without a reset.
 *
 * Node closes at once. Bytes that arrive after that reset the connection, and a client that is reset can lose the answer. So only the
 * sending half is closed at once. What still arrives is thrown away until the client ends, at most for `lingerMs` (RFC 9112,
 * section 9.6).
 */
export function rejectMalformedRequests(server: Server, lingerMs: number = limits.lingerMs): void {
  const lingering = new WeakSet<Duplex>();
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (lingering.has(socket)) return;
    lingering.add(socket);
    const code = error.code ?? '';
    if (!socket.writable || !/^(?:HPE_|ERR_HTTP_)/.test(code) || hasBegunResponse(socket)) {
      socket.destroy();
      return;
    }
    socket.end(statusLineResponse(statusByParserError[code] ?? 400));
    discardUntilEnd(socket, lingerMs);
  });
}

/** Whether an answer was begun that is not complete: a second one would be read as part of it. Only a private property shows it. */
function hasBegunResponse(socket: Duplex): boolean {
  const { _httpMessage: response } = socket as Duplex & { _httpMessage?: { headersSent: boolean } | null };
  return response?.headersSent === true;
}

function statusLineResponse(status: number): string {
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;
}

function discardUntilEnd(socket: Duplex, lingerMs: number): void {
  const close = (): void => {
    socket.destroy();
  };
  const timer = setTimeout(close, lingerMs);
  socket.removeAllListeners('data');
  // The first listener takes the connection back from Node's parser, which would otherwise go on to read it.
  socket.on('data', () => undefined);
  socket.on('error', close).on('end', close);
  socket.on('close', () => {
    clearTimeout(timer);
  });
}
