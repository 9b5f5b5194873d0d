/** Hides the warning of Node 22 that its SQLite is experimental. Every other warning is shown. */
export function hideSqliteWarning(host: Pick<NodeJS.Process, 'emitWarning'> = process): void {
  const emitWarning = host.emitWarning.bind(host) as (...args: readonly unknown[]) => void;
  host.emitWarning = (warning: string | Error, ...rest: readonly unknown[]): void => {
    if (!String(warning).startsWith('SQLite is an experimental feature')) emitWarning(warning, ...rest);
  };
}
