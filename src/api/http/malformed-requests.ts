import { type Server, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { limits } from '../../core/limits.ts';

/** Status by error code of Node's HTTP parser; 400 for all others. */
const statusByParserError: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};

/**
 * Makes a server respond to a malformed request with one error, and close the connection without a reset.
 *
 * Node closes the connection immediately. Bytes that arrive later cause a reset, and the client can lose the response. Therefore only the
 * sending half is closed. Further bytes are discarded until the client closes, at most for `lingerMs` (RFC 9112, section 9.6).
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

/** Returns whether an incomplete response was begun: the client would read a second one as part of it. Reads a private property. */
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
  // The first `data` listener detaches the socket from Node's parser.
  socket.on('data', () => undefined);
  socket.on('error', close).on('end', close);
  socket.on('close', () => {
    clearTimeout(timer);
  });
}
