import type { ChainedEntry } from '../../platform/audit/audit-entry.ts';

/** Open Cybersecurity Schema Framework, https://schema.ocsf.io */
export const ocsfVersion = '1.9.0';

const productName = 'Claude Manager Service';

interface OcsfClass {
  readonly uid: number;
  readonly name: string;
  readonly category: number;
  readonly categoryName: string;
}

const iam = { category: 3, categoryName: 'Identity & Access Management' } as const;
const classes = {
  authentication: { uid: 3002, name: 'Authentication', ...iam },
  session: { uid: 3003, name: 'Authorize Session', ...iam },
  entity: { uid: 3004, name: 'Entity Management', ...iam },
  user: { uid: 3007, name: 'User Management', ...iam },
  role: { uid: 3008, name: 'Role Management', ...iam },
  api: { uid: 6003, name: 'API Activity', category: 6, categoryName: 'Application Activity' },
  finding: { uid: 2004, name: 'Detection Finding', category: 2, categoryName: 'Findings' },
} as const satisfies Readonly<Record<string, OcsfClass>>;

/** The first line that fits holds; every event has a class, because the last fits all. */
const table: readonly (readonly [pattern: RegExp, to: OcsfClass])[] = [
  [/^auth\.2fa\.(?:enrol|disable)$/u, classes.user],
  [/^(?:auth\.|sessions\.(?:sign|verify|prove|passkey))/u, classes.authentication],
  [/^(?:session|sessions|token|tokens)\./u, classes.session],
  [/^(?:role|roles)\.|^users\.(?:roles|change-roles|grant)/u, classes.role],
  [/^(?:user|users|account)\./u, classes.user],
  [/^(?:credential|credentials|config|backup)\./u, classes.entity],
  [
    /^(?:security\.blocked|security\.lifted|clock\.|audit\.(?:restored|resumed|prune)|output\.|effect\.(?:unknown|failed)|approval\.(?:refused|revoked|stale))/u,
    classes.finding,
  ],
  [/./su, classes.api],
];

type Verbs = readonly (readonly [pattern: RegExp, activity: number])[];

/** Create, read, update, delete. */
const handling: Verbs = [
  [/(?:create|add|store|set|import|open|start|push|created|granted|enrol|register)$/u, 1],
  [/(?:list|show|get|read|used|export|verify|report|status|run|audit|explain)$/u, 2],
  [
    /(?:update|change|changed|moved|rotate|rekey|approve|retry|resume|pause|merge|merged|sending|exit)$/u,
    3,
  ],
  [/(?:remove|delete|revoke|cancel|reject|prune|closed|end)$/u, 4],
];

/** Words of an event's name to the activities that its class knows; the first that fits holds, 99 is "other". */
const activities: readonly (readonly [of: OcsfClass, verbs: Verbs])[] = [
  [classes.finding, [[/./su, 1]]],
  [
    classes.authentication,
    [
      [/out$/u, 2],
      [/^auth\.(?:login|2fa)\.|^sessions\.(?:sign-in|verify-)/u, 1],
    ],
  ],
  [classes.session, [[/\.create$/u, 1]]],
  [classes.role, [[/./su, 2]]],
  [
    classes.user,
    [
      [/\.(?:create|bootstrap)$/u, 1],
      [/\.(?:delete|remove)$/u, 3],
      [/\.enable$/u, 4],
      [/2fa\.disable$|-remove$/u, 13],
      [/\.disable$/u, 5],
      [/\.unlock$/u, 7],
      [/password_changed$|change-password$/u, 8],
      [/password_reset$|reset-password$/u, 9],
      [/2fa\.enrol$|totp-confirm$|passkey-finish$/u, 12],
      [/set-roles$/u, 16],
    ],
  ],
  [classes.entity, handling],
  [classes.api, handling],
];

const statuses = { begun: 0, ok: 1, refused: 2, failed: 2 } as const;

