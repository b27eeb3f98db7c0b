import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useState } from 'react';
import type { AuditLine } from '../../../src/operations/audit/contract.ts';
import { showAudit } from '../../../src/operations/audit/contract.ts';
import { useAsk } from '../../data/data.tsx';
import { Button } from '../../parts/button.tsx';
import { CopyButton } from '../../parts/copy-button.tsx';
import { formatExact } from '../../parts/format.ts';
import { ScrollBox } from '../../parts/scroll-box.tsx';
import { Fact, Facts, Section } from '../../parts/section.tsx';
import { CorrelationId, ErrorPanel, Loaded, RowBones } from '../../parts/states.tsx';
import { OutcomeWord } from './outcome-word.tsx';

/** One entry whole: who, what, from where, the line that is hashed, and on request its proof. */
export function AuditEntry({
  seq,
  onClose,
}: {
  readonly seq: number;
  readonly onClose: () => void;
}): ReactNode {
  const query = useAsk(showAudit, { seq });
  return (
    <article
      aria-label={`Entry ${seq}`}
      className="min-w-0 border-line bg-surface max-lg:fixed max-lg:inset-0 max-lg:z-40 max-lg:overflow-y-auto lg:sticky lg:top-12 lg:max-h-[calc(100dvh-48px)] lg:self-start lg:overflow-y-auto lg:border-l lg:min-h-[calc(100dvh-48px)]"
    >
      <div className="sticky top-0 flex items-center gap-3 border-line border-b bg-surface px-4 py-2">
        <h2 className="flex-1 font-semibold text-14">Entry {seq}</h2>
        <Button
          look="quiet"
          square
          aria-label="Close the entry"
          icon={<X aria-hidden size={16} />}
          onClick={onClose}
        />
      </div>
      <div className="flex flex-col gap-6 p-4">
        <Loaded query={query} skeleton={<RowBones rows={3} />}>
          {({ entry, line }) => (
            <>
              <EntryFacts entry={entry} />
              <Section
                title="The line that is hashed"
                aside={<CopyButton text={line} what="the line" />}
              >
                <Code label="Text of the line" text={line} />
              </Section>
              <Proof seq={seq} />
            </>
          )}
        </Loaded>
      </div>
    </article>
  );
}

function EntryFacts({ entry }: { readonly entry: AuditLine }): ReactNode {
  const { at, event, outcome, actor, source, target, reason, before, after, facts, begun } = entry;
  const more = Object.entries(facts);
  return (
    <Facts>
      <Fact name="What">
        <code className="text-12">{event}</code> <OutcomeWord outcome={outcome} />
      </Fact>
      <Fact name="Who">
        {actor.name} <span className="text-quiet">({actor.kind})</span>
      </Fact>
      <Fact name="When">{formatExact(new Date(at))}</Fact>
      {source === null ? null : <Fact name="From">{source}</Fact>}
      {target === null ? null : <Fact name="Target">{target}</Fact>}
      {reason === null ? null : <Fact name="Reason">{reason}</Fact>}
      {before === null ? null : <Fact name="Before">{before}</Fact>}
      {after === null ? null : <Fact name="After">{after}</Fact>}
      {begun === null ? null : <Fact name="Begun in">entry {begun}</Fact>}
      <Fact name="Correlation">
        <CorrelationId id={entry.correlationId} />
      </Fact>
      {more.map(([name, value]) => (
        <Fact key={name} name={name}>
          {typeof value === 'string' ? (
            value
          ) : (
            <code className="text-12">{JSON.stringify(value)}</code>
          )}
        </Fact>
      ))}
    </Facts>
  );
}

/** Made on request, because it reads the whole log. */
function Proof({ seq }: { readonly seq: number }): ReactNode {
  const [isWanted, setIsWanted] = useState(false);
  const query = useAsk(showAudit, { seq, proof: true }, { enabled: isWanted });
  const proof = query.data?.proof;
  return (
    <Section
      title="Proof that it is in the signed log"
      aside={typeof proof === 'string' ? <CopyButton text={proof} what="the proof" /> : null}
    >
      {!isWanted ? (
        <div>
          <p className="mb-2 text-13 text-quiet">
            Anybody can check it with the verifier key, the line above and RFC 6962; it needs no
            access to this service.
          </p>
          <Button onClick={() => setIsWanted(true)}>Make the proof</Button>
        </div>
      ) : query.error === null ? (
        query.data === undefined ? (
          <p role="status" className="text-13 text-quiet">
            Reading the whole log…
          </p>
        ) : typeof proof === 'string' ? (
          <Code label="Inclusion proof" text={proof} />
        ) : (
          <p className="text-13">
            No checkpoint covers it yet. It is chained to the entries round it; the next checkpoint
            signs it.
          </p>
        )
      ) : (
        <ErrorPanel error={query.error} retry={() => void query.refetch()} />
      )}
    </Section>
  );
}

function Code({ label, text }: { readonly label: string; readonly text: string }): ReactNode {
  return (
    <ScrollBox label={label} className="max-h-[280px] rounded-6 border border-line bg-sunken">
      <pre className="whitespace-pre-wrap break-all p-3 text-12 leading-5">{text}</pre>
    </ScrollBox>
  );
}
