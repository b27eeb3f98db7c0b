import createDOMPurify from 'dompurify';
import type { MarkdownAnswer, MarkdownRequest } from './markdown-worker.ts';
// oxlint-disable-next-line import/default -- Vite makes it
import workerUrl from './markdown-worker.ts?worker&url';

/** A text that takes longer is shown as it is written. */
const limitMs = 250;
/** Starting the worker does not count against the text. */
const firstLimitMs = 5000;
/** More HTML than a person reads; cleaning it would hold the page up. */
const htmlLength = 400_000;

/** Markdown of others as HTML that can do nothing; null when it took too long or grew too large. */
export interface MarkdownRenderer {
  render(text: string): Promise<TrustedHTML | string | null>;
}

export function createMarkdownRenderer(): MarkdownRenderer {
  const purify = createPurify();
  const waiting = new Map<number, (html: string | null) => void>();
  let worker: Worker | null = null;
  let isWarm = false;
  let asked = 0;
  // A policy can be made once only; a worker is made again after each text that was too slow.
  const url = trustedUrl(workerUrl);
  const start = (): Worker => {
    const fresh = new Worker(url as string, { type: 'module' });
    fresh.addEventListener('message', ({ data }: MessageEvent<MarkdownAnswer>) => {
      isWarm = true;
      waiting.get(data.id)?.(data.html);
    });
    fresh.addEventListener('error', () => stop());
    return fresh;
  };
  const stop = (): void => {
    worker?.terminate();
    worker = null;
    isWarm = false;
    for (const answer of waiting.values()) answer(null);
  };
  // One after the other: the limit is for one text, not for those before it.
  let last: Promise<unknown> = Promise.resolve();
  const ask = (text: string): Promise<string | null> =>
    new Promise((resolve) => {
      asked += 1;
      const request: MarkdownRequest = { id: asked, text };
      const timer = setTimeout(stop, isWarm ? limitMs : firstLimitMs);
      waiting.set(request.id, (html) => {
        clearTimeout(timer);
        waiting.delete(request.id);
        resolve(html);
      });
      worker ??= start();
      worker.postMessage(request);
    });
  return {
    render: async (text) => {
      const answer = last.then(() => ask(text));
      last = answer;
      const html = await answer;
      return html === null || html.length > htmlLength ? null : purify(html);
    },
  };
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
