import { z } from 'zod';
import type { EffectRequest } from '../../domain/effect.ts';
import type { RepositoryRef } from '../../domain/repository.ts';
import { inert } from '../../pipeline/deliver/report.ts';
import type { Sink } from '../../platform/alerts/alerts.ts';
import type { StoreRooms } from '../store/open-store.ts';

const Message = z.object({
  id: z.string(),
  kind: z.string(),
  subject: z.string(),
  severity: z.string(),
  text: z.string(),
  next: z.string(),
  event: z.enum(['firing', 'resolved']),
});

const label = 'claude-manager-alert';

/**
 * An issue for each alert, closed with a comment when it ends. Each write is an effect named by the alert, so that it is
 * made once, however often the message comes.
 */
export function issueSink(
  { tasks, effects }: Pick<StoreRooms, 'tasks' | 'effects'>,
  repository: RepositoryRef,
): Sink {
  const settled = async (requests: readonly EffectRequest[]): Promise<void> => {
    const ids = await tasks.transact((transaction) => effects.intend(transaction, requests));
    for (const id of ids) await effects.settle(id);
  };
  return {
    name: 'issue',
    write: (told) => JSON.stringify(told),
    send: async (body) => {
      const { id, kind, subject, severity, text, next, event } = Message.parse(JSON.parse(body));
      const base = { repository, taskId: `alert-${id}`, attempt: 0, ordinal: 0 };
      if (event === 'firing') {
        const title = `[${severity}] ${kind}: ${subject}`.slice(0, 200);
        const words = `${inert(text)}\n\n${inert(next)}\n\nAlert \`${id}\`. It is closed when it is over.`;
        const payload = { title, body: words, labels: [label] };
        await settled([{ ...base, kind: 'create_issue', payload }]);
        return;
      }
      const made = (await effects.ofTask(base.taskId)).find(
        ({ intent }) => intent.request.kind === 'create_issue',
      );
      const number = made?.intent.result?.number ?? null;
      // It began before issues were asked for.
      if (number === null) return;
      await settled([
        { ...base, kind: 'comment', payload: { number, body: `It is over: ${inert(text)}` } },
        { ...base, kind: 'set_issue_state', payload: { number, state: 'closed' } },
      ]);
    },
  };
}
