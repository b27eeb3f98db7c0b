import { isObject } from './overlays.ts';

const secretName = /(?:password|passwd|secret|api_?key|private_?key|credential|token)$/iu;

/** The value with `***` for texts whose name promises a secret below `env`, and `redact` over all other texts. */
export function maskedValue(
  key: string,
  value: unknown,
  redact: (text: string) => string,
): unknown {
  return masked(value, key.split('.'), redact);
}

function masked(
  value: unknown,
  path: readonly string[],
  redact: (text: string) => string,
): unknown {
  if (typeof value === 'string') {
    const isNamed = path.includes('env') && secretName.test(path.at(-1) ?? '') && value !== '';
    return isNamed ? '***' : redact(value);
  }
  if (Array.isArray(value)) return value.map((one) => masked(one, path, redact));
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, masked(inner, [...path, name], redact)]),
  );
}
