import type { Grant } from '../../../../src/operations/users/contract.ts';

/** What each role may do, in a line. The whole table is docs/reference/permissions.md. */
export const roleWords: Readonly<Record<Grant['role'], string>> = {
  viewer: 'reads everything but the audit log',
  operator: 'also scans, pauses, retries and cancels, and changes the policy of repositories',
  approver: 'also decides on proposals, so that an agent begins',
  auditor: 'also reads the audit log and security, and changes nothing',
  admin: 'everything: people, credentials, configuration, backups',
};
