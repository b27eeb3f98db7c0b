import type { Kysely } from 'kysely';
import { AppError, toAppError } from '../../lib/app-error.ts';
import type { Checkpoint } from '../../lib/checkpoint.ts';
import type { EffectDeps, EffectOptions } from './effect-deps.ts';
import type { EffectRequestShape, EffectResultShape, EffectWrite } from './intent.ts';
import {
  type ClaimedIntent,
  claimIntent,
  type EffectTables,
  failIntent,
  finishIntent,
  holderOf,
  leaveAfterEmptyLook,
  leaveAs,
  leaveUnsent,
  markSending,
  releaseLease,
  renewLease,
} from './intent-rows.ts';
import { judgeSendError } from './judge-send-error.ts';
import { keepLease, type Lease, momentOf } from './lease.ts';
import type { Markers } from './markers.ts';

/** What the steps of an intent work with. */
export interface StepParts<Request extends EffectRequestShape>
  extends Pick<
    Required<EffectDeps<never, Request>>,
    | 'host'
    | 'keyOf'
    | 'clock'
    | 'log'
    | 'allow'
    | 'audit'
    | 'mode'
    | 'lookFirst'
    | 'isRepeatable'
    | 'processes'
  > {
  readonly db: Kysely<EffectTables>;
  readonly markers: Markers;
  readonly checkpoint: Checkpoint;
  readonly options: EffectOptions;
}

/** `not_claimed`: final, unknown, or in other hands. `again`: take the next step after the wait. */
export type Step =
  | { readonly kind: 'final' }
  | { readonly kind: 'not_claimed' }
  | { readonly kind: 'again'; readonly waitMs: number };

interface Held<Request extends EffectRequestShape> {
  readonly intent: ClaimedIntent<Request>;
  readonly lease: Lease;
}

/** Takes the lease and does the one thing that is next: look, or send. Never waits. */
export async function step<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  id: string,
): Promise<Step> {
  const { db, clock, log, options } = parts;
  const since = momentOf(clock);
  const intent = await claim(parts, id);
  if (intent === null) return { kind: 'not_claimed' };
  await parts.checkpoint('effect.claimed');
  const lease = keepLease(since, {
    leaseMs: options.leaseMs,
    clock,
    renew: async () => await renewLease(db, id, intent.token, options.leaseMs),
    onTrouble: (error) => {
      log.warn({ intentId: id, err: error }, 'The lease of an effect could not be renewed.');
    },
  });
  try {
    return await advance(parts, { intent, lease });
  } catch (error) {
    await giveBack(parts, intent);
    throw error;
  } finally {
    lease.end();
  }
}

/** Takes the lease; from a process of this machine that has ended at once, from others when it has run out. */
async function claim<Request extends EffectRequestShape>(
  { db, options, processes }: StepParts<Request>,
  id: string,
): Promise<ClaimedIntent<Request> | null> {
  const mine = { id, leaseMs: options.leaseMs, process: await processes.self() };
  const intent = await claimIntent<Request>(db, mine);
  if (intent !== null) return intent;
  const from = await holderOf(db, id);
  if (from === null || from === mine.process || !(await processes.isGone(from))) return null;
  return await claimIntent<Request>(db, { ...mine, from });
}

async function advance<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  held: Held<Request>,
): Promise<Step> {
  const mayBeMade = held.intent.status !== 'pending';
  const everywhere = parts.mode() === 'reconcile_only' || parts.lookFirst();
  if (mayBeMade || everywhere) {
    const looked = await look(parts, held.intent, everywhere);
    if (looked !== 'send') return looked;
  }
  return await send(parts, held);
}

async function look<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  intent: ClaimedIntent<Request>,
  everywhere: boolean,
): Promise<Step | 'send'> {
  const { db } = parts;
  const distanceMs = lookDistanceMs(parts, intent);
  const dueInMs = intent.emptyLook === null ? 0 : distanceMs - intent.emptyLook.agoMs;
  if (dueInMs > 0) {
    await releaseLease(db, intent.id, intent.token);
    return { kind: 'again', waitMs: dueInMs };
  }
  const host = parts.host(intent.request.repository.host);
  const found = await host.find(writeOf(parts, intent, everywhere));
  await parts.checkpoint('effect.looked');
  if (found !== null) return await finish(parts, intent, { ...found, adopted: true });
  if (parts.mode() === 'reconcile_only') throw reconcileOnly(intent.id);
  if (intent.status === 'pending' || intent.emptyLook !== null) return 'send';
  await leaveAfterEmptyLook(db, intent.id, intent.token);
  return { kind: 'again', waitMs: distanceMs };
}

/**
 * Lists lag, so what would be there twice is looked for a second time a while later. What cannot be there twice is only
 * not asked for in a hurry: 2, 4, 8, ... seconds after each send.
 */
