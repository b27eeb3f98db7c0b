import createDOMPurify from 'dompurify';
import type { MarkdownAnswer, MarkdownRequest } from './markdown-worker.ts';
// oxlint-disable-next-line import/default -- Vite makes it
import workerUrl from './markdown-worker.ts?worker&url';

/** A text that takes longer is shown as it is written. */
const limitMs = 250;
/** Starting the worker does not count against the text; one that does not start by then never will. */
const startLimitMs = 10_000;
/** More HTML than a person reads; cleaning it would hold the page up. */
const htmlLength = 400_000;

/** Markdown of others as HTML that can do nothing; null when it took too long or grew too large. */
export interface MarkdownRenderer {
  render(text: string): Promise<TrustedHTML | string | null>;
}

export function createMarkdownRenderer(): MarkdownRenderer {
  const purify = createPurify();
  // A policy can be made once only; a worker is made again after each text that was too slow.
  const url = trustedUrl(workerUrl);
  let worker: Promise<Worker | null> | null = null;
  const stop = async (): Promise<void> => {
    const ending = worker;
    worker = null;
    (await ending)?.terminate();
  };
  let asked = 0;
  // One after the other: the limit is for one text, not for those before it.
  let last: Promise<unknown> = Promise.resolve();
  const ask = async (text: string): Promise<string | null> => {
    worker ??= start(url);
    const ready = await worker;
    if (ready === null) {
      worker = null;
      return null;
    }
    asked += 1;
    const request: MarkdownRequest = { id: asked, text };
    ready.postMessage(request);
    const html = await answerOf(ready, request.id, limitMs);
    if (html === null) await stop();
    return html;
  };
  return {
    render: async (text) => {
      const answer = last.then(() => ask(text));
      last = answer;
      const html = await answer;
      return html === null || html.length > htmlLength ? null : purify(html);
    },
  };
}

/** A worker that has said that it is ready; null when it does not start. */
async function start(url: TrustedScriptURL | string): Promise<Worker | null> {
  const worker = new Worker(url as string, { type: 'module' });
  if ((await answerOf(worker, 0, startLimitMs)) !== null) return worker;
  worker.terminate();
  return null;
}

/** What the worker answers to a request; null when it fails or takes longer. */
function answerOf(worker: Worker, id: number, withinMs: number): Promise<string | null> {
  return new Promise((resolve) => {
    const end = (html: string | null): void => {
      clearTimeout(timer);
      worker.removeEventListener('message', hear);
      worker.removeEventListener('error', fail);
      resolve(html);
    };
    const hear = ({ data }: MessageEvent<MarkdownAnswer>): void => {
      if (data.id === id) end(data.html);
    };
    const fail = (): void => end(null);
    const timer = setTimeout(fail, withinMs);
    worker.addEventListener('message', hear);
    worker.addEventListener('error', fail);
  });
}

const tags =
  'a p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong s table thead tbody tr th td'.split(
    ' ',
  );

/** DOMPurify needs a document, so it runs on the page; what it gets is the worker's bounded output. */
function createPurify(): (html: string) => TrustedHTML {
  const purify = createDOMPurify(window);
  purify.addHook('afterSanitizeAttributes', (node) => {
    if (!(node instanceof HTMLAnchorElement)) return;
    node.rel = 'noopener noreferrer nofollow';
    node.target = '_blank';
  });
  return (html) =>
    purify.sanitize(html, {
      ALLOWED_TAGS: tags,
      ALLOWED_ATTR: ['href', 'start', 'align'],
      ALLOWED_URI_REGEXP: /^https?:\/\//iu,
      RETURN_TRUSTED_TYPE: true,
    });
}

/** The one policy of ours that the content security policy names: it lets our own worker start, nothing else. */
function trustedUrl(url: string): TrustedScriptURL | string {
  const own = new URL(url, location.origin);
  if (own.origin !== location.origin) throw new Error(`not our own script: ${url}`);
  const policy = window.trustedTypes?.createPolicy('dashboard', {
    createScriptURL: (given) => given,
  });
  return policy === undefined ? own.href : policy.createScriptURL(own.href);
}
