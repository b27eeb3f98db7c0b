import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** What the scripted model says in one turn. */
export type ModelTurn =
  | { readonly text: string }
  | { readonly tool: string; readonly input: Readonly<Record<string, unknown>> };

export interface ModelServer {
  readonly url: string;
  /** Every request as it arrived. */
  readonly requests: readonly ModelRequest[];
  close(): Promise<void>;
}

export interface ModelRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

interface Asked {
  readonly model?: string;
  readonly stream?: boolean;
  readonly tools?: readonly unknown[];
  readonly messages?: readonly { readonly role: string; readonly content: unknown }[];
}

/** Turns in their order; as a function, from the body of the request, for conversations that differ. */
export type ModelScript = readonly ModelTurn[] | ((body: string) => readonly ModelTurn[]);

/**
 * The Anthropic Messages API with a script instead of a model: the n-th turn of the conversation is the n-th of the
 * script, told by how many tool results came back. Requests without tools (titles, summaries) get one word.
 */
export async function startModelServer(script: ModelScript): Promise<ModelServer> {
  const requests: ModelRequest[] = [];
  const server = createServer((incoming, answer) => {
    void serve(script, requests, incoming, answer);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => closeServer(server),
  };
}

async function serve(
  script: ModelScript,
  requests: ModelRequest[],
  incoming: IncomingMessage,
  answer: ServerResponse,
): Promise<void> {
  const body = await text(incoming);
  const { method = '', url: path = '', headers } = incoming;
  requests.push({ method, path, headers, body });
  if (!path.startsWith('/v1/messages') || method !== 'POST')
    return void answer.writeHead(404).end();
  const asked = JSON.parse(body) as Asked;
  if (path.includes('count_tokens')) return void answer.end('{"input_tokens":100}');
  const turn = turnFor(typeof script === 'function' ? script(body) : script, asked);
  if (asked.stream === true) stream(answer, asked.model ?? 'scripted', turn);
  else answer.end(JSON.stringify(wholeMessage(asked.model ?? 'scripted', turn)));
}

function turnFor(script: readonly ModelTurn[], asked: Asked): ModelTurn {
  if ((asked.tools ?? []).length === 0) return { text: 'ok' };
  const results = (asked.messages ?? [])
    .flatMap(({ content }) => (Array.isArray(content) ? (content as { type?: string }[]) : []))
    .filter(({ type }) => type === 'tool_result').length;
  return script[results] ?? { text: 'Done.' };
}

function block(turn: ModelTurn): Record<string, unknown> {
  if ('text' in turn) return { type: 'text', text: turn.text };
  return {
    type: 'tool_use',
    id: `toolu_${turn.tool}_${Math.random()}`.replace('.', ''),
    name: turn.tool,
    input: turn.input,
  };
}

function wholeMessage(model: string, turn: ModelTurn): Record<string, unknown> {
  return {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model,
    content: [block(turn)],
    stop_reason: 'text' in turn ? 'end_turn' : 'tool_use',
    stop_sequence: null,
    usage: { input_tokens: 1000, output_tokens: 50 },
  };
}

function stream(answer: ServerResponse, model: string, turn: ModelTurn): void {
  answer.writeHead(200, { 'content-type': 'text/event-stream' });
  const send = (type: string, event: object) =>
    answer.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...event })}\n\n`);
  const message = { ...wholeMessage(model, turn), content: [], stop_reason: null };
  const content = block(turn);
  const isText = content['type'] === 'text';
  send('message_start', {
    message: { ...message, usage: { input_tokens: 1000, output_tokens: 1 } },
  });
  send('content_block_start', {
    index: 0,
    content_block: isText ? { type: 'text', text: '' } : { ...content, input: {} },
  });
  send('content_block_delta', {
    index: 0,
    delta: isText
      ? { type: 'text_delta', text: content['text'] }
      : { type: 'input_json_delta', partial_json: JSON.stringify(content['input']) },
  });
  send('content_block_stop', { index: 0 });
  send('message_delta', {
    delta: { stop_reason: isText ? 'end_turn' : 'tool_use', stop_sequence: null },
    usage: { output_tokens: 50 },
  });
  send('message_stop', {});
  answer.end();
}

function closeServer(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((closed) => server.close(() => closed()));
}
