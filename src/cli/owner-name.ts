import { hostname } from 'node:os';

/** Names this process among those that share a database; another name each time. */
export function ownerName(): string {
  return `${hostname()} ${process.pid} ${process.hrtime.bigint()}`;
}
