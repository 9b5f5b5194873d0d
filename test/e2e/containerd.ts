import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Returns the reason why containerd cannot be tested here, or false. Always false in CI, where containerd is required. */
export function withoutContainerd(): string | false {
  const isThere = spawnSync('containerd', ['--version']).error === undefined;
  return isThere || process.env['CI'] !== undefined ? false : 'containerd is not installed';
}

/** A containerd with its own storage and socket, without its service for Kubernetes. Disposing it stops it and removes the storage. */
export class Containerd implements AsyncDisposable {
  // The path of a socket has a limit of about 100 characters.
  readonly #directory = mkdtempSync(join(tmpdir(), 'clair-ctd-'));
  readonly #daemon: ChildProcess;

  private constructor() {
    const config = join(this.#directory, 'config.toml');
    const lines = [
      'version = 2',
      `root = "${this.#directory}/root"`,
      `state = "${this.#directory}/state"`,
      'disabled_plugins = ["io.containerd.grpc.v1.cri"]',
      `[grpc]\naddress = "${this.socket}"`,
      '[ttrpc]\naddress = ""',
    ];
    writeFileSync(config, lines.join('\n'));
    this.#daemon = spawn('containerd', ['--config', config], { stdio: 'ignore' });
  }

  /** Starts a containerd and waits for its socket. */
  static async start(): Promise<Containerd> {
    const containerd = new Containerd();
    const changes = watch(containerd.#directory);
    const ended = once(containerd.#daemon, 'exit').then(([status]) => {
      throw new Error(`containerd ended with ${String(status)}`);
    });
    while (!existsSync(containerd.socket)) await Promise.race([once(changes, 'change'), ended]);
    ended.catch(() => undefined);
    changes.close();
    return containerd;
  }

  /** Path of the socket, for `CONTAINERD_ADDRESS`. */
  get socket(): string {
    return join(this.#directory, 'containerd.sock');
  }

  /** Runs a command of `ctr` in a namespace. Throws if it fails. */
  run(namespace: string, ...args: readonly string[]): string {
    const { status, stdout, stderr } = spawnSync(
      'ctr',
      ['--address', this.socket, '--namespace', namespace, ...args],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`ctr ${args.join(' ')} ended with ${status}: ${stderr}`);
    return stdout;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon.exitCode === null) {
      const ended = once(this.#daemon, 'exit');
      this.#daemon.kill();
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
