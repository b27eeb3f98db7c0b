import { mkdir, writeFile } from 'node:fs/promises';
import { auditEntryJsonSchema } from '../src/platform/audit/entry-schema.ts';
import { configJsonSchema, describeKeys } from '../src/platform/config/describe-keys.ts';
import { referencePage } from '../src/platform/config/reference-page.ts';
import { objectiveRulesFile, objectivesPage } from './objective-rules.ts';
import { permissionsPage } from './permission-matrix.ts';
import { commandsPage, openApiPage, operationsPage } from './reference-pages.ts';
import { specificationPage } from './specification-table.ts';

/** Writes the pages of docs/reference that are made from the code. Run it after a key, a command or an operation was changed. */
const folder = new URL('../docs/reference/', import.meta.url);
await mkdir(folder, { recursive: true });
await writeFile(new URL('configuration.md', folder), referencePage(describeKeys()));
await writeFile(
  new URL('config.schema.json', folder),
  `${JSON.stringify(configJsonSchema(), null, 2)}\n`,
);
await writeFile(
  new URL('audit-entry.schema.json', folder),
  `${JSON.stringify(auditEntryJsonSchema(), null, 2)}\n`,
);
await writeFile(new URL('operations.md', folder), operationsPage());
await writeFile(new URL('permissions.md', folder), permissionsPage());
await writeFile(new URL('commands.md', folder), commandsPage());
await writeFile(new URL('openapi.json', folder), openApiPage());
await writeFile(new URL('specification.md', folder), specificationPage());
await writeFile(new URL('objectives.md', folder), objectivesPage());
await writeFile(new URL('../monitoring/objective-rules.yml', folder), objectiveRulesFile());
