import { describe, expect, it, onTestFinished } from 'vitest';
import { startModelServer } from '../../../test/support/model-server.ts';
import type { AgentUsage } from '../../domain/agent-event.ts';
import type { AgentCommand } from '../../domain/ports/agent.ts';
import { systemRandom } from '../../lib/random.ts';
import { openModelAccess } from './model-access.ts';

const realKey = 'sk-real-1234';

async function opened(
  secrets: Readonly<Record<string, string>>,
  names = ['ANTHROPIC_API_KEY', 'OTHER'],
) {
  const model = await startModelServer([{ text: 'hello' }]);
  const usages: AgentUsage[] = [];
  const command: AgentCommand = {
    argv: ['agent', `--base="${model.url}"`],
    env: { ANTHROPIC_BASE_URL: model.url, PLAIN: '1' },
    secrets: names,
    stdin: null,
    egress: [],
  };
  const access = await openModelAccess(command, {
    secrets: async (name) => secrets[name],
    random: systemRandom,
    egress: ['api.example.com', new URL(model.url).host],
    onUsage: (usage) => usages.push(usage),
  });
  onTestFinished(async () => {
    await access.close();
    await model.close();
  });
  const url = access.env['ANTHROPIC_BASE_URL'] ?? '';
  const ask = (path: string, headers: Readonly<Record<string, string>>, stream = false) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ model: 'claude-opus-5-5', stream, messages: [], tools: [{}] }),
    });
  return { model, usages, access, ask, url, key: access.env['ANTHROPIC_API_KEY'] ?? '' };
}

describe('the model proxy of a run', () => {
  it('gives the agent a made-up key and the model the real one', async () => {
    const { access, ask, key, model, url } = await opened({
      ANTHROPIC_API_KEY: realKey,
      OTHER: 'plain',
    });
    expect(JSON.stringify(access)).not.toContain(realKey);
    expect(access.env).toMatchObject({ PLAIN: '1', OTHER: 'plain' });
    expect(access.argv).toEqual(['agent', `--base="${url}"`]);
    const answer = await ask('/v1/messages?beta=true', { 'x-api-key': key, cookie: 'a=b' });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ content: [{ text: 'hello' }] });
    expect(model.requests[0]?.path).toBe('/v1/messages?beta=true');
    expect(model.requests[0]?.headers).toMatchObject({ 'x-api-key': realKey });
    expect(model.requests[0]?.headers.cookie).toBeUndefined();
  });

  it('adds a subscription token as a bearer with its beta header', async () => {
    const { ask, key, model } = await opened({ CLAUDE_CODE_OAUTH_TOKEN: realKey }, [
      'ANTHROPIC_API_KEY',
    ]);
    await ask('/v1/messages', { 'x-api-key': key, 'anthropic-beta': 'mine' });
    expect(model.requests[0]?.headers).toMatchObject({
      authorization: `Bearer ${realKey}`,
      'anthropic-beta': 'mine,oauth-2025-04-20',
    });
    expect(model.requests[0]?.headers['x-api-key']).toBeUndefined();
  });

  it('meters streamed and whole answers alike', async () => {
    const { ask, key, usages, access } = await opened({ ANTHROPIC_API_KEY: realKey, OTHER: '' });
    await (await ask('/v1/messages', { authorization: `Bearer ${key}` }, true)).text();
    await (await ask('/v1/messages', { 'x-api-key': key })).text();
    await expect.poll(() => usages.length).toBe(2);
    expect(access.usage()).toMatchObject({ inputTokens: 2000, outputTokens: 100, turns: 2 });
    expect(access.usage()?.costUsd).toBeCloseTo(0.01, 6);
  });

  it('serves no other path and nobody without the key of the run', async () => {
    const { ask, key, model } = await opened({ ANTHROPIC_API_KEY: realKey, OTHER: '' });
    for (const path of [
      '/',
      '/v1/files',
      '/v1/messages/batches',
      '/v1/organizations',
      '/v1/messages/../files',
    ]) {
      expect((await ask(path, { 'x-api-key': key })).status).toBe(404);
    }
    expect((await ask('/v1/messages', { 'x-api-key': 'guess' })).status).toBe(401);
    expect((await ask('/v1/messages', {})).status).toBe(401);
    expect(model.requests).toEqual([]);
  });

  it('opens its own port instead of the host of the model', async () => {
    const { access, url } = await opened({ ANTHROPIC_API_KEY: realKey, OTHER: '' });
    expect(access.egress).toEqual(['api.example.com', new URL(url).host]);
  });

  it('names the secrets that have no value', async () => {
    const { access } = await opened({});
    expect(access.missing).toEqual(['OTHER', 'ANTHROPIC_API_KEY']);
  });
});
