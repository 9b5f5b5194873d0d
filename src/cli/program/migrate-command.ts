import { type Command, Option } from 'commander';
import type { MigrateOptions } from '../migrate.ts';
import { databaseOption } from './advisory-commands.ts';
import { plainFormatOption } from './format-option.ts';
import type { CommandDeps } from './options.ts';
import { addRunOptions } from './run-options.ts';

/** Adds the command `migrate`. */
export function addMigrate(program: Command, { run, loaded }: CommandDeps): void {
  addRunOptions(
    program.command('migrate').description('take over what users wrote into a database of Clair 2'),
  )
    .addOption(
      new Option(
        '--from <place>',
        'the database of Clair 2: postgresql://…; PGPASSWORD has the password',
      ).makeOptionMandatory(),
    )
    .option(
      '--include <pattern>',
      'also take vulnerabilities that a vendor may have written: debian:10/CVE-2020-*; * matches anything; repeatable',
      (pattern: string, before: readonly string[] | undefined) => [...(before ?? []), pattern],
    )
    .option('--dry-run', 'write nothing, and show what would be taken over')
    .addOption(plainFormatOption())
    .addOption(databaseOption())
    .addHelpText(
      'after',
      '\nTakes over the vulnerabilities that users wrote through the API, and the notifications that no client has deleted. Clair 2 does not record who wrote a vulnerability. Those in a namespace or with a name that its updaters do not write are taken over.\n\nEnds with 3 if rows are damaged. The others are taken over.\n\nExamples:\n  clair migrate --from postgresql://clair@old.example/clair --db postgresql://clair@new.example/clair --dry-run',
    )
    .action(async (options: MigrateOptions) => {
      const { migrateFromClair2 } = await import('../migrate.ts');
      run(migrateFromClair2, { ...options, loaded });
    });
}
