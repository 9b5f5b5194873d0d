import { addAdvisoryCommands } from './advisory-commands.ts';
import { addFailedScans, addFleetCommands, addRegistries } from './fleet-commands.ts';
import { addImageCommands } from './image-commands.ts';
import { addMigrate } from './migrate-command.ts';
import type { AddCommands } from './program.ts';
import { addServerCommands } from './server-commands.ts';
import { addToolCommands } from './tool-commands.ts';

/** Adds every command, in the order of the help. */
export const addAllCommands: AddCommands = (program, deps) => {
  addImageCommands(program, deps);
  addAdvisoryCommands(program, deps);
  addFleetCommands(program, deps);
  addRegistries(program, deps);
  addFailedScans(program, deps);
  addMigrate(program, deps);
  addServerCommands(program, deps);
  addToolCommands(program, deps);
};
