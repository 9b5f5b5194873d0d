import * as z from 'zod/mini';
import { parseDigest } from '../../model/digest.ts';
import {
  type AdviceOn,
  type ServerAddress,
  type ServerAnswer,
  ServerApi,
} from '../../service/cells/server-api.ts';

const jobSchema = z.object({
  id: z.string().check(z.regex(/^[\w-]{1,64}$/)),
  state: z.enum(['waiting', 'running', 'done', 'failed']),
  attempt: z.int(),
  step: z.nullable(z.string()),
  error: z.nullable(z.string()),
  digest: z.nullable(z.string().check(z.refine((text) => parseDigest(text) !== undefined))),
});

/** The state of a scan on a server, as `GET /api/v1/jobs/ID` returns it. */
export type RemoteJob = z.infer<typeof jobSchema>;

/** A report from a server. */
export interface RemoteReport {
  /** JSON, as `clair scan --format json` writes it. */
  readonly bytes: Buffer;
  /** Whether everything was assessed that a `clean` verdict needs. */
  readonly isAssessed: boolean;
}

/** Returns the advice on errors of a server for a command that has this token. */
export function serverAdvice({ token }: Pick<ServerAddress, 'token'>): AdviceOn {
  return (status, detail) => adviceFor(status, detail, token);
}

function adviceFor(status: number, detail: string, token: string | undefined): string {
  if (status === 401 && token === undefined)
    return 'name a file with a token in --token-file, or set CLAIR_SERVER_TOKEN';
  if (status === 401) return 'the token is not one of api.tokens of the server';
  return status === 404 && detail === '' ? 'is it a server of clair with /api/v1?' : '';
}

/** Lets a server scan images by the routes below `/api/v1`. Throws `server-unavailable` or `server-refused`. */
export class ServerClient {
  readonly #api: ServerApi;
  /** The server in messages. */
  readonly name: string;

  constructor(address: ServerAddress) {
    this.#api = new ServerApi(address, serverAdvice(address));
    this.name = this.#api.name;
  }

  /** Adds a scan of an image. */
  async addScan(image: { readonly reference: string; readonly platform?: string }): Promise<RemoteJob> {
    const request = {
      path: '/api/v1/images',
      body: JSON.stringify(image),
      limit: 'serverAnswerBytes',
    } as const;
    return this.#jobIn(await this.#api.request(request));
  }

  /** Returns the state of a scan. */
  async findJob(id: string): Promise<RemoteJob> {
    return this.#jobIn(await this.#api.request({ path: `/api/v1/jobs/${id}`, limit: 'serverAnswerBytes' }));
  }

  /** Returns the report of an image by its digest, under a name. */
  async fetchReport(
    digest: string,
    query: {
      readonly name: string;
      readonly platform?: string | undefined;
      readonly asOf?: string | undefined;
    },
  ): Promise<RemoteReport> {
    const { headers, bytes } = await this.#api.request({
      path: `/api/v1/images/${digest}/report`,
      query: { ...query, format: 'json' },
      limit: 'reportBytes',
    });
    return { bytes, isAssessed: headers['clair-assessed'] === 'true' };
  }

  #jobIn(answer: ServerAnswer): RemoteJob {
    return this.#api.parse(jobSchema, answer);
  }
}
