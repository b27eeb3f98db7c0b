import { open, readlink } from 'node:fs/promises';
import type { EgressRefusal } from '../../domain/egress-refusal.ts';

/**
 * Connections and packets that found no way out of a network namespace: `OutNoRoutes` of IPv4 and IPv6 (RFC 4293), as
 * its kernel counts them. Inside of a sandbox they are what went past the proxy.
 */
export interface RouteCount {
  unrouted(): Promise<number>;
  close(): Promise<void>;
}

/** Counts from now on, also when no process of the namespace is left: an open file keeps it. Null where none is shown. */
export async function openRouteCount(pid: number): Promise<RouteCount | null> {
  const v4 = await open(`/proc/${pid}/net/snmp`).catch(() => null);
  if (v4 === null) return null;
  const v6 = await open(`/proc/${pid}/net/snmp6`).catch(() => null);
  return {
    unrouted: async () => {
      const [names = [], values = []] = (await contentOf(v4))
        .split('\n')
        .filter((line) => line.startsWith('Ip:'))
        .map((line) => line.split(' '));
      const six = v6 === null ? '' : await contentOf(v6);
      return (
        Number(values[names.indexOf('OutNoRoutes')] ?? 0) +
        Number(/^Ip6OutNoRoutes\s+(\d+)$/m.exec(six)?.[1] ?? 0)
      );
    },
    close: async () => {
      await v4.close();
      await v6?.close();
    },
  };
}

/** Tells what a count has, if anything, as one refusal, and closes it. */
export async function tellUnrouted(
  count: RouteCount | null,
  onRefusal: (refusal: EgressRefusal) => void,
): Promise<void> {
  if (count === null) return;
  const attempts = await count.unrouted();
  await count.close();
  if (attempts === 0) return;
  onRefusal({ host: null, port: null, why: 'it is the only way out', attempts });
}

/** Whether a process has another network than we. */
export async function hasOwnNetwork(pid: number): Promise<boolean> {
  const [own, other] = await Promise.all(
    ['self', pid].map((id) => readlink(`/proc/${id}/ns/net`).catch(() => null)),
  );
  return other !== null && other !== own;
}

/** Files of `/proc` are made anew whenever they are read from their beginning. */
async function contentOf(file: Awaited<ReturnType<typeof open>>): Promise<string> {
  const buffer = Buffer.alloc(2 ** 16);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
  return buffer.toString('latin1', 0, bytesRead);
}
