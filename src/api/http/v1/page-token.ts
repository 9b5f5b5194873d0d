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
import { asGo, encodeGoJson } from '../go-json-encode.ts';
import { WireError } from '../route.ts';
import { type NotificationPage, notificationPage } from './types.ts';

/** How long a token may be used. */
const ageMaxMs = 3_600_000;

/** Writes and reads where the next page of a list begins, so that nobody can read or make it up. */
export interface PageTokens {
  /** Of a list: what its next row has. */
  writeRow(row: number): string;
  /** Throws a `WireError` in Clair's words. */
  readRow(token: string): number;
  writeNotificationPage(page: NotificationPage): string;
  readNotificationPage(token: string): NotificationPage;
}

/** Tokens as Clair 2 makes them. */
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
    writeNotificationPage: (page) => sealFernet(encodeGoJson(asGo(notificationPage, page)), key, now()),
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

/** What a token says of a side of a notification of which all was told. */
const doneRow = -1;

/** Where a side of a notification goes on, by what a token says of it. */
export function pageStartOf(row: number): PageStart {
  return row === doneRow ? 'done' : row;
}

/** What a token says of it. */
export function rowOf(start: PageStart): number {
  return start === 'done' ? doneRow : start;
}

/** The key of `api.paginationkey`; one that ends with the process where it is empty. Throws `config-invalid`. */
export function paginationKey(setting: string): FernetKey {
  if (setting === '') return randomFernetKey();
  const key = parseFernetKey(setting);
  if (key !== undefined) return key;
  throw new ClairError(
    'config-invalid',
    'api.paginationkey takes 32 bytes in base64, as `openssl rand -base64 32` makes them',
  );
}

function invalidTokenError(): WireError {
  return pageFormatError('invalid or expired pagination token');
}

/** A token that is good elsewhere is refused by Go's decoder. */
function pageFormatError(reason: string): WireError {
  return new WireError(400, `invalid page format: ${reason}`);
}
