import type { ChainedEntry } from '../../platform/audit/audit-entry.ts';

/** One demand of a framework with the events that show something about it. */
export interface Control {
  readonly framework: 'SOC 2' | 'ISO/IEC 27001:2022' | 'NIST SP 800-53 Rev. 5';
  readonly control: string;
  readonly title: string;
  /** Names of events; `*` stands for the rest of the name. */
  readonly counted: readonly string[];
  /** Why an entry is an exception an auditor wants to see; null when it is none. */
  readonly exception?: (entry: ChainedEntry) => string | null;
}

const denied = ({ outcome, actor, event, reason }: ChainedEntry): string | null =>
  outcome === 'refused'
    ? `${actor.name} was refused ${event} (${reason ?? 'no reason recorded'})`
    : null;
const unsuccessful = (entry: ChainedEntry): string | null =>
  entry.outcome === 'failed'
    ? `${entry.event} failed (${entry.reason ?? 'no reason recorded'})`
    : denied(entry);
const every = (entry: ChainedEntry): string | null =>
  `${entry.event} on ${entry.target ?? 'the system'}`;

const access = ['auth.*', 'sessions.*', 'account.*'];
const people = ['user.*', 'users.*', 'role.*', 'token.*', 'tokens.*'];
const secrets = ['credential.*', 'credentials.*'];
const changes = [
  'proposal.*',
  'approval.*',
  'tasks.approve',
  'tasks.reject',
  'agent.*',
  'git.push',
  'pr.*',
];
const monitoring = ['security.*', 'health.*', 'alerts.*'];
const configuration = ['config.*', 'service.*', 'repositories.*'];
const log = ['audit.*', 'security.verify', 'security.report', 'security.audit', 'clock.regression'];
/** What was kept from leaving. */
const heldBack = [
  'run.egress_refused',
  'run.result_quarantined',
  'change.held_back',
  'change.left_to_person',
  'incident.secret_exposed',
];
const boundary = ['security.blocked', ...heldBack, 'effect.*', 'webhook.*'];

const soc = 'SOC 2';
const iso = 'ISO/IEC 27001:2022';
const nist = 'NIST SP 800-53 Rev. 5';