function lookDistanceMs<Request extends EffectRequestShape>(
  { options, isRepeatable }: StepParts<Request>,
  { request, sends }: ClaimedIntent<Request>,
): number {
  if (!isRepeatable(request)) return options.lookDistanceMs;
  return Math.min(options.lookDistanceMs, options.repeatDistanceMs * 2 ** Math.max(0, sends - 1));
}

async function send<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  { intent, lease }: Held<Request>,
): Promise<Step> {
  const { db, options } = parts;
  if (intent.sends >= options.maxSends) return await refuse(parts, intent, gaveUp(intent));
  const permit = await parts.allow(intent);
  if (!permit.allowed) throw heldBack(intent.id, permit.reason);
  await parts.audit({ event: 'effect.sending', intent, facts: {} });
  if (!(await markSending(db, intent.id, intent.token))) return { kind: 'again', waitMs: 0 };
  await parts.checkpoint('effect.sending');
  let made: EffectResultShape;
  try {
    if (!lease.stillOurs()) throw leaseLost();
    const write = writeOf(parts, intent, false);
    const host = parts.host(intent.request.repository.host);
    made = await host.send({ ...write, stillOurs: () => lease.stillOurs() });
  } catch (error) {
    return await afterSendError(parts, intent, error);
  }
  await parts.checkpoint('effect.sent');
  return await finish(parts, intent, made);
}

async function afterSendError<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  intent: ClaimedIntent<Request>,
  error: unknown,
): Promise<Step> {
  const { db, log } = parts;
  const verdict = judgeSendError(error);
  if (verdict === 'refused') return await refuse(parts, intent, toAppError(error));
  if (verdict === 'unclear') {
    const { code, message } = toAppError(error);
    log.warn({ intentId: intent.id, err: error }, 'An effect may have happened; looking for it.');
    await parts.audit({ event: 'effect.unknown', intent, facts: { code, message } });
    await leaveAs(db, intent.id, intent.token, 'unknown');
    return { kind: 'again', waitMs: 0 };
  }
  if (verdict === 'not_sent') {
    await leaveUnsent(db, intent.id, intent.token);
    throw error;
  }
  await leaveAs(db, intent.id, intent.token, 'pending');
  return { kind: 'again', waitMs: 0 };
}

async function finish<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  intent: ClaimedIntent<Request>,
  result: EffectResultShape,
): Promise<Step> {
  const event = result.adopted ? 'effect.adopted' : 'effect.done';
  await parts.audit({ event, intent, facts: { ...result } });
  await finishIntent(parts.db, intent.id, result);
  await parts.checkpoint('effect.stored');
  return { kind: 'final' };
}

async function refuse<Request extends EffectRequestShape>(
  parts: StepParts<Request>,
  intent: ClaimedIntent<Request>,
  error: AppError,
): Promise<Step> {
  const { code, message } = error;
  await parts.audit({ event: 'effect.failed', intent, facts: { code, message } });
  await failIntent(parts.db, intent.id, intent.token, error);
  return { kind: 'final' };
}

// The error that brought us here matters more than a lease, which runs out by itself.
async function giveBack<Request extends EffectRequestShape>(
  { db, log }: StepParts<Request>,
  intent: ClaimedIntent<Request>,
): Promise<void> {
  try {
    await releaseLease(db, intent.id, intent.token);
  } catch (error) {
    log.warn(
      { intentId: intent.id, err: error },
      'The lease of an effect could not be given back.',
    );
  }
}

/** Clocks of host and database differ, so looking starts a little before the intent. */
const clockSkewMs = 300_000;

function writeOf<Request extends EffectRequestShape>(
  { markers, keyOf }: StepParts<Request>,
  { id, request, createdAt }: ClaimedIntent<Request>,
  everywhere: boolean,
): EffectWrite<Request> {
  const { kind, repository, payload, fingerprint = '0' } = request;
  const marker = markers.make({ intentId: id, fingerprint, repositoryKey: keyOf(repository) });
  const since = everywhere ? new Date(0) : new Date(createdAt.getTime() - clockSkewMs);
  return { kind, repository, payload, marker, since };
}

function leaseLost(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'effect_lease_lost',
    message: 'This process was paused longer than it may hold an effect, so it did not send it.',
  });
}

function heldBack(intentId: string, reason: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'effect_held',
    message: `The effect waits: ${reason}`,
    next: 'Lift the restriction; it is sent by itself then.',
    details: { intentId, reason },
  });
}

function reconcileOnly(intentId: string): AppError {
  return new AppError({
    kind: 'not_well',
    code: 'effect_reconcile_only',
    message: 'Nothing is sent until everything of ours on the code hosts has been found again.',
    next: 'Wait until reconciling has ended.',
    details: { intentId },
  });
}

function gaveUp(intent: { readonly id: string; readonly sends: number }): AppError {
  return new AppError({
    kind: 'unknown_outcome',
    code: 'effect_gave_up',
    message: `The effect was sent ${intent.sends} times and was never seen to arrive.`,
    next: 'Look whether the code host is well, then requeue it.',
    details: { intentId: intent.id },
  });
}
