import { EyeOff } from 'lucide-react';
import type { ReactNode } from 'react';
import type { TaskStory } from '../../src/operations/tasks/contract.ts';
import { CodeLines } from './code-lines.tsx';
import { counted, formatMoney, repositoryName } from './format.ts';
import { Markdown } from './markdown/markdown.tsx';
import { Fact, Facts, Section } from './section.tsx';
import { Time } from './time.tsx';

/** The place in the code, or the words, that led to a task. */
export function EvidenceSection({ task }: { readonly task: TaskStory }): ReactNode {
  const { finding } = task;
  if (finding === null) {
    return (
      <Section title="What was asked">
        <Markdown text={task.body} />
      </Section>
    );
  }
  const place = finding.line > 0 ? `${finding.path}:${finding.line}` : finding.path;
  return (
    <Section
      title="Evidence"
      aside={
        finding.commit === null ? null : (
          <>
            at commit <code>{finding.commit.slice(0, 10)}</code>, first seen{' '}
            <Time at={finding.firstSeen} />
          </>
        )
      }
    >
      <p className="font-mono text-12">
        {finding.url === null ? (
          <span className="break-all">{place}</span>
        ) : (
          <a
            href={finding.url}
            target="_blank"
            rel="noopener noreferrer"
            className="break-all text-accent underline"
          >
            {place}
          </a>
        )}
      </p>
      {finding.context.length > 0 ? (
        <CodeLines
          lines={finding.context}
          start={finding.contextStart}
          marked={[finding.line, Math.max(finding.line, finding.endLine)]}
          label={`Code round ${place}`}
        />
      ) : (
        <div className="rounded-6 border border-line bg-surface p-3">
          <Markdown text={finding.text} />
        </div>
      )}
    </Section>
  );
}

/** Each factor of the rank with its weight. */
export function RankSection({ task }: { readonly task: TaskStory }): ReactNode {
  return (
    <Section title="Why it ranks here" aside={`${task.rank} of 100`}>
      {task.rankReasons.length === 0 ? (
        <p className="text-13 text-quiet">Nothing speaks for it or against it.</p>
      ) : (
        <table className="w-full text-13">
          <thead className="sr-only">
            <tr>
              <th scope="col">Points</th>
              <th scope="col">Because it</th>
              <th scope="col">Factor</th>
            </tr>
          </thead>
          <tbody>
            {task.rankReasons.map(({ factor, points, because }) => (
              <tr key={factor} className="border-line border-t first:border-t-0">
                <td className="w-12 py-1 pr-3 text-right font-medium">
                  {points > 0 ? `+${points}` : `−${Math.abs(points)}`}
                </td>
                <td className="py-1">{because}</td>
                <td className="py-1 text-right text-12 text-quiet">{factor}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Section>
  );
}

/** Exactly what the approval binds and the agent gets; hidden text stands out. */
export function GivenSection({ task }: { readonly task: TaskStory }): ReactNode {
  const { prompt, hidden, invisibleCharacters } = task.given;
  return (
    <Section
      title="Exactly what the agent is given"
      aside={
        <>
          content <code>{task.contentHash.slice(0, 12)}</code>
        </>
      }
    >
      {hidden.length === 0 && invisibleCharacters === 0 ? null : (
        <div className="flex gap-2 rounded-6 bg-warn-tint p-3 text-13 text-warn">
          <EyeOff aria-hidden size={16} className="mt-[2px] shrink-0" />
          <p>
            {hidden.length === 0
              ? ''
              : `${counted(hidden.length, 'hidden part')} of the text was made visible and is marked below. `}
            {invisibleCharacters === 0
              ? ''
              : `${counted(invisibleCharacters, 'invisible character')} ${invisibleCharacters === 1 ? 'was' : 'were'} taken out.`}
          </p>
        </div>
      )}
      <pre className="whitespace-pre-wrap break-words rounded-6 border border-line bg-sunken p-3 text-12 leading-5">
        {markHidden(prompt, hidden)}
      </pre>
    </Section>
  );
}

/** The prompt with each hidden part marked where it stands. */
function markHidden(prompt: string, hidden: readonly string[]): ReactNode {
  const pieces: ReactNode[] = [];
  let from = 0;
  for (const part of hidden.filter((one) => one !== '')) {
    const at = prompt.indexOf(part, from);
    if (at < 0) continue;
    pieces.push(prompt.slice(from, at));
    pieces.push(
      <mark
        key={at}
        className="rounded-3 bg-warn-tint px-[2px] text-warn"
        title="Hidden in the text"
      >
        {part}
      </mark>,
    );
    from = at + part.length;
  }
  pieces.push(prompt.slice(from));
  return pieces;
}

/** Where, with what and within which limits the work would be done. */
export function TermsSection({ task }: { readonly task: TaskStory }): ReactNode {
  const { policy } = task;
  const { perRunUsd, timeoutMinutes, stallMinutes, maxAttempts } = policy.budget;
  return (
    <Section title="How it would be done">
      <Facts>
        <Fact name="Target">
          {repositoryName(task.target)}, branch <code className="text-12">{task.baseBranch}</code>
        </Fact>
        <Fact name="Agent">{task.agent}</Fact>
        <Fact name="Budget">
          up to {formatMoney(perRunUsd)} and {timeoutMinutes} min a run, {stallMinutes} min of
          silence, {counted(maxAttempts, 'attempt')}
        </Fact>
        <Fact name="Checks">
          <Commands
            commands={policy.checks}
            none="none: nothing proves the result but a person’s review"
          />
        </Fact>
        {policy.setup.length === 0 ? null : (
          <Fact name="Set-up">
            <Commands commands={policy.setup} none="" />
          </Fact>
        )}
        <Fact name="Network">{policy.egress.length === 0 ? 'none' : policy.egress.join(', ')}</Fact>
        {policy.approvers < 2 ? null : (
          <Fact name="Approvals">
            {task.approved.given} of {task.approved.needed} given
          </Fact>
        )}
      </Facts>
    </Section>
  );
}

function Commands({
  commands,
  none,
}: {
  readonly commands: readonly string[];
  readonly none: string;
}): ReactNode {
  if (commands.length === 0) return <span className="text-quiet">{none}</span>;
  return (
    <ul>
      {commands.map((command) => (
        <li key={command}>
          <code className="break-all text-12">{command}</code>
        </li>
      ))}
    </ul>
  );
}
