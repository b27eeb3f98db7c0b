/** Numbers of system calls of one processor as the kernel names it (linux/audit.h), from its tables of calls. */
interface CallTable {
  readonly audit: number;
  readonly clone: number;
  readonly unshare: number;
  /** add_key, request_key, keyctl, perf_event_open, bpf, userfaultfd. */
  readonly forbidden: readonly number[];
  /** socket, socketpair. */
  readonly sockets: readonly number[];
  /** socketcall, of which the first argument says what is asked. */
  readonly socketCall?: number;
}

const x64: CallTable = {
  audit: 0xc000003e,
  clone: 56,
  unshare: 272,
  forbidden: [248, 249, 250, 298, 321, 323],
  sockets: [41, 53],
};
const i386: CallTable = {
  audit: 0x40000003,
  clone: 120,
  unshare: 310,
  forbidden: [286, 287, 288, 336, 357, 374],
  sockets: [359, 360],
  socketCall: 102,
};
const arm64: CallTable = {
  audit: 0xc00000b7,
  clone: 220,
  unshare: 97,
  forbidden: [217, 218, 219, 241, 280, 282],
  sockets: [198, 199],
};
const arm: CallTable = {
  audit: 0x40000028,
  clone: 120,
  unshare: 337,
  forbidden: [309, 310, 311, 364, 386, 388],
  sockets: [281, 288],
};

/** What a processor runs: its own programs and those of its 32-bit forerunner. */
const tables: Readonly<Record<string, readonly CallTable[]>> = {
  x64: [x64, i386],
  arm64: [arm64, arm],
};

/**
 * Local, IPv4, IPv6 and netlink (by which programs list their interfaces). The others are of devices, clusters and ciphers,
 * and one of them (vsock) goes to the host of a virtual machine past every namespace of networks.
 */
const families = [1, 2, 10, 16];

/** The same number everywhere: clone3, whose flags no filter can read, and io_uring_setup, _enter, _register. */
const answeredAsMissing = [435, 425, 426, 427];
const newUser = 0x1000_0000;
/** Calls of the x32 table carry this bit (asm/unistd.h). */
const x32 = 0x4000_0000;

const load = 0x20;
const jumpIfEqual = 0x15;
const jumpIfAtLeast = 0x35;
const jumpIfAny = 0x45;
const answer = 0x06;
const allow = 0x7fff_0000;
const kill = 0x8000_0000;
const notPermitted = 0x0005_0001;
const notImplemented = 0x0005_0026;
const noSuchFamily = 0x0005_0061;

type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, value: number];

/**
 * A filter of system calls (seccomp(2), classic BPF) for foreign code: no namespace of users, in which it would be root
 * over parts of the kernel that an ordinary user never reaches; no keyrings, which it would share with us; no sockets but of ordinary networks; and none of
 * the calls that most ways out of a sandbox went through and no program for building software needs. The C library goes
 * back to `clone` where `clone3` is missing. Null for a processor whose numbers we do not have.
 */
export function systemCallFilter(arch: string): Buffer | null {
  const known = tables[arch];
  if (known === undefined) return null;
  const sections = known.map(section);
  const program: Instruction[] = [[load, 0, 0, 4]];
  known.forEach(({ audit }, at) => {
    program.push([jumpIfEqual, 0, sections[at]?.length ?? 0, audit], ...(sections[at] ?? []));
  });
  program.push([answer, 0, 0, kill]);
  return encoded(program);
}

/** prctl(2). */
const controls: Readonly<Record<string, number>> = { x64: 157, arm64: 167 };

/**
 * Words before a command by which Perl, which every Debian has, puts the filter on itself and becomes the command: for a
 * sandbox that takes no filter of ours. Empty for a processor whose numbers we do not have.
 */
export function underFilter(arch: string): readonly string[] {
  const [filter, call] = [systemCallFilter(arch), controls[arch]];
  if (filter === null || call === undefined) return [];
  // PR_SET_NO_NEW_PRIVS, then PR_SET_SECCOMP with SECCOMP_MODE_FILTER and a `struct sock_fprog`.
  const program = [
    'my $code = pack("H*", shift)',
    'my $filter = pack("S x![P] P", length($code) / 8, $code)',
    `syscall(${call}, 38, 1, 0, 0, 0) == 0 && syscall(${call}, 22, 2, $filter) == 0 or die "no filter of system calls: $!\\n"`,
    'exec { $ARGV[0] } @ARGV or die "$ARGV[0]: $!\\n"',
  ];
  return ['/usr/bin/perl', '-e', program.join('; '), filter.toString('hex')];
}

/** What holds for one table; every way through it ends with an answer. */
function section({
  audit,
  clone,
  unshare,
  forbidden,
  sockets,
  socketCall,
}: CallTable): readonly Instruction[] {
  const parts: Instruction[] = [[load, 0, 0, 0]];
  if (audit === x64.audit) parts.push(...ifThen(jumpIfAtLeast, x32, notImplemented));
  for (const call of answeredAsMissing) parts.push(...ifThen(jumpIfEqual, call, notImplemented));
  for (const call of forbidden) parts.push(...ifThen(jumpIfEqual, call, notPermitted));
  const byFamily: Instruction[] = [[load, 0, 0, 16]];
  for (const family of families) byFamily.push(...ifThen(jumpIfEqual, family, allow));
  byFamily.push([answer, 0, 0, noSuchFamily]);
  for (const call of sockets) parts.push([jumpIfEqual, 0, byFamily.length, call], ...byFamily);
  if (socketCall !== undefined) {
    // Its second argument lies in memory, where no filter reads; the C library has the calls of their own as well.
    const byCall = [[load, 0, 0, 16], ...ifThen(jumpIfEqual, 1, notImplemented)] as Instruction[];
    parts.push([jumpIfEqual, 0, byCall.length + 1, socketCall], ...byCall, [answer, 0, 0, allow]);
  }
  // Both take their flags as the first argument, whose lower half lies first on these processors.
  parts.push([jumpIfEqual, 1, 0, clone], [jumpIfEqual, 0, 3, unshare]);
  parts.push([load, 0, 0, 16], ...ifThen(jumpIfAny, newUser, notPermitted));
  parts.push([answer, 0, 0, allow]);
  return parts;
}

function ifThen(jump: number, value: number, said: number): readonly Instruction[] {
  return [
    [jump, 0, 1, value],
    [answer, 0, 0, said],
  ];
}

/** `struct sock_filter` (linux/filter.h), eight bytes each. */
function encoded(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, value], at) => {
    bytes.writeUInt16LE(code, at * 8);
    bytes.writeUInt8(ifTrue, at * 8 + 2);
    bytes.writeUInt8(ifFalse, at * 8 + 3);
    bytes.writeUInt32LE(value, at * 8 + 4);
  });
  return bytes;
}
