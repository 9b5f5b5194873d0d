import type { IncomingHttpHeaders } from 'node:http';
import { EncodedDocument } from '../encoded-document.ts';
import type { ApiResponse } from '../route.ts';
import { type Router, splitTarget } from '../router.ts';
import type { ConsoleFile, ConsoleFiles } from './console-files.ts';

/** Prefix of the paths of scripts and styles. */
export const consoleAssetPrefix = '/console/';

/** First segments of the paths of pages. */
const areas: ReadonlySet<string> = new Set([
  '',
  'images',
  'advisories',
  'packages',
  'upgrades',
  'sources',
  'notifications',
  'triage',
  'changes',
  'news',
  'diff',
  'findings',
]);

/** The browser runs scripts and styles of this server only, and shows the page in no frame. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "font-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

const securityHeaders = {
  'Content-Security-Policy': policy,
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const missingText =
  'The console is not built in this checkout. Build it, then restart the server:\n\n    npm run console\n';

/**
 * Returns a router for the console, which returns the page to requests for its paths whose `Accept` names `text/html`. Scripts and styles are
 * below `/console/`. Everything else is left to other routers. No token is needed, because the files contain no data.
 */
export function consoleRouter(files: ConsoleFiles | undefined): Router {
  return (method, target, headers = {}) => {
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    const { path } = splitTarget(target);
    const asset = assetAt(path, files);
    if (asset !== undefined)
      return publicAnswer(fileResponse(asset, headers, 'public, max-age=31536000, immutable'));
    if (!isPage(path) || !namesHtml(headers)) return undefined;
    return publicAnswer(
      files === undefined ? missingResponse : fileResponse(files.page, headers, 'no-cache'),
    );
  };
}

function publicAnswer(response: ApiResponse): ReturnType<Router> {
  return { kind: 'answer', response, isPublic: true };
}

function assetAt(path: string, files: ConsoleFiles | undefined): ConsoleFile | undefined {
  return path.startsWith(consoleAssetPrefix)
    ? files?.assets.get(path.slice(consoleAssetPrefix.length))
    : undefined;
}

/** Whether the console has a path. `/notifications/NAME` is one of the v3 API. */
function isPage(path: string): boolean {
  const [before, area = '', ...rest] = path.split('/');
  return before === '' && areas.has(area) && (area !== 'notifications' || rest.length === 0);
}

/** Returns whether a browser asks for a page. Programs accept any type, and get the responses of Clair. */
function namesHtml({ accept = '' }: IncomingHttpHeaders): boolean {
  return accept.split(',').some((part) => part.split(';')[0]?.trim().toLowerCase() === 'text/html');
}

function fileResponse(
  { contentType, plain, brotli, gzip }: ConsoleFile,
  headers: IncomingHttpHeaders,
  cacheControl: string,
): ApiResponse {
  const encoding = (['br', 'gzip'] as const).find((name) => accepts(headers, name));
  const content = encoding === 'br' ? brotli : encoding === 'gzip' ? gzip : plain;
  return {
    status: 200,
    contentType,
    headers: {
      ...securityHeaders,
      'Cache-Control': cacheControl,
      Vary: 'Accept, Accept-Encoding',
      ...(encoding !== undefined && { 'Content-Encoding': encoding }),
    },
    document: new EncodedDocument(content),
    isNeverCompressed: true,
  };
}

function accepts(headers: IncomingHttpHeaders, encoding: string): boolean {
  const accepted = (headers['accept-encoding']?.toString() ?? '').split(',').map((part) => part.split(';'));
  return accepted.some(
    ([name = '', weight = '']) =>
      name.trim().toLowerCase() === encoding && !/^ *q=0(?:\.0*)? *$/.test(weight),
  );
}

const missingResponse: ApiResponse = {
  status: 503,
  headers: { ...securityHeaders, 'Cache-Control': 'no-store' },
  contentType: 'text/plain; charset=utf-8',
  text: missingText,
};
