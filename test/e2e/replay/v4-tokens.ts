import { createHmac } from 'node:crypto';
import * as z from 'zod/mini';

/** The key of the recorded server, base64. */
export const recordedKey = 'Y2xhaXItcmVjb3JkaW5nLWtleS0wMTIzNDU2Nzg5YWJjZGVm';

const planSchema = z.object({
  claims: z.optional(z.record(z.string(), z.unknown())),
  payload: z.optional(z.string()),
  header: z.optional(z.record(z.string(), z.unknown())),
  alg: z._default(z.string(), 'HS256'),
  key: z._default(z.string(), recordedKey),
  spoil: z._default(z.boolean(), false),
});

/** Returns a header with tokens in place of the plans of the recording (`{jwt {…}}`). Their times are in seconds from now. */
export function withTokens(text: string): string {
  return text.replace(/\{jwt (\{.*\})\}/, (_, plan: string) =>
    tokenOf(z.parse(planSchema, JSON.parse(plan))),
  );
}

function tokenOf({ claims, payload, header, alg, key, spoil }: z.output<typeof planSchema>): string {
  const now = Math.floor(Date.now() / 1000);
  const current = Object.entries(claims ?? {}).map(([name, value]) => [
    name,
    ['exp', 'iat', 'nbf'].includes(name) && typeof value === 'number' ? now + value : value,
  ]);
  const encode = (part: string): string => Buffer.from(part).toString('base64url');
  const content = [
    encode(JSON.stringify({ alg, ...header })),
    encode(payload ?? JSON.stringify(Object.fromEntries(current))),
  ].join('.');
  const hash = { HS384: 'sha384', HS512: 'sha512' }[alg] ?? 'sha256';
  const signature = createHmac(hash, Buffer.from(key, 'base64')).update(content).digest();
  if (spoil) signature.writeUInt8(signature.readUInt8(0) ^ 1, 0);
  return `${content}.${/^none$/i.test(alg) ? '' : signature.toString('base64url')}`;
}
