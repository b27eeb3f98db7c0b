import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AgentEnd, AgentEvent } from '../../domain/agent-event.ts';
import type { AgentParser } from '../../domain/ports/agent.ts';
import { createClaudeCodeParser } from './claude-code/parse-claude-code.ts';
import { createCodexParser } from './codex/parse-codex.ts';
import { createCommandParser } from './command/parse-command.ts';

interface Played {
  readonly events: readonly AgentEvent[];
  readonly end: AgentEnd;
  readonly parser: AgentParser;
}

function play(parser: AgentParser, lines: readonly string[], code: number | null): Played {
  const events = lines.flatMap((line) => parser.line('stdout', line));
  return { events, end: parser.end({ code, signal: code === null ? 'SIGKILL' : null }), parser };
}

/** An event stream that the real program printed. */
async function sample(agent: string, name: string, code = 0): Promise<Played> {
  const text = await readFile(join(import.meta.dirname, agent, 'samples', `${name}.jsonl`), 'utf8');
  const parser = agent === 'codex' ? createCodexParser() : createClaudeCodeParser();
  return play(parser, text.trim().split('\n'), code);
}

const claude = (name: string, code?: number) =>
  sample('claude-code', `claude-2.1.330-${name}`, code);
const types = (played: Played, type: AgentEvent['type']) =>
  played.events.filter((event) => event.type === type);

describe('what Claude Code 2.1.330 printed', () => {
  it('a good run: started, messages, tools, usage, completed', async () => {
    const played = await claude('ok-acceptEdits-bash');
    expect(played.events[0]).toMatchObject({ type: 'started', model: 'claude-opus-5-5' });
    expect(types(played, 'tool').map((event) => ('name' in event ? event.name : ''))).toEqual([
      'Read',
      'Edit',
      'Write',
      'Bash',
    ]);
    expect(played.end).toMatchObject({ kind: 'completed', exitCode: 0, failure: null });
    expect(played.end.message).toContain('RangeError');
    expect(played.parser.usage()).toMatchObject({ turns: 5, costUsd: expect.any(Number) });
  });

  it('denied tools are told once each, although it says success', async () => {
    const played = await claude('default-mode');
    expect(types(played, 'tool_denied')).toMatchObject([
      { name: 'Edit' },
      { name: 'Write' },
      { name: 'Bash' },
    ]);
    expect(played.end.kind).toBe('completed');
    expect(played.parser.usage()).toEqual({
      inputTokens: 63653,
      outputTokens: 245,
      cachedTokens: 0,
      turns: 5,
      costUsd: 0.25951199999999996,
    });
  });

  it.each([
    ['max-turns', 1, { kind: 'max_turns', failure: null }],
    ['max-budget', 1, { kind: 'max_budget', failure: null }],
    ['no-key', 1, { kind: 'failed', failure: 'authentication' }],
    ['err-400', 1, { kind: 'failed', failure: 'model_quota' }],
    ['refusal', 1, { kind: 'failed', failure: 'agent' }],
    ['slow-bash-sigint', 0, { kind: 'interrupted', failure: null }],
    ['err-429-once', 0, { kind: 'completed', failure: null }],
  ] as const)('%s ends as what it is', async (name, code, end) => {
    const played = await claude(name, code);
    expect(played.end).toMatchObject(end);
    expect(played.end.message).not.toBe('');
  });

  it('a retry after 429 is an event', async () => {
    expect(types(await claude('err-429-once'), 'retrying')).toEqual([
      { type: 'retrying', reason: 'rate_limit', status: 429 },
    ]);
  });

  it('a wrong key, a rate limit, a used-up quota and an overload are told apart', () => {
    const result = (status: number | null, text: string) =>
      JSON.stringify({
        type: 'result',
        subtype: 'success',
        is_error: true,
        api_error_status: status,
        result: text,
      });
    const failure = (status: number | null, text: string) =>
      play(createClaudeCodeParser(), [result(status, text)], 1).end;
    expect(failure(401, 'Invalid API key')).toMatchObject({ failure: 'authentication' });
    expect(failure(429, 'Too many requests')).toMatchObject({ failure: 'rate_limit' });
    expect(failure(529, 'Overloaded')).toMatchObject({ failure: 'transient' });
    expect(failure(429, 'Claude AI usage limit reached|1795440000')).toMatchObject({
      failure: 'model_quota',
      resetsAt: new Date('2026-11-23T13:20:00.000Z'),
    });
  });

  it('without a result event it has failed, also with exit code 0', () => {
    expect(play(createClaudeCodeParser(), [], 0).end).toMatchObject({
      kind: 'failed',
      failure: 'agent',
    });
    expect(play(createClaudeCodeParser(), [], 143).end.kind).toBe('interrupted');
    expect(play(createClaudeCodeParser(), [], null).end.kind).toBe('interrupted');
  });

  it('lines that are no events are output, never an error', () => {
    const parser = createClaudeCodeParser();
    for (const line of [
      'plain',
      '{broken',
      '[]',
      '{"type":5}',
      '{"type":"result","usage":7}',
      '',
    ]) {
      expect(() => parser.line('stdout', line)).not.toThrow();
    }
    expect(parser.line('stderr', 'warning')).toEqual([
      { type: 'output', stream: 'stderr', text: 'warning' },
    ]);
  });
});

