/** One event of a `text/event-stream`. */
export interface StreamEvent {
  readonly event: string;
  readonly data: string;
  /** What the next connection sends as Last-Event-ID; null when the event has none. */
  readonly id: string | null;
}

/** Reads the events of a response as they come; ends when the response ends. Throws what reading throws. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + decoder.decode(value, { stream: true })).split('\n\n');
      rest = blocks.pop() ?? '';
      for (const block of blocks) {
        const event = eventOf(block);
        if (event !== null) yield event;
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** Lines of one event; comments (heartbeats) are none. */
function eventOf(block: string): StreamEvent | null {
  let event = 'message';
  let id: string | null = null;
  const data: string[] = [];
  for (const line of block.split('\n')) {
    const [, name, value] = /^(\w+): ?(.*)$/u.exec(line) ?? [];
    if (name === 'event') event = value ?? '';
    else if (name === 'id') id = value ?? '';
    else if (name === 'data') data.push(value ?? '');
  }
  return data.length === 0 ? null : { event, data: data.join('\n'), id };
}
