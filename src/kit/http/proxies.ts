import http from 'node:http';
import https from 'node:https';

/** Node 22, and Node 24 before 24.14, has no such function. */
const { setGlobalProxyFromEnv } = http as Partial<Pick<typeof http, 'setGlobalProxyFromEnv'>>;

/** As the agents that Node itself makes. */
const agentDefaults = { keepAlive: true, scheduling: 'lifo', timeout: 5000 } as const;

/** Sends the HTTP of this process through the proxies that an environment names; `fetch` only where Node has a function for that. */
export function useProxies(env: NodeJS.ProcessEnv): void {
  if (setGlobalProxyFromEnv === undefined) useProxyingAgents(env);
  else setGlobalProxyFromEnv(env);
}

/** The agents of Node 22.21 and later take proxies from an environment. */
export function useProxyingAgents(env: NodeJS.ProcessEnv): void {
  http.globalAgent = new http.Agent({ ...agentDefaults, proxyEnv: env });
  https.globalAgent = new https.Agent({ ...agentDefaults, proxyEnv: env });
}
