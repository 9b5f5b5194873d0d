import * as z from 'zod/mini';
import { ClairError } from '../../../core/errors.ts';
import { limits } from '../../../core/limits.ts';
import { deriveFernetKey, type FernetKey, openFernet, sealFernet } from '../../../kit/fernet.ts';
import { type CookieAttributes, cookieValue, setCookie } from './cookie.ts';

/** Options of `SealedCookie`. */
export interface SealedCookieOptions<T> {
  /** Name of the cookie without a prefix. The key is derived for it. */
  readonly name: string;
  readonly key: FernetKey;
  readonly lifetimeMs: number;
  readonly sameSite: CookieAttributes['sameSite'];
  readonly isSecure: boolean;
  readonly schema: z.ZodMiniType<T>;
  readonly now: () => number;
}

/** A cookie whose content only servers with the key can read and write. They keep nothing themselves. */
export class SealedCookie<T> {
  readonly #options: SealedCookieOptions<T>;
  readonly #key: FernetKey;
  readonly #name: string;

  constructor(options: SealedCookieOptions<T>) {
    this.#options = options;
    this.#key = deriveFernetKey(options.key, options.name);
    // Browsers accept the prefix from this very host over TLS only, so no other host of its domain can plant the cookie.
    this.#name = options.isSecure ? `__Host-${options.name}` : options.name;
  }

  /** Returns the content of the cookie of a request. Undefined without one, or if it is too old, damaged or of another key. */
  read(cookies: string | undefined): T | undefined {
    const value = cookieValue(cookies, this.#name);
    if (value === undefined) return undefined;
    const { lifetimeMs, now, schema } = this.#options;
    const message = openFernet(value, this.#key, { now: new Date(now()), ageMaxMs: lifetimeMs });
    // The key is of this purpose, so the text is JSON. A version before may have written other members.
    return message === undefined ? undefined : z.safeParse(schema, JSON.parse(message.toString())).data;
  }

  /** Whether a request has the cookie, readable or not. */
  isSent(cookies: string | undefined): boolean {
    return cookieValue(cookies, this.#name) !== undefined;
  }

  /** Returns the `Set-Cookie` header that stores a content for the whole lifetime. Throws `limit-exceeded`. */
  write(content: T): string {
    const { now, lifetimeMs } = this.#options;
    const sealed = sealFernet(JSON.stringify(content), this.#key, new Date(now()));
    if (this.#name.length + sealed.length + 1 > limits.cookieBytes)
      throw new ClairError(
        'limit-exceeded',
        'the cookie of the session would be longer than browsers accept',
        {
          limit: 'cookieBytes',
        },
      );
    return this.#set(sealed, lifetimeMs);
  }

  /** Returns the `Set-Cookie` header that deletes the cookie. */
  clear(): string {
    return this.#set('', 0);
  }

  #set(value: string, lifetimeMs: number): string {
    const { sameSite, isSecure } = this.#options;
    return setCookie(this.#name, value, {
      sameSite,
      isSecure,
      maxAgeSeconds: Math.floor(lifetimeMs / 1000),
    });
  }
}
