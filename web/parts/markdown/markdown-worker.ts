import MarkdownIt from 'markdown-it';

/** Turns Markdown into HTML text, away from the page: a text made to be slow costs only this worker. */
const markdown = new MarkdownIt({ html: false, linkify: true, typographer: false });

// Images would ask other hosts; their words stay as a link.
markdown.renderer.rules['image'] = (tokens, index) => {
  const token = tokens[index];
  const words = markdown.utils.escapeHtml(token?.content ?? '');
  const source = String(token?.attrGet('src') ?? '');
  return `<a href="${markdown.utils.escapeHtml(source)}">${words === '' ? 'image' : words}</a>`;
};

export interface MarkdownRequest {
  readonly id: number;
  readonly text: string;
}

export interface MarkdownAnswer {
  readonly id: number;
  readonly html: string;
}

self.addEventListener('message', ({ data }: MessageEvent<MarkdownRequest>) => {
  const answer: MarkdownAnswer = { id: data.id, html: markdown.render(data.text) };
  self.postMessage(answer);
});

// Ready: from now on the time is the text's own.
const ready: MarkdownAnswer = { id: 0, html: '' };
self.postMessage(ready);
