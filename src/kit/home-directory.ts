import { homedir } from 'node:os';

/** Returns the home directory of the user. It is `/nonexistent` if the system does not know the user, as in many containers. */
export function homeDirectory(): string {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}
