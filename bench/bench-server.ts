import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { createInterface } from 'node:readline';
import { builtClair, node } from './command.ts';

/** A server in another process. */
export interface BenchServer {
  readonly child: ChildProcess;
  readonly port: number;
  readonly pid: number;
}

/** Starts a server with these settings, as environment variables, on a free port of this machine. It never updates its advisories. */
export async function startServer(settings: Readonly<Record<string, string>>): Promise<BenchServer> {
  const child = spawn(node, [builtClair, 'serve', '--log-level', 'info'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      ...process.env,
      CLAIR_API_ADDR: '127.0.0.1:0',
      CLAIR_API_HEALTHADDR: '127.0.0.1:0',
      CLAIR_UPDATER_INTERVAL: '0',
      ...settings,
    },
  });
  for await (const line of createInterface({ input: child.stderr })) {
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
    if (msg === 'started' && port !== undefined) {
      child.stderr.resume();
      return { child, port, pid: child.pid ?? 0 };
    }
  }
  throw new Error('the server did not start');
}

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

/** Closes the connections of `send`. */
export function closeConnections(): void {
  agent.destroy();
}

/**
 * Sends a request and reads its response. Returns the status. Sends it again if the server closed the idle connection in the same moment,
 * as any client of kept connections must.
 */
export async function send(port: number, method: string, path: string, body?: object): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const outgoing = request({ port, host: '127.0.0.1', method, path, agent }, (response) => {
    response.resume();
    response.on('end', () => {
      resolve(response.statusCode ?? 0);
    });
  });
  outgoing.on('error', (error) => {
    if (outgoing.reusedSocket && isReset(error)) resolve(send(port, method, path, body));
    else reject(error);
  });
  outgoing.end(text);
  return await promise;
}

function isReset(error: Error): boolean {
  return 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}

/** Posts a layer that is a file of this machine. Returns the status. */
export function postLayer(port: number, name: string, path: string, parent?: string): Promise<number> {
  const layer = {
    Name: name,
    Path: path,
    Format: 'Docker',
    ...(parent !== undefined && { ParentName: parent }),
  };
  return send(port, 'POST', '/v1/layers', { Layer: layer });
}

/** Returns CPU seconds and resident megabytes of a process. proc(5) */
export function usage(pid: number): { cpuS: number; rssMb: number } {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return {
    cpuS: (Number(fields[11]) + Number(fields[12])) / 100,
    rssMb: (Number(fields[21]) * 4096) / 1e6,
  };
}
