import type { ContractViolation } from './contract.ts';
import type { Fault, FaultMatch, Faults } from './faults.ts';
import type { RawAnswer } from './git-http.ts';
import type { Journal } from './journal.ts';
import type { Person } from './people.ts';
import type { Seeding } from './seeding.ts';

export interface ControlDeps {
  readonly seeding: Seeding;
  readonly faults: Faults;
  readonly journal: Journal;
  readonly contractViolations: readonly ContractViolation[];
  readonly as: (login: string) => Person;
}

/**
 * The emulator's own door for other processes, under `/_emulator/`:
 * GET journal, effects, duplicates, violations, contract;
 * POST seed/METHOD and as/LOGIN/METHOD with the arguments as a JSON array; POST faults with one fault;
 * DELETE faults, journal. In a fault, `match.path` that begins with `~` is a pattern.
 */
export function createControl(
  deps: ControlDeps,
): (method: string, path: string, body: Buffer) => Promise<RawAnswer> | undefined {
  return (method, path, body) => {
    if (!path.startsWith('/_emulator/')) return undefined;
    const [what = '', ...more] = path.slice('/_emulator/'.length).split('/');
    return act(deps, method, what, more, body)
      .then((value) => answer(200, value ?? null))
      .catch((error: unknown) => answer(400, { message: String(error) }));
  };
}

async function act(
  deps: ControlDeps,
  method: string,
  what: string,
  more: readonly string[],
  body: Buffer,
): Promise<unknown> {
  const [first = '', second = ''] = more;
  const sent: unknown = body.length === 0 ? [] : JSON.parse(body.toString());
  switch (`${method} ${what}`) {
    case 'GET journal':
      return deps.journal.entries;
    case 'GET effects':
      return deps.journal.effects;
    case 'GET duplicates':
      return deps.journal.duplicates();
    case 'GET violations':
      return deps.journal.violations();
    case 'GET contract':
      return deps.contractViolations;
    case 'DELETE journal':
      return deps.journal.clear();
    case 'DELETE faults':
      return deps.faults.clear();
    case 'POST faults':
      return deps.faults.add(readFault(sent as Fault));
    case 'POST seed':
      return invoke(deps.seeding, first, sent);
    case 'POST as':
      return invoke(deps.as(first), second, sent);
    default:
      throw new Error(`no such control: ${method} ${what}`);
  }
}

async function invoke(target: object, name: string, args: unknown): Promise<unknown> {
  const methods = new Map(Object.entries(target) as [string, unknown][]);
  const method = methods.get(name);
  if (typeof method !== 'function') throw new Error(`no such method: ${name}`);
  if (!Array.isArray(args)) throw new Error('arguments must be a JSON array');
  return (await Reflect.apply(method, target, args)) as unknown;
}

function readFault(fault: Fault): Fault {
  const path = fault.match?.path;
  if (typeof path !== 'string' || !path.startsWith('~')) return fault;
  const match: FaultMatch = { ...fault.match, path: new RegExp(path.slice(1)) };
  return { ...fault, match };
}

function answer(status: number, value: unknown): RawAnswer {
  const headers = { 'content-type': 'application/json; charset=utf-8' };
  return { status, headers, body: Buffer.from(`${JSON.stringify(value, null, 2)}\n`) };
}
