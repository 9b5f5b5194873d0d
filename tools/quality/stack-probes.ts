import crypto from 'node:crypto';
import { writeSync } from 'node:fs';
import { IncomingMessage } from 'node:http';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { MessagePort, Worker } from 'node:worker_threads';
import { dpkgLister } from '../../src/analyze/package/dpkg.ts';
import { root } from './sources.ts';

/**
 * Imported before a server, in each of its threads. Writes the call stack to standard error whenever the server calls one of the functions
 * below: one line of JSON with the functions of the sources, the innermost first.
 */
Error.stackTraceLimit = 200;
const sources = `${pathToFileURL(root).href}/`;
const written = new Set<string>();

probe(Socket.prototype, 'resume');
probe(Socket.prototype, 'unshift');
probe(IncomingMessage.prototype, 'iterator');
probe(Worker.prototype, 'postMessage');
probe(MessagePort.prototype, 'postMessage');
probe(crypto, 'createHash');
probe(crypto.Hash.prototype, 'update');
probe(Object.getPrototypeOf(performance) as object, 'now');
probe(DatabaseSync.prototype, 'prepare', (sql) => String(sql).includes('insert into "v1_layer"'));
probe(dpkgLister, 'list');
syncBuiltinESMExports();

/** Replaces a function by one that writes the stack first. */
function probe(object: object, name: string, isWanted: (argument: unknown) => boolean = () => true): void {
  const original = Reflect.get(object, name) as (...args: unknown[]) => unknown;
  const value = function (this: unknown, ...args: unknown[]): unknown {
    if (isWanted(args[0])) writeStack(name);
    return Reflect.apply(original, this, args);
  };
  Object.defineProperty(object, name, { value, configurable: true, writable: true });
}

/** A call site, with the start of its function, which the types of Node lack. */
interface CallSite extends NodeJS.CallSite {
  getEnclosingLineNumber(): number;
  getEnclosingColumnNumber(): number;
}

function writeStack(calling: string): void {
  const prepareStackTrace: unknown = Reflect.get(Error, 'prepareStackTrace');
  Error.prepareStackTrace = (_, sites) => sites;
  const sites = new Error().stack as unknown as readonly CallSite[];
  Reflect.set(Error, 'prepareStackTrace', prepareStackTrace);
  const frames = sites.flatMap((site) => {
    const url = site.getFileName() ?? '';
    if (!url.startsWith(`${sources}src/`)) return [];
    const start = `${site.getEnclosingLineNumber()}:${site.getEnclosingColumnNumber()}`;
    return [{ function: site.getFunctionName() ?? 'closure', file: url.slice(sources.length), start }];
  });
  const line = JSON.stringify({ calling, frames });
  if (frames.length === 0 || written.has(line)) return;
  written.add(line);
  writeSync(2, `${line}\n`);
}
