/** What the hostile agent asks of the kernel itself. Node makes none of these calls; Perl is on every Debian and makes each. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** By family, kind and protocol of socket(2). */
export async function opensSocket(
  family: number,
  kind: number,
  protocol: number,
): Promise<boolean> {
  const said = await perl(
    `print socket(my $s, ${family}, ${kind}, ${protocol}) ? "opened" : "refused: $!"`,
  );
  if (!/opened|refused/.test(said)) throw new Error(`perl said ${said}`);
  return said.includes('opened');
}

/** Calls by their numbers on x86-64 and on arm64, with arguments by which they do no harm where they are granted. */
const systemCalls = {
  io_uring_setup: [425, 425, '8, $room'],
  userfaultfd: [323, 282, '1'],
  add_key: [248, 217, '"user", "hostile", "x", 1, -2'],
  keyctl: [250, 219, '0, -3, 1'],
  bpf: [321, 280, '0, pack("L5", 2, 4, 4, 1, 0) . $room, 72'],
  perf_event_open: [298, 241, 'pack("L2Q", 1, 128, 0) . $room, 0, -1, -1, 0'],
  fsopen: [430, 430, '"tmpfs", 0'],
  open_tree: [428, 428, '-100, "/", 1'],
  kexec_load: [246, 104, '0, 0, 0, 0'],
  init_module: [175, 105, '$room, 0, ""'],
  clock_settime: [227, 112, '0, pack("q2", time, 0)'],
  reboot: [169, 142, '0xfee1dead, 672274793, 0, 0'],
  iopl: [172, -1, '3'],
  acct: [163, 89, '0'],
  ptrace: [101, 117, '0x4206, $pid, 0, 0'],
  pidfd_open: [434, 434, '$pid, 0'],
} as const;

/** Whether the kernel does what is asked of it. */
export async function isGranted(name: keyof typeof systemCalls, pid = 0): Promise<boolean> {
  const [x64, arm64, given] = systemCalls[name];
  const number = process.arch === 'arm64' ? arm64 : x64;
  if (number < 0) return false;
  const said = await perl(
    `my $room = "\\0" x 256; my $pid = ${pid}; my @given = (${given}); print syscall(${number}, @given) >= 0 ? "granted" : "refused: $!"`,
  );
  if (!/granted|refused/.test(said)) throw new Error(`perl said ${said}`);
  return said.includes('granted');
}

async function perl(program: string): Promise<string> {
  return (await run('/usr/bin/perl', ['-e', program], { timeout: 10_000 })).stdout;
}
