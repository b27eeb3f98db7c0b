import { mayApprove as mayWrite } from '../../domain/approval.ts';
import type { CodeHost } from '../../domain/ports/code-host.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { repositoryKey } from '../../domain/repository.ts';
import { toAppError } from '../../lib/app-error.ts';
import type { Served } from '../gate.ts';
import { serve } from '../gate.ts';
import { reaches } from '../repository-rights.ts';
import type { RepositoryAccess } from './contract.ts';
import { checkAccess } from './contract.ts';

export interface AccessPorts {
  readonly host: (name: RepositoryRef['host']) => Pick<CodeHost, 'self' | 'roleOf' | 'repository'>;
  /** The repository on GitHub that takes proposals; null when none is configured. */
  readonly manager: () => RepositoryRef | null;
  readonly watched: () => Promise<readonly RepositoryRef[]>;
}

/** `repositories.access`: asks each host with the credential that the work will use. */
export function accessHandler(ports: AccessPorts): Served {
  return serve(checkAccess, async ({ limit }, { actor }) => {
    const watched = (await ports.watched()).filter(({ name }) => reaches(actor, 'scans:run', name));
    const manager = ports.manager();
    const isOnGithub = manager !== null || watched.some(({ host }) => host === 'github');
    const who = isOnGithub ? await whoAmI(ports) : null;
    const asked = watched.slice(0, limit);
    const targets = [
      ...(manager === null ? [] : [{ ref: manager, use: 'manager' } as const]),
      ...asked
        .filter((ref) => manager === null || repositoryKey(ref) !== repositoryKey(manager))
        .map((ref) => ({ ref, use: 'watched' }) as const),
    ];
    const items: RepositoryAccess[] = [];
    // One after the other: hosts count requests, and a wrong credential is not asked with many times at once.
    for (const { ref, use } of targets) items.push(await accessTo(ports, ref, use, who));
    return {
      login: who?.login ?? null,
      items,
      left: watched.length - asked.length,
    };
  });
}

type Who = { readonly login: string } | { readonly login: null; readonly problem: Problem };
type Problem = Pick<RepositoryAccess, 'evidence' | 'next'>;

async function whoAmI({ host }: AccessPorts): Promise<Who> {
  try {
    return { login: await host('github').self() };
  } catch (thrown) {
    return { login: null, problem: problemOf(thrown) };
  }
}

async function accessTo(
  { host }: AccessPorts,
  ref: RepositoryRef,
  use: RepositoryAccess['use'],
  who: Who | null,
): Promise<RepositoryAccess> {
  const one = { name: ref.name, host: ref.host, use };
  if (ref.host === 'github' && who !== null && who.login === null)
    return { ...one, state: 'failed', ...who.problem };
  try {
    const { defaultBranch, archived } = await host(ref.host).repository(ref);
    if (archived) {
      return {
        ...one,
        state: 'failed',
        evidence: 'It is archived, so nothing can be written there.',
        next: 'Take it out of the configuration, or lift the archiving on the code host.',
      };
    }
    const login = who?.login ?? null;
    if (ref.host === 'local' || login === null) {
      return {
        ...one,
        state: 'ok',
        evidence: `A folder on this machine with the branch ${defaultBranch}; no token is needed.`,
        next: null,
      };
    }
    if (login.endsWith('[bot]')) {
      return {
        ...one,
        state: 'ok',
        evidence: `${login} can read it; what it may write stands in the installation of the app.`,
        next: null,
      };
    }
    const role = await host('github').roleOf(ref, login);
    return mayWrite(role)
      ? {
          ...one,
          state: 'ok',
          evidence: `${login} has the role ${role}; the default branch is ${defaultBranch}.`,
          next: null,
        }
      : {
          ...one,
          state: 'failed',
          evidence: `${login} has the role ${role}, which may not write.`,
          next: 'Give it the role write, and the token write on contents, issues and pull requests.',
        };
  } catch (thrown) {
    return { ...one, state: 'failed', ...problemOf(thrown) };
  }
}

function problemOf(thrown: unknown): Problem {
  const { message, next } = toAppError(thrown);
  return { evidence: message, next: next ?? null };
}
