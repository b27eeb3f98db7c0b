import { AppError } from '../../lib/app-error.ts';
import type { Block, Blocks } from '../../platform/ratelimit/blocks.ts';
import { type Served, serve } from '../gate.ts';
import {
  type BlockLine,
  cleanUpSecurity,
  liftBlock,
  listBlocks,
  type SecurityStatus,
  securityStatus,
} from './contract.ts';

export interface ProtectionPorts {
  readonly blocks: Blocks;
  readonly now: () => Date;
  readonly limits: () => SecurityStatus['limits'];
  /** What other rooms count. A port that fails leaves its figures null: what could not be measured is not zero. */
  readonly signIn: () => Promise<SecurityStatus['signIn']>;
  readonly credentials: () => Promise<SecurityStatus['credentials']>;
  readonly audit: () => Promise<SecurityStatus['audit']>;
  /** Removes what has expired; answers how many. */
  readonly removeExpired: () => Promise<{ readonly sessions: number; readonly tokens: number }>;
}

const dayMs = 24 * 3_600_000;

/** `security.status`, `security.cleanup`, `blocks.list`, `blocks.lift`. */
export function protectionHandlers(ports: ProtectionPorts): readonly Served[] {
  const { blocks } = ports;
  return [
    serve(securityStatus, async () => {
      const [counts, signIn, credentials, audit] = await Promise.all([
        blocks.counts(new Date(ports.now().getTime() - dayMs)),
        ports.signIn(),
        ports.credentials(),
        ports.audit(),
      ]);
      return {
        limits: ports.limits(),
        blocks: { standing: counts.standing, begunInLastDay: counts.begun },
        signIn,
        credentials,
        audit,
      };
    }),
    serve(cleanUpSecurity, async () => {
      const removed = await ports.removeExpired();
      return { ...removed, blocks: await blocks.removeExpired() };
    }),
    serve(listBlocks, async () => ({ items: (await blocks.list()).map(lineOf) })),
    serve(liftBlock, async ({ block }, { actor }) => {
      const lifted = await blocks.lift(block, actor.name);
      if (lifted.length === 0) throw noSuchBlock(block);
      return { lifted: lifted.map(lineOf) };
    }),
  ];
}

function lineOf({ id, subject, reason, since, until, evidence }: Block): BlockLine {
  return {
    id,
    subject,
    reason,
    since: since.toISOString(),
    until: until.toISOString(),
    evidence: { ...evidence },
  };
}

function noSuchBlock(block: string): AppError {
  return new AppError({
    kind: 'not_found',
    code: 'block_unknown',
    message: `No block stands for ${block}.`,
    next: 'See `claude-manager security blocks list`.',
  });
}
