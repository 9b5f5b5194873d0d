import { cpus, loadavg } from 'node:os';

/** Where figures come from, and how busy it was before: what is compared has to be alike in this. */
export function machine(): string {
  const [first] = cpus();
  const [load = 0] = loadavg();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, Node ${process.version.slice(1)}, load ${load.toFixed(1)}`;
}
