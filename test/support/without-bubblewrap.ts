/**
 * Words before a program that then finds no bubblewrap, because in its view of the file system nothing can be started
 * there; null where hiding it is not ours to do: it needs root on Linux.
 */
export const withoutBubblewrap: readonly string[] | null =
  process.platform === 'linux' && process.getuid?.() === 0
    ? [
        'unshare',
        '--mount',
        'sh',
        '-c',
        'if [ -e /usr/bin/bwrap ]; then mount --bind /dev/null /usr/bin/bwrap; fi; exec "$@"',
        'sh',
      ]
    : null;
