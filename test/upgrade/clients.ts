import assert from 'node:assert/strict';
import type { V1Layer } from '../../src/api/http/v1/types.ts';
import { bookworm, fixedIn } from '../e2e/v1-client.ts';
import type { Rotation } from './rotation.ts';

/** A layer of Debian 12 that has curl 7.1. */
export interface SampleLayer {
  readonly path: string;
}

/** Clients of a fleet of servers. They count what they did and saw. */
export class Clients {
  readonly #rotation: Rotation;
  readonly #layer: SampleLayer;
  /** Names of vulnerabilities whose post was answered with 201. */
  readonly written: Set<string> = new Set();
  /** Names of vulnerabilities whose notification was read and marked as read. */
  readonly notified: Set<string> = new Set();
  /** Layers that were posted, and whose vulnerabilities were checked. */
  layers = 0;

  constructor(rotation: Rotation, layer: SampleLayer) {
    this.#rotation = rotation;
    this.#layer = layer;
  }

  /** Posts layers and reads them, each from another server, until the signal aborts. */
  async postLayers(client: number, signal: AbortSignal): Promise<void> {
    for (let i = 0; !signal.aborted; i++) {
      const before = [...this.written];
      const name = `layer-${client}-${i}`;
      const Layer = { Name: name, Path: this.#layer.path, Format: 'Docker' };
      const posted = await this.#rotation.send('POST', '/v1/layers', { Layer });
      assert.equal(posted.status, 201, posted.body);
      const read = await this.#rotation.send('GET', `/v1/layers/${name}?features&vulnerabilities`);
      assert.equal(read.status, 200, read.body);
      const { Features = [] } = (JSON.parse(read.body) as { Layer: V1Layer }).Layer;
      const curl = Features.find(({ Name }) => Name === 'curl');
      const found = new Set(curl?.Vulnerabilities?.map(({ Name }) => Name));
      const missing = before.filter((cve) => !found.has(cve));
      assert.deepEqual(missing, [], `${name} lacks vulnerabilities that were written before`);
      this.layers++;
    }
  }

  /** Writes vulnerabilities of curl until the signal aborts. Each becomes a notification. */
  async writeVulnerabilities(signal: AbortSignal): Promise<void> {
    const path = `/v1/namespaces/${bookworm}/vulnerabilities`;
    for (let i = 1; !signal.aborted; i++) {
      const Name = `CVE-2026-${String(i).padStart(4, '0')}`;
      const Vulnerability = {
        Name,
        NamespaceName: bookworm,
        Severity: 'High',
        FixedIn: fixedIn('curl', '7.2'),
      };
      const { status, body } = await this.#rotation.send('POST', path, { Vulnerability });
      assert.equal(status, 201, body);
      this.written.add(Name);
    }
  }

  /** Reads all pages of a notification, each from another server, and marks it as read. */
  async readNotification(name: string): Promise<void> {
    const path = `/v1/notifications/${encodeURIComponent(name)}`;
    let page = '';
    const vulnerabilities = new Set<string>();
    do {
      const { status, body } = await this.#rotation.send('GET', `${path}?limit=100${page}`);
      assert.equal(status, 200, body);
      const { Notification } = JSON.parse(body) as NotificationAnswer;
      vulnerabilities.add(Notification.New?.Vulnerability.Name ?? '');
      page = Notification.NextPage === undefined ? '' : `&page=${encodeURIComponent(Notification.NextPage)}`;
    } while (page !== '');
    const { status, body } = await this.#rotation.send('DELETE', path);
    // A repeated delivery may have been marked by the first one.
    assert.ok(status === 200 || status === 404, body);
    for (const vulnerability of vulnerabilities) this.notified.add(vulnerability);
  }
}

interface NotificationAnswer {
  readonly Notification: {
    readonly NextPage?: string;
    readonly New?: { readonly Vulnerability: { readonly Name: string } };
  };
}
