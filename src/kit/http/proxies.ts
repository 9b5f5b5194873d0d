import http from 'node:http';
import https from 'node:https';

/** Node 22, and Node 24 before 24.14, has no such function. */
const { setGlobalProxyFromEnv } = http as Partial<Pick<typeof http, 'setGlobalProxyFromEnv'>>;

/** The options of Node's own agents. */
const agentDefaults = { keepAlive: true, scheduling: 'lifo', timeout: 5000 } as const;

/** Sends the HTTP of this process through the proxies that an environment names. Includes `fetch` only if Node can set its proxy. */
export function useProxies(env: NodeJS.ProcessEnv): void {
  if (setGlobalProxyFromEnv === undefined) useProxyingAgents(env);
  else setGlobalProxyFromEnv(env);
}

/** Replaces the global agents by ones that use the proxies of an environment, which Node 22.21 and later support. */
export function useProxyingAgents(env: NodeJS.ProcessEnv): void {
  http.globalAgent = new http.Agent({ ...agentDefaults, proxyEnv: env });
  https.globalAgent = new https.Agent({ ...agentDefaults, proxyEnv: env });
}
