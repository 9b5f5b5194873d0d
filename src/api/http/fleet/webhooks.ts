import { limits } from '../../../core/limits.ts';
import { watchedNames } from '../../../service/registries/look-at-names.ts';
import type { WatchedRegistry } from '../../../service/registries/watched-registry.ts';
import type { NoticedNameStore } from '../../../store/noticed-name-store.ts';
import { type ApiRequest, type ApiResponse, busyRetrySeconds, WireError } from '../route.ts';
import { jsonResponse } from './problem.ts';
import { namesInNotification } from './webhook-forms.ts';
import { knowsSecret } from './webhook-secret.ts';

/** Dependencies of the route of notifications. */
export interface WebhookDeps {
  /** The registries that are watched. */
  readonly watched: readonly WatchedRegistry[];
  readonly noticedNames: NoticedNameStore;
  /** Announces that there are names to look at. */
  readonly announceWork: () => void;
  readonly webhookRate: WebhookRate;
  readonly now: () => Date;
}

const minuteMs = 60_000;

/** Counts the notifications of each registry in the current minute. */
export class WebhookRate {
  #minute = 0;
  readonly #counts = new Map<string, number>();

  /** Counts a notification. Returns the seconds to wait if there are too many. */
  count(registry: string, now: Date): number | undefined {
    const minute = Math.floor(now.getTime() / minuteMs);
    if (minute !== this.#minute) this.#counts.clear();
    this.#minute = minute;
    const count = (this.#counts.get(registry) ?? 0) + 1;
    this.#counts.set(registry, count);
    if (count <= limits.webhooksPerMinute) return undefined;
    return Math.ceil(((minute + 1) * minuteMs - now.getTime()) / 1000);
  }
}

/** `POST /webhooks/:registry`: looks at the tags that a notification of a registry names. */
export async function postWebhookRoute(request: ApiRequest, deps: WebhookDeps): Promise<ApiResponse> {
  const name = request.params['registry'] ?? '';
  const watched = deps.watched.find((registry) => registry.name === name && registry.secret !== '');
  if (watched === undefined) throw new WireError(404, 'no registry of this name accepts notifications');
  const body = await request.body();
  if (!knowsSecret(request, body, watched.secret)) throw new WireError(401, 'the secret is missing or wrong');
  const names = namesInNotification(parsedJson(body));
  if (names === undefined)
    throw new WireError(400, 'the body is no notification of Distribution, Harbor, Quay or Docker Hub');
  if (names.length > limits.webhookNames)
    throw new WireError(400, `a notification names at most ${limits.webhookNames} tags`);
  const wanted = watchedNames(watched, names);
  if (wanted.length > 0) {
    // Counted after the secret: other clients must not exhaust the rate limit of the registry. Most notifications are about blobs and
    // pulls, also those of scans. They cost little, and if they counted, a push would wait behind them.
    const waitSeconds = deps.webhookRate.count(name, deps.now());
    if (waitSeconds !== undefined)
      throw new WireError(429, 'too many notifications', { retryAfterSeconds: waitSeconds });
    if (!(await deps.noticedNames.add(name, wanted)))
      throw new WireError(503, 'too many tags wait to be looked at', { retryAfterSeconds: busyRetrySeconds });
    deps.announceWork();
  }
  return jsonResponse(202, { looking: wanted.length });
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}
