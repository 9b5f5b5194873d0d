import type { Judged } from './campaign.ts';
import type { Verdict } from './judge.ts';

const meanings: Readonly<Record<Verdict, string>> = {
  dangerous: 'a runtime shows more than clair lists, and clair states no problem',
  stated: 'a runtime shows more than clair lists, and clair states a problem',
  equal: 'clair lists what the runtimes show',
  more: 'clair lists more than the runtimes show',
  alarm: 'clair lists what the runtimes show, and states a problem',
  refused: 'clair refuses what a runtime accepts',
  unusable: 'no runtime accepts it',
};

/** Counts verdicts. */
export class Figures {
  readonly #counts = new Map<Verdict, number>();
  readonly #plain = new Map<Verdict, number>();

  add({ verdict, image }: Judged): void {
    this.#counts.set(verdict, (this.#counts.get(verdict) ?? 0) + 1);
    if (image.isPlain) this.#plain.set(verdict, (this.#plain.get(verdict) ?? 0) + 1);
  }

  /** Whether there is no dangerous image and no plain image that clair doubts. */
  get isClean(): boolean {
    const needless = (['alarm', 'refused', 'stated'] as const).some((verdict) => this.#plain.has(verdict));
    return !this.#counts.has('dangerous') && !needless;
  }

  lines(): string[] {
    return (Object.keys(meanings) as Verdict[]).map((verdict) => {
      const plain = this.#plain.get(verdict) ?? 0;
      return `${verdict.padEnd(10)}${String(this.#counts.get(verdict) ?? 0).padStart(8)}  ${meanings[verdict]}${plain === 0 ? '' : ` (${plain} of them plain)`}`;
    });
  }
}
