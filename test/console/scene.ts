import type { Browser } from 'playwright-core';
import type { SeededServer } from './seeded-server.ts';

/** A server with images, and a browser, for many tests. */
export interface Scene extends SeededServer {
  readonly browser: Browser;
}
