import { escapeHtml } from '../../../kit/untrusted-text.ts';
import type { ApiResponse } from '../route.ts';

const headers = {
  'Cache-Control': 'no-store',
  'Content-Security-Policy':
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
};

/**
 * Returns a page that leads to another one of this server at once. Browsers do not send a cookie that is `SameSite=Strict` after a redirect
 * from another site, but they send it from this page on.
 */
export function continuePage(path: string, cookies: readonly string[]): ApiResponse {
  const target = escapeHtml(path);
  return page(200, { head: `<meta http-equiv="refresh" content="0;url=${target}">`, cookies }, [
    `<p>You are signed in. <a href="${target}">Continue</a>.</p>`,
  ]);
}

/** Returns a page about a sign-in that failed. `cause` is for the log. */
export function failurePage(
  status: number,
  message: string,
  { cookies = [], cause }: { readonly cookies?: readonly string[]; readonly cause?: unknown } = {},
): ApiResponse {
  const body = [
    `<h1>You are not signed in</h1>`,
    `<p>${escapeHtml(message)}</p>`,
    `<p><a href="/">Back</a></p>`,
  ];
  return { ...page(status, { head: '', cookies }, body), ...(cause !== undefined && { cause }) };
}

function page(
  status: number,
  { head, cookies }: { readonly head: string; readonly cookies: readonly string[] },
  body: readonly string[],
): ApiResponse {
  const title = '<meta charset="utf-8"><title>Clair</title>';
  return {
    status,
    headers: { ...headers, ...(cookies.length > 0 && { 'Set-Cookie': cookies }) },
    contentType: 'text/html; charset=utf-8',
    text: `<!doctype html>\n<html lang="en">${title}${head}\n${body.join('\n')}\n</html>\n`,
  };
}
