import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Why podman cannot be tested here; false where it can, or must because this is CI. */
export function withoutPodman(): string | false {
  const isThere = spawnSync('podman', ['--version']).error === undefined;
  return isThere || process.env['CI'] !== undefined ? false : 'podman is not installed';
}

/** A podman with a storage of its own that answers on a socket. Dispose it to end it and to remove what it keeps. */
export class Podman implements AsyncDisposable {
  // The path of a socket has no more than some hundred characters.
  readonly #directory = mkdtempSync(join(tmpdir(), 'clair-podman-'));
  #service: ChildProcess | undefined;

  /** As `DOCKER_HOST` and `CONTAINER_HOST` name the socket. */
  get host(): string {
    return `unix://${this.#socket}`;
  }

  /** Runs a command of podman, which must succeed. */
  run(...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync('podman', this.#args(args), {
      encoding: 'utf8',
      env: quiet,
    });
    if (status !== 0) throw new Error(`podman ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  /** Starts the service, and waits until its socket is there. */
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
