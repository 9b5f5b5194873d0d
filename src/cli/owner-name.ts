import { hostname } from 'node:os';

/** Returns a name for the locks of this process. Each call returns another name. */
export function ownerName(): string {
  return `${hostname()} ${process.pid} ${process.hrtime.bigint()}`;
}
