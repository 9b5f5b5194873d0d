import { cpus, loadavg } from 'node:os';

/** Returns a description of the machine and its load. Only figures from similar conditions are comparable. */
export function machine(): string {
  const [first] = cpus();
  const [load = 0] = loadavg();
  return `${cpus().length} × ${first?.model.trim() ?? 'unknown'}, Node ${process.version.slice(1)}, load ${load.toFixed(1)}`;
}