describe('what Codex 0.169.0 printed', () => {
  it('a good run', async () => {
    const played = await sample('codex', 'codex-0.169.0-cx-ok');
    expect(types(played, 'tool')).toHaveLength(4);
    expect(played.end).toMatchObject({
      kind: 'completed',
      message: expect.stringContaining('RangeError'),
    });
    expect(played.parser.usage()).toEqual({
      inputTokens: 52464,
      outputTokens: 237,
      cachedTokens: 0,
      turns: 1,
      costUsd: null,
    });
  });

  it('no change is completed with its reason', async () => {
    const { end } = await sample('codex', 'codex-0.169.0-cx-no-change');
    expect(end).toMatchObject({
      kind: 'completed',
      message: expect.stringContaining('Nothing needs to change'),
    });
  });

  it('a wrong key is an authentication failure after a retry', async () => {
    const played = await sample('codex', 'codex-0.169.0-cx-err-401', 1);
    expect(types(played, 'retrying')).toMatchObject([{ status: 401 }]);
    expect(played.end).toMatchObject({ kind: 'failed', failure: 'authentication' });
  });

  it('exit code 0 without a completed turn has failed', () => {
    expect(play(createCodexParser(), [], 0).end.kind).toBe('failed');
  });
});

describe('what any command prints', () => {
  it('plain lines are output and the last of them its last words', () => {
    const played = play(createCommandParser(), ['one', 'two'], 0);
    expect(types(played, 'output')).toHaveLength(2);
    expect(played.end).toMatchObject({ kind: 'completed', message: 'one\ntwo' });
  });

  it('its reason for no change is kept from where it begins', () => {
    const { end } = play(
      createCommandParser(),
      ['noise', 'NO CHANGE NEEDED: done already', 'bye'],
      0,
    );
    expect(end.message).toBe('NO CHANGE NEEDED: done already\nbye');
  });

  it('its result line ends it, with usage', () => {
    const line = '{"type":"result","message":"all done","usage":{"inputTokens":3,"costUsd":0.5}}';
    const played = play(createCommandParser(), ['{"type":"message","text":"hm"}', line], 0);
    expect(played.end).toMatchObject({ kind: 'completed', message: 'all done' });
    expect(played.parser.usage()).toMatchObject({ inputTokens: 3, costUsd: 0.5 });
  });

  it('an exit code other than 0 and an error result have failed', () => {
    expect(play(createCommandParser(), ['x'], 1).end.kind).toBe('failed');
    const result = '{"type":"result","message":"no","isError":true}';
    expect(play(createCommandParser(), [result], 0).end.kind).toBe('failed');
  });
});
