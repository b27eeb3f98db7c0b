/** A kind of secret that is known by its look. */
export interface FormatRule {
  readonly kind: string;
  /** Group 1, where there is one, is the secret; else the whole match. Every repetition is bounded. */
  readonly pattern: RegExp;
  /** What is left alone though it matches: rules that go by the words around are guesses. */
  readonly leave?: (secret: string) => boolean;
}

/** Shapes as their issuers document them; the order matters where one contains another. */
export const formatRules: readonly FormatRule[] = [
  {
    kind: 'github-token',
    pattern: /gh[pousr]_[A-Za-z0-9_.-]{20,1024}/g,
  },
  { kind: 'github-pat', pattern: /github_pat_[A-Za-z0-9_]{20,255}/g },
  { kind: 'anthropic-key', pattern: /sk-ant-[A-Za-z0-9_-]{10,255}/g },
  {
    kind: 'api-key',
    pattern: /(?<![A-Za-z0-9_-])sk-(?=[A-Za-z_-]{0,200}[0-9])[A-Za-z0-9_-]{20,255}/g,
  },
  {
    kind: 'stripe-key',
    pattern: /(?<![A-Za-z0-9])[rsp]k_(?:live|test)_[A-Za-z0-9]{16,255}/g,
  },
  {
    kind: 'aws-key-id',
    pattern: /(?<![A-Za-z0-9])A[KS]IA[A-Z2-7]{16}(?![A-Za-z0-9])/g,
  },
  {
    kind: 'slack-token',
    pattern: /(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,255}/g,
  },
  {
    kind: 'slack-webhook',
    pattern: /hooks\.slack\.com\/(?:services|workflows)\/([A-Za-z0-9/_-]{20,255})/g,
  },
  {
    kind: 'gitlab-token',
    pattern: /gl(?:pat|dt|rt)-[A-Za-z0-9_.-]{20,255}/g,
  },
  { kind: 'npm-token', pattern: /npm_[A-Za-z0-9]{36,64}/g },
  { kind: 'pypi-token', pattern: /pypi-[A-Za-z0-9_-]{50,512}/g },
  { kind: 'google-key', pattern: /(?<![A-Za-z0-9_-])AIza[A-Za-z0-9_-]{35}/g },
  { kind: 'google-token', pattern: /ya29\.[A-Za-z0-9_-]{20,1024}/g },
  { kind: 'huggingface-token', pattern: /(?<![A-Za-z0-9_])hf_[A-Za-z0-9]{30,64}/g },
  {
    kind: 'sendgrid-key',
    pattern: /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}/g,
  },
  {
    kind: 'jwt',
    pattern:
      /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,4096}\.eyJ[A-Za-z0-9_-]{2,8192}\.[A-Za-z0-9_-]{8,2048}/g,
  },
  {
    kind: 'url-password',
    pattern: /:\/\/(?:[^\s/?#@:"'\\<>]{0,256}:)?([^\s/?#@"'\\<>]{1,512})@/g,
    leave: isPlaceholder,
  },
  {
    kind: 'authorization',
    pattern:
      /authorization\\{0,4}["']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,4}["']?(?:(?:bearer|basic|token|digest|negotiate)[ \t]{1,8})?(?!(?:bearer|basic|token|digest|negotiate)[ \t])([A-Za-z0-9._~+/=:-]{6,8192})/gi,
    leave: isPlaceholder,
  },
  {
    kind: 'bearer',
    pattern: /(?<![A-Za-z])bearer {1,4}([A-Za-z0-9._~+/=-]{16,8192})/gi,
  },
  {
    kind: 'cookie',
    pattern:
      /(?<![A-Za-z])(?:set-)?cookie\\{0,4}["']?[ \t]{0,8}[:=][ \t]{0,8}\\{0,4}["']?[A-Za-z0-9_.-]{1,100}=([^\s"'\\;,]{6,4096})/gi,
    leave: isPlaceholder,
  },
  {
    kind: 'assignment',
    pattern:
      /(?:password|passwd|passphrase|pwd|secret|secret[_-]?key|api[_-]?key|access[_-]?key|account[_-]?key|private[_-]?key|token)\\{0,4}["']?[ \t]{0,8}(?:=|:)[ \t]{0,8}\\{0,4}["']?([^\s"'\\,;&<>]{6,1024})/gi,
    leave: looksLikeCode,
  },
];

/** A variable or a row of stars where a secret would stand. */
function isPlaceholder(value: string): boolean {
  return /^[$%{*]/.test(value);
}

/** What stands after `password=` in code and documents and is no secret. */
function looksLikeCode(value: string): boolean {
  return (
    /^(?:[$%{(/*.]|process\.|env\.|os\.|self\.|this\.|config\.|secrets?\.)/.test(value) ||
    /[()[\]{}]/.test(value) ||
    /^(?:string|number|boolean|undefined|null|true|false|required|optional|unknown|readonly)\b/i.test(
      value,
    ) ||
    /^(.)\1*$/.test(value)
  );
}
