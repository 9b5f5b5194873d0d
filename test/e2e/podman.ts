import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the reason why podman cannot be tested here, or false. Always false in CI, where podman is required. */
export function withoutPodman(): string | false {
  const isThere = spawnSync('podman', ['--version']).error === undefined;
  return isThere || process.env['CI'] !== undefined ? false : 'podman is not installed';
}

/** A podman service with its own storage and a socket. Disposing it stops the service and removes the storage. */
export class Podman implements AsyncDisposable {
  // The path of a socket has a limit of about 100 characters.
  readonly #directory = mkdtempSync(join(tmpdir(), 'clair-podman-'));
  #service: ChildProcess | undefined;

  /** URL of the socket, for `DOCKER_HOST` and `CONTAINER_HOST`. */
  get host(): string {
    return `unix://${this.#socket}`;
  }

  /** Runs a podman command. Throws if it fails. */
  run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('podman', this.#args(args), {
      encoding: 'utf8',
      env: quiet,
    });
    if (status !== 0) throw new Error(`podman ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  /** Starts the service and waits for its socket. */
  async serve(): Promise<void> {
    const changes = watch(this.#directory);
    const service = spawn('podman', this.#args(['system', 'service', '--time', '0', this.host]), {
      stdio: 'ignore',
      env: quiet,
    });
    this.#service = service;
    const ended = once(service, 'exit').then(([status]) => {
      throw new Error(`podman system service ended with ${String(status)}`);
    });
    while (!existsSync(this.#socket)) await Promise.race([once(changes, 'change'), ended]);
    ended.catch(() => undefined);
    changes.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#service !== undefined && this.#service.exitCode === null) {
      const ended = once(this.#service, 'exit');
      this.#service.kill();
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #socket(): string {
    return join(this.#directory, 'podman.sock');
  }

  #args(args: readonly string[]): string[] {
    const place = (name: string): string => join(this.#directory, name);
    return [
      '--root',
      place('root'),
      '--runroot',
      place('run'),
      '--tmpdir',
      place('tmp'),
      '--storage-driver',
      'vfs',
      ...args,
    ];
  }
}

const quiet = { ...process.env, PODMAN_IGNORE_CGROUPSV1_WARNING: '1' };
