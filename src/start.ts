import { addAllCommands } from './cli/program/all-commands.ts';
import { main } from './main.ts';

await main(addAllCommands);
