import type { TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import type { V1Feature, V1Layer, V1Vulnerability } from '../../src/api/http/v1/types.ts';
import type { Answer } from './replay/compare.ts';
import { sendRaw } from './replay/conversation.ts';
import { startEndpoints } from './replay/replay.ts';

/** Namespace of the layers and vulnerabilities of these tests. */
export const bookworm = 'debian:12';

/** A client of the Clair v1 API. It sends bodies unchanged. */
export class V1Client {
  readonly #port: number;
  readonly #healthPort: number;

  constructor(port: number, healthPort: number) {
    this.#port = port;
    this.#healthPort = healthPort;
  }

  /** Returns the URL of an API path. */
  url(path: string): string {
    return `http://127.0.0.1:${this.#port}${path}`;
  }

  async get(path: string): Promise<Answer> {
    return await this.#send('GET', path, null);
  }

  async remove(path: string): Promise<Answer> {
    return await this.#send('DELETE', path, null);
  }

  async postLayer(layer: V1Layer): Promise<Answer> {
    const body = JSON.stringify({ Layer: { Format: 'Docker', ...layer } });
    return await this.#send('POST', '/v1/layers', body);
  }

  /** Posts a layer with a signal that can abort the request. */
  async postLayerUntil(layer: V1Layer, signal: AbortSignal): Promise<void> {
    const body = JSON.stringify({ Layer: { Format: 'Docker', ...layer } });
    await fetch(this.url('/v1/layers'), { method: 'POST', body, signal });
  }

  /** Posts a vulnerability, in `bookworm` by default. */
  async postVulnerability(vulnerability: V1Vulnerability): Promise<Answer> {
    const whole = { NamespaceName: bookworm, Severity: 'High', ...vulnerability };
    const body = JSON.stringify({ Vulnerability: whole });
    return await this.#send('POST', `/v1/namespaces/${bookworm}/vulnerabilities`, body);
  }

  /** Returns a layer with its features and vulnerabilities. */
  async layer(name: string): Promise<V1Layer> {
    const { status, body } = await this.get(`/v1/layers/${name}?features&vulnerabilities`);
    if (status !== 200) throw new Error(`GET of the layer ${name} answered ${status}: ${body}`);
    return (JSON.parse(body) as { Layer: V1Layer }).Layer;
  }

  /** Returns the status of the health check. */
  async health(): Promise<number> {
    const question = { method: 'GET', path: '/health', headers: {}, body: null };
    return (await sendRaw(this.#healthPort, question)).status;
  }

  async #send(method: string, path: string, body: string | null): Promise<Answer> {
    return await sendRaw(this.#port, { method, path, headers: {}, body });
  }
}

/** Starts a server in this process, with a database and further settings, and returns a client of it. */
export async function startV1(
  t: TestContext,
  database: string,
  env: Readonly<Record<string, string>> = {},
): Promise<V1Client> {
  const { ports } = await startEndpoints(t, database, env);
  return new V1Client(ports.get(16_060) ?? 0, ports.get(16_061) ?? 0);
}

/** Returns a feature of a vulnerability that is fixed in a version. */
export function fixedIn(name: string, version: string): readonly V1Feature[] {
  return [{ Name: name, NamespaceName: bookworm, VersionFormat: 'dpkg', Version: version }];
}

/** Returns the stanzas of a dpkg database. */
export function dpkgStatus(packages: Readonly<Record<string, string>>): string {
  return Object.entries(packages)
    .map(
      ([name, version]) =>
        `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n\n`,
    )
    .join('');
}

/** Release file of `bookworm`. */
export const osRelease = { path: 'etc/os-release', content: 'ID=debian\nVERSION_ID="12"\n' };

/** Waits until a condition is true. */
export async function waitUntil(isSo: () => boolean): Promise<void> {
  while (!isSo()) await setTimeout(10);
}

/** Returns the statuses of responses. */
export function statuses(answers: readonly Answer[]): number[] {
  return answers.map(({ status }) => status);
}
