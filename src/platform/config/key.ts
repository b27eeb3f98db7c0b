import { z } from 'zod';

/** What a key says of itself; the reference page, the JSON Schema and the error messages are made from it. */
export interface KeyMeta {
  readonly description: string;
  /** True when a running service keeps the old value until it is started again. */
  readonly restart?: boolean;
  /** An environment variable beside the generic `CLAUDE_MANAGER_<SECTION>_<KEY>`. */
  readonly env?: string;
  /** Shown in errors where the default says too little. */
  readonly example?: unknown;
}

/** One key: its shape, its default and its meta. */
export function key<T extends z.ZodType>(
  type: T,
  value: z.util.NoUndefined<z.output<T>>,
  meta: KeyMeta,
): z.ZodDefault<T> {
  return type.default(value).meta({ ...meta });
}

/** A group of keys that may be left out; a key that it does not name is an error. */
export function section<T extends z.core.$ZodLooseShape>(description: string, shape: T) {
  return z
    .strictObject(shape)
    .prefault({} as never)
    .meta({ description });
}

/** Commands, hosts, patterns: lines that must not be empty. */
export const lines = z.array(z.string().min(1));
export const positive = z.number().int().min(1);
export const naturalNumber = z.number().int().min(0);
/** Addresses and networks: `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32`. */
export const addresses = z.array(
  z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
    error: 'expected an address or a network, like 192.0.2.7 or 10.0.0.0/8',
  }),
);
/** US dollars; finite, so that a budget always ends. */
export const dollars = z.number().min(0).max(1_000_000);
export const webAddress = z.url({
  protocol: /^https?$/,
  error: 'expected an http or https address',
});
