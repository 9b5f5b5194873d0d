/** Returns the first value of a cookie in a `Cookie` header. RFC 6265, section 4.2.1. */
export function cookieValue(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** Attributes of a cookie that scripts cannot read. */
export interface CookieAttributes {
  /** `Lax` is also sent when another site leads to this server. */
  readonly sameSite: 'Strict' | 'Lax';
  /** Sent over TLS only. */
  readonly isSecure: boolean;
  /** 0 deletes the cookie. */
  readonly maxAgeSeconds: number;
}

/** Returns the value of a `Set-Cookie` header. Values of cookies here need no escapes: they are base64. */
export function setCookie(
  name: string,
  value: string,
  { sameSite, isSecure, maxAgeSeconds }: CookieAttributes,
): string {
  const parts = [
    `${name}=${value}`,
    'Path=/',
    `Max-Age=${maxAgeSeconds}`,
    'HttpOnly',
    `SameSite=${sameSite}`,
  ];
  return [...parts, ...(isSecure ? ['Secure'] : [])].join('; ');
}
