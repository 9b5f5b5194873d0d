import { homedir } from 'node:os';

/** The home directory of the user; `/nonexistent` for a user whom the system does not know, as containers have. */
export function homeDirectory(): string {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}