/** One entry as an OCSF event; what has no place there stays under `unmapped`. */
export function ocsfEvent(
  entry: ChainedEntry,
  line: string,
  product: { readonly version: string },
): object {
  const [, to] = table.find(([pattern]) => pattern.test(entry.event)) ?? ['', classes.api];
  const verbs = activities.find(([of]) => of === to)?.[1] ?? [];
  const activity = verbs.find(([pattern]) => pattern.test(entry.event))?.[1] ?? 99;
  const isBad = entry.outcome === 'refused' || entry.outcome === 'failed';
  const severity = to === classes.finding ? 3 : isBad ? 2 : 1;
  const { name, kind } = entry.actor;
  const user = { name, type: kind, type_id: kind === 'system' ? 3 : kind === 'user' ? 1 : 99 };
  const common = {
    activity_id: activity,
    category_uid: to.category,
    category_name: to.categoryName,
    class_uid: to.uid,
    class_name: to.name,
    type_uid: to.uid * 100 + activity,
    time: entry.at.getTime(),
    severity_id: severity,
    severity: ['Unknown', 'Informational', 'Low', 'Medium'][severity],
    status_id: statuses[entry.outcome],
    status: ['Unknown', 'Success', 'Failure'][statuses[entry.outcome]],
    ...(entry.reason === null ? {} : { status_code: entry.reason }),
    message: `${entry.event} ${entry.outcome}`,
    metadata: {
      version: ocsfVersion,
      product: {
        name: productName,
        vendor_name: productName,
        version: entry.version ?? product.version,
      },
      uid: String(entry.seq),
      sequence: entry.seq,
      correlation_uid: entry.correlationId,
      event_code: entry.event,
      log_name: 'audit',
      original_time: entry.at.toISOString(),
    },
    raw_data: line,
    actor: { user },
    unmapped: {
      outcome: entry.outcome,
      facts: entry.facts,
      begun: entry.begun,
      before: entry.before,
      after: entry.after,
      hash: entry.hash,
      previous_hash: entry.previousHash,
    },
  };
  const source = { src_endpoint: endpointOf(entry.source) };
  switch (to) {
    case classes.finding:
      return {
        ...common,
        finding_info: {
          uid: String(entry.seq),
          title: entry.event,
          created_time: entry.at.getTime(),
        },
        ...(entry.target === null ? {} : { resources: [{ name: entry.target }] }),
      };
    case classes.entity:
      return {
        ...common,
        ...source,
        entity: { name: entry.target ?? entry.event, type: entry.event.split('.')[0] },
      };
    case classes.api:
      return {
        ...common,
        ...source,
        api: { operation: entry.event, request: { uid: entry.correlationId } },
        ...(entry.target === null ? {} : { resources: [{ name: entry.target }] }),
      };
    case classes.role:
      return {
        ...common,
        ...source,
        iam_role: { name: rolesIn(entry.facts['after']) },
        resources: [{ name: entry.target ?? name, type: 'user' }],
      };
    case classes.session:
      return {
        ...common,
        ...source,
        user: { name: entry.target ?? name },
        privileges: textsIn(entry.facts['scopes'] ?? entry.facts['permissions']),
      };
    case classes.authentication:
      return {
        ...common,
        ...source,
        user: { name: entry.target ?? name },
        service: { name: productName },
      };
    default:
      return { ...common, ...source, user: { name: entry.target ?? name } };
  }
}

/** Texts of a list that was told; what was not told is unknown. */
function textsIn(told: unknown): readonly string[] {
  const texts = Array.isArray(told) ? told.filter((one) => typeof one === 'string') : [];
  return texts.length === 0 ? ['unknown'] : texts;
}

/** The roles that somebody has from then on. */
function rolesIn(grants: unknown): string {
  const names = Array.isArray(grants)
    ? grants.map((grant: unknown) =>
        typeof grant === 'object' && grant !== null && 'role' in grant ? grant.role : grant,
      )
    : [];
  return textsIn(names).join(', ');
}

function endpointOf(source: string | null): object {
  if (source === null) return { name: 'the service itself' };
  return /^[\d.:a-f]+$/iu.test(source) ? { ip: source } : { name: source };
}
