import { ClairError, messageOf } from '../../../core/errors.ts';
import {
  type FernetKey,
  openFernet,
  parseFernetKey,
  randomFernetKey,
  sealFernet,
} from '../../../kit/fernet.ts';
import type { PageStart } from '../../../service/notifications/notification-view.ts';
import { decodeGoJson } from '../go-json-decode.ts';
import { encodeGoJson, encodeGoValue } from '../go-json-encode.ts';
import { WireError } from '../route.ts';
import { type NotificationPage, notificationPage } from './types.ts';

/** Lifetime of a token in milliseconds. */
const ageMaxMs = 3_600_000;

/** Seals and opens page tokens, which clients can neither read nor forge. */
export interface PageTokens {
  /** Returns the token for the page that begins at a row of a list. */
  writeRow(row: number): string;
  /** Returns the row of a token. Throws `WireError` with Clair's message. */
  readRow(token: string): number;
  writeNotificationPage(page: NotificationPage): string;
  readNotificationPage(token: string): NotificationPage;
}

/** Returns page tokens in the format of Clair 2: Fernet. */
export function pageTokens(key: FernetKey, now: () => Date): PageTokens {
  const open = (token: string): Buffer => {
    const message = openFernet(token, key, { now: now(), ageMaxMs });
    if (message === undefined) throw invalidTokenError();
    return message;
  };
  return {
    writeRow: (row) => sealFernet(encodeGoJson(row), key, now()),
    readRow(token) {
      const message = open(token).toString();
      if (message.startsWith('{'))
        throw pageFormatError('json: cannot unmarshal object into Go value of type int');
      if (!/^-?\d{1,15}\n$/.test(message)) throw invalidTokenError();
      return Number(message);
    },
    writeNotificationPage: (page) => sealFernet(encodeGoValue(notificationPage, page), key, now()),
    readNotificationPage(token) {
      const message = open(token);
      try {
        return decodeGoJson(notificationPage, message);
      } catch (error) {
        throw pageFormatError(messageOf(error));
      }
    },
  };
}

/** The row in the token for a side of a notification that has no more pages. */
const doneRow = -1;

/** Returns the start of a page from the row in a token. */
export function pageStartOf(row: number): PageStart {
  return row === doneRow ? 'done' : row;
}

/** Returns the row for a token from the start of a page; the inverse of `pageStartOf`. */
export function rowOf(start: PageStart): number {
  return start === 'done' ? doneRow : start;
}

/** Parses `api.paginationkey`; if it is empty, returns a random key for this process. Throws `config-invalid`. */
export function paginationKey(setting: string): FernetKey {
  if (setting === '') return randomFernetKey();
  const key = parseFernetKey(setting);
  if (key !== undefined) return key;
  throw new ClairError(
    'config-invalid',
    'api.paginationkey must be 32 bytes in base64: run `openssl rand -base64 32` to create one',
  );
}

function invalidTokenError(): WireError {
  return pageFormatError('invalid or expired pagination token');
}

/** Returns Clair's error for an invalid page token. A token of another route gets the message of Go's decoder. */
function pageFormatError(reason: string): WireError {
  return new WireError(400, `invalid page format: ${reason}`);
}
