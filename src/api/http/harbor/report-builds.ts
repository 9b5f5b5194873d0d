import { limits } from '../../../core/limits.ts';
import { settlesWithin } from '../../../kit/async/timeout.ts';

/**
 * Builds reports for clients that wait only some seconds. A build goes on when its client has left, and its result is kept until the next
 * poll fetches it.
 */
export class ReportBuilds {
  readonly #builds = new Map<string, Promise<string>>();
  readonly #waitMs: number;

  constructor(waitMs: number = limits.harborReportWaitMs) {
    this.#waitMs = waitMs;
  }

  /** Returns the report of a key. Undefined if it is not ready in time. Throws the error of the build. */
  async take(key: string, build: () => Promise<string>): Promise<string | undefined> {
    const building = this.#builds.get(key) ?? this.#start(key, build);
    if (!(await settlesWithin(building, this.#waitMs))) return undefined;
    this.#builds.delete(key);
    return await building;
  }

  #start(key: string, build: () => Promise<string>): Promise<string> {
    const building = build();
    this.#builds.set(key, building);
    const forget = (): void => {
      if (this.#builds.get(key) === building) this.#builds.delete(key);
    };
    const expire = (): void => {
      setTimeout(forget, limits.harborReportKeptMs).unref();
    };
    building.then(expire, forget);
    return building;
  }
}
