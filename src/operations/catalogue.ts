import * as account from './account/contract.ts';
import * as agents from './agents/contract.ts';
import * as alerts from './alerts/contract.ts';
import * as approvals from './approvals/contract.ts';
import * as audit from './audit/contract.ts';
import * as backups from './backups/contract.ts';
import * as changes from './changes/contract.ts';
import * as config from './config/contract.ts';
import * as credentials from './credentials/contract.ts';
import * as findings from './findings/contract.ts';
import * as health from './health/contract.ts';
import * as issues from './issues/contract.ts';
import * as metrics from './metrics/contract.ts';
import * as notifications from './notifications/contract.ts';
import type { Contract } from './operation.ts';
import * as outcomes from './outcomes/contract.ts';
import * as performance from './performance/contract.ts';
import * as protection from './protection/contract.ts';
import * as repositories from './repositories/contract.ts';
import * as runs from './runs/contract.ts';
import * as scans from './scans/contract.ts';
import * as security from './security/contract.ts';
import * as service from './service/contract.ts';
import * as sessions from './sessions/contract.ts';
import * as tasks from './tasks/contract.ts';
import * as tokens from './tokens/contract.ts';
import * as tracker from './tracker/contract.ts';
import * as users from './users/contract.ts';
import * as webhooks from './webhooks/contract.ts';

/** The rooms whose contracts make the catalogue: a new noun is one line here. */
const rooms: readonly object[] = [
  audit,
  account,
  agents,
  alerts,
  users,
  tokens,
  sessions,
  approvals,
  backups,
  changes,
  config,
  findings,
  outcomes,
  protection,
  repositories,
  runs,
  credentials,
  health,
  issues,
  metrics,
  notifications,
  performance,
  scans,
  security,
  service,
  tasks,
  tracker,
  webhooks,
];

/** Every operation that can be asked of the system, sorted by name. Documents, tests and doors are made from it. */
export function catalogue(): readonly Contract[] {
  return rooms
    .flatMap((room) => Object.values(room) as readonly unknown[])
    .filter(isContract)
    .sort((one, other) => one.name.localeCompare(other.name, 'en'));
}

function isContract(value: unknown): value is Contract {
  return typeof value === 'object' && value !== null && 'permission' in value && 'doors' in value;
}
