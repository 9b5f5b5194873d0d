/** Options of Trivy, Grype, Docker Scout, clair-scanner and Snyk that clair lacks, each with its counterpart. */
export const optionCounterparts: Readonly<Record<string, string>> = {
  '-c': 'Name a file of options with --config FILE. clair scan needs no server.',
  '-i': 'Write the file as the target: clair scan FILE.',
  '-l': 'Redirect standard error to the file.',
  '-r': 'Use --format json and --output FILE.',
  '-s': 'Use --severity LEVELS.',
  '-t': 'Use --fail-on SEVERITY, or --format template=FILE.',
  '-w': 'Use --ignore FILE.',
  '--add-cpes-if-none': 'CPEs are not needed: packages are matched by their names.',
  '--all': 'Reports show suppressed findings without an option.',
  '--by-cve': 'Reports name the CVE of a finding without an option.',
  '--cache-dir': 'Name the database with --db FILE.',
  '--cisa-kev': 'Use --fail-on kev.',
  '--clair': 'clair scan needs no server.',
  '--db-repository': 'Use --mirror with a directory or URL.',
  '--debug': 'Use --verbose.',
  '--download-db-only': 'Use clair db update.',
  '--epss': 'Use --fail-on epss:0.5 for a gate. Reports show EPSS scores without an option.',
  '--epss-score': 'Use --fail-on epss:0.5.',
  '--exit-code': 'Use --fail-on high: the scan ends with 1 if a finding is High or worse.',
  '--exit-when-no-features': 'A scan of an image without packages ends with 4 without an option.',
  '--file': 'Use --output FILE.',
  '--ignore-policy': 'Use --ignore FILE with rules.',
  '--ignore-states': 'Use --ignore-status STATES.',
  '--ignore-unfixed': 'Use --only-fixed.',
  '--ignorefile': 'Use --ignore FILE.',
  '--input': 'Write the file as the target: clair scan FILE.',
  '--insecure': 'Set CLAIR_REGISTRY_INSECURE=HOST.',
  '--ip': 'clair scan needs no server.',
  '--list-all-pkgs': 'Use clair sbom, or --format json, which lists all packages.',
  '--log': 'Redirect standard error to the file.',
  '--no-progress': 'Use --quiet.',
  '--offline-scan': 'Use --offline.',
  '--only-cisa-kev': 'Use --fail-on kev.',
  '--only-severity': 'Use --severity LEVELS.',
  '--password': 'Set CLAIR_REGISTRY_USERNAME and CLAIR_REGISTRY_PASSWORD, or use docker login.',
  '--registry-token': 'Set CLAIR_REGISTRY_TOKEN.',
  '--report': 'Use --format json and --output FILE.',
  '--reportAll': 'Reports show suppressed findings without an option.',
  '--scope': 'clair reads the file system of the image as a container sees it.',
  '--security-checks': 'clair finds vulnerabilities only.',
  '--scanners': 'clair finds vulnerabilities only.',
  '--severity-threshold':
    'Use --fail-on high for the exit status, or --severity high,critical for the report.',
  '--show-suppressed': 'Reports show suppressed findings without an option.',
  '--skip-db-update': 'Use --offline.',
  '--skip-dirs': 'Use --exclude GLOB, as in --exclude app/vendor.',
  '--skip-files': 'Use --exclude GLOB, as in --exclude app/test.jar.',
  '--skip-update': 'Use --offline.',
  '--sort-by': 'Use --sort ORDER.',
  '--template': 'Use --format template=FILE.',
  '--threshold': 'Use --fail-on SEVERITY.',
  '--username': 'Set CLAIR_REGISTRY_USERNAME and CLAIR_REGISTRY_PASSWORD, or use docker login.',
  '--whitelist': 'Use --ignore FILE.',
};

/** Commands of other scanners that clair lacks, each with its counterpart. */
export const commandCounterparts: Readonly<Record<string, string>> = {
  convert: 'Use several pairs of --format and --output in one clair scan.',
  cves: 'Use clair scan.',
  filesystem: 'Use clair scan dir:PATH for a root file system, or for the lock files of a project.',
  fs: 'Use clair scan dir:PATH for a root file system, or for the lock files of a project.',
  quickview: 'Use clair scan.',
  recommendations: 'Use clair upgrade, which lists what to upgrade first.',
  report: 'Use clair scan.',
  rootfs: 'Use clair scan dir:PATH.',
  server: 'Use clair serve.',
  update: 'Use clair db update.',
};

/**
 * Replaces the suggestion in an error of commander if the user typed an option or a command of another scanner, or a target without a
 * command. Returns other errors unchanged.
 */
export function withCounterpart(error: string): string {
  const [line = ''] = error.split('\n', 1);
  const [, kind, typed = ''] = /unknown (option|command) '([^']*)'/.exec(line) ?? [];
  const hint = kind === 'option' ? optionHint(typed) : kind === 'command' ? commandHint(typed) : undefined;
  return hint === undefined ? error : `${line}\n${hint}\n`;
}

function optionHint(typed: string): string | undefined {
  const name = typed.split('=', 1)[0] ?? '';
  return Object.hasOwn(optionCounterparts, name) ? optionCounterparts[name] : undefined;
}

function commandHint(typed: string): string | undefined {
  if (Object.hasOwn(commandCounterparts, typed)) return commandCounterparts[typed];
  return /[:/.]/.test(typed) ? `To scan it, write clair scan ${typed}.` : undefined;
}