export const controls: readonly Control[] = [
  {
    framework: soc,
    control: 'CC6.1',
    title: 'Logical access',
    counted: [...access, ...secrets],
    exception: unsuccessful,
  },
  {
    framework: soc,
    control: 'CC6.2',
    title: 'Registration and removal of people',
    counted: people,
    exception: unsuccessful,
  },
  {
    framework: soc,
    control: 'CC6.3',
    title: 'Roles and changes to them',
    counted: ['role.*', 'users.set-roles', 'token.*'],
    exception: unsuccessful,
  },
  {
    framework: soc,
    control: 'CC6.6',
    title: 'Protection at the boundary',
    counted: boundary,
    exception: every,
  },
  {
    framework: soc,
    control: 'CC6.8',
    title: 'Unwanted software: what agents brought and what was held back',
    counted: ['agent.*', ...heldBack],
    exception: unsuccessful,
  },
  {
    framework: soc,
    control: 'CC7.1',
    title: 'Changes of configuration',
    counted: configuration,
    exception: unsuccessful,
  },
  {
    framework: soc,
    control: 'CC7.2',
    title: 'Monitoring of anomalies',
    counted: monitoring,
    exception: unsuccessful,
  },
  {
    framework: soc,
    control: 'CC7.3',
    title: 'Evaluation of events',
    counted: log,
    exception: unsuccessful,
  },
  {
    framework: soc,
    control: 'CC7.4',
    title: 'Response to incidents',
    counted: [
      'security.blocked',
      'blocks.lift',
      'security.cleanup',
      'tasks.cancel',
      'repositories.pause',
      'backup.*',
      'audit.restored',
    ],
    exception: unsuccessful,
  },
  {
    framework: soc,
    control: 'CC8.1',
    title: 'Change management: requested, approved, tested, merged',
    counted: changes,
    exception: unsuccessful,
  },
  {
    framework: iso,
    control: 'A.5.15',
    title: 'Access control',
    counted: [...access, ...people],
    exception: denied,
  },
  {
    framework: iso,
    control: 'A.5.16',
    title: 'Identity management',
    counted: people,
    exception: unsuccessful,
  },
  {
    framework: iso,
    control: 'A.5.17',
    title: 'Authentication information',
    counted: [...secrets, 'account.*', 'user.password_*'],
    exception: unsuccessful,
  },
  {
    framework: iso,
    control: 'A.5.18',
    title: 'Access rights',
    counted: ['role.*', 'users.set-roles', 'token.*', 'user.disable', 'user.delete'],
    exception: unsuccessful,
  },
  {
    framework: iso,
    control: 'A.8.2',
    title: 'Privileged access rights',
    counted: ['users.*', 'credentials.*', 'config.set', 'role.*'],
    exception: denied,
  },
  {
    framework: iso,
    control: 'A.8.5',
    title: 'Secure authentication',
    counted: access,
    exception: unsuccessful,
  },
  {
    framework: iso,
    control: 'A.8.9',
    title: 'Configuration management',
    counted: configuration,
    exception: unsuccessful,
  },
  {
    framework: iso,
    control: 'A.8.12',
    title: 'Prevention of data leakage',
    counted: [...heldBack, 'credential.used'],
    exception: unsuccessful,
  },
  {
    framework: iso,
    control: 'A.8.15',
    title: 'Logging',
    counted: ['*'],
    exception: ({ event }) =>
      event === 'audit.restored' ? 'entries were given up in a restore' : null,
  },
  {
    framework: iso,
    control: 'A.8.16',
    title: 'Monitoring activities',
    counted: [...monitoring, ...log],
    exception: unsuccessful,
  },
  {
    framework: iso,
    control: 'A.8.17',
    title: 'Clock synchronization',
    counted: ['clock.regression'],
    exception: ({ facts }) => `the clock was set back by ${String(facts['backMs'])} ms`,
  },
  {
    framework: iso,
    control: 'A.8.32',
    title: 'Change management',
    counted: changes,
    exception: unsuccessful,
  },
  { framework: nist, control: 'AU-2', title: 'Event logging', counted: ['*'] },
  {
    framework: nist,
    control: 'AU-3',
    title: 'Content of audit records',
    counted: ['*'],
    exception: ({ actor, correlationId }) =>
      actor.name === '' || correlationId === '' ? 'actor or correlation id is empty' : null,
  },
  {
    framework: nist,
    control: 'AU-4',
    title: 'Audit log storage capacity',
    counted: ['audit.prune'],
  },
  {
    framework: nist,
    control: 'AU-5',
    title: 'Response to audit logging failures',
    counted: ['*'],
    exception: ({ event, facts }) => {
      if (event === 'audit.resumed')
        return `the log could not be written since ${String(facts['since'])}; ${String(facts['refused'])} entries were refused`;
      return facts['keptInReserve'] === true
        ? 'was kept in the reserve, because the log could not be written'
        : null;
    },
  },
  {
    framework: nist,
    control: 'AU-6',
    title: 'Review, analysis and reporting',
    counted: ['security.audit', 'security.report', 'audit.list', 'audit.export'],
    exception: unsuccessful,
  },
  {
    framework: nist,
    control: 'AU-7',
    title: 'Reduction and report generation',
    counted: ['audit.list', 'audit.export', 'security.report'],
    exception: unsuccessful,
  },
  {
    framework: nist,
    control: 'AU-8',
    title: 'Time stamps',
    counted: ['clock.regression'],
    exception: ({ facts }) => `the clock was set back by ${String(facts['backMs'])} ms`,
  },
  {
    framework: nist,
    control: 'AU-9',
    title: 'Protection of audit information',
    counted: ['security.verify', 'audit.prune', 'audit.restored'],
    exception: unsuccessful,
  },
  {
    framework: nist,
    control: 'AU-10',
    title: 'Non-repudiation',
    counted: ['approval.*', 'tasks.approve', 'tasks.reject', 'tasks.cancel'],
    exception: unsuccessful,
  },
  {
    framework: nist,
    control: 'AU-11',
    title: 'Audit record retention',
    counted: ['audit.prune', 'audit.restored'],
    exception: ({ event }) =>
      event === 'audit.restored' ? 'entries were given up in a restore' : null,
  },
  { framework: nist, control: 'AU-12', title: 'Audit record generation', counted: ['*'] },
];

/** Whether the control counts this event. */
export function counts({ counted }: Pick<Control, 'counted'>, event: string): boolean {
  return counted.some((name) =>
    name.endsWith('*') ? event.startsWith(name.slice(0, -1)) : event === name,
  );
}
