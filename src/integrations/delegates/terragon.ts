import type { Delegate, DelegatedWork } from '../../domain/ports/delegate.ts';

/** Terragon: a mention in a comment starts it. `username` with or without the @. */
export function createTerragon(options: { readonly username: string }): Delegate {
  const mention = `@${options.username.replace(/^@/, '')}`;
  return {
    name: 'terragon',
    warning: `${mention} works outside of this service: its sandbox, its limits and its checks are not ours.`,
    request: ({ issue, target, title }) =>
      [
        `${mention} please work on this issue: ${title}`,
        '',
        `Open one pull request against ${target} and write \`${issue.repository}#${issue.number}\` in its description, so that it is found.`,
      ].join('\n'),
    isAnswer: (candidate, work) =>
      candidate.updatedAt >= work.askedAt &&
      !work.ownLogins.includes(candidate.author) &&
      refersTo(`${candidate.title}\n${candidate.body}`, work),
  };
}

/** `owner/name#12`, the issue's address, or in the same repository `#12`; never a longer number. */
function refersTo(text: string, { issue, target }: DelegatedWork): boolean {
  const repository = issue.repository.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
  const full = new RegExp(`${repository}(#|/issues/)${issue.number}(?!\\d)`, 'i');
  if (full.test(text)) return true;
  const short = new RegExp(`(^|[\\s(\\[])#${issue.number}(?!\\d)`, 'm');
  return issue.repository.toLowerCase() === target.toLowerCase() && short.test(text);
}
