import { setFlagsFromString } from 'node:v8';
import type { FolderReader } from '../domain/ports/git.ts';
import { commandOfSearch, takeBegunSearch } from '../integrations/git/begun-search.ts';
import { createFolderReader } from '../integrations/git/folder-reader.ts';
import { createGit } from '../integrations/git/git.ts';
import { createTreeReader, type OpenTreeReader } from '../integrations/git/tree-reader.ts';
import { type BegunLook, beginLook, usualSearch } from '../pipeline/scan/begin-look.ts';

/** What `scan --path` reads with. */
export interface ScanRooms {
  readonly trees: OpenTreeReader;
  readonly folders: FolderReader;
}

/** A search that was begun for the first path of a command line before anything else was loaded. */
export interface SearchAhead {
  readonly rooms: ScanRooms;
  /** As it was typed. */
  readonly path: string;
  readonly look: Promise<BegunLook>;
  /** To be called when all modules are loaded; from then on less is compiled. */
  programLoaded(): void;
  /** Ends what nobody took over. */
  close(): void;
  /** The same, and the process as soon as all is written. */
  end(): void;
}

/** The words with which `run` begins the search that a plain scan asks for. */
export const commandOfScan = commandOfSearch(usualSearch());

export function openScanRooms(): ScanRooms {
  const git = createGit({ environment: process.env });
  const begun = takeBegunSearch(process.env, commandOfScan);
  return { trees: createTreeReader({ git, begun }), folders: createFolderReader({ git }) };
}

/**
 * Lets git search while the rest of the program is loaded: that takes as long as the search of a small repository. It
 * knows no more of the command line than the plainest form; null for any other. Nothing is read or told of what is found
 * before the command line and the gate have said yes.
 */
export function searchAhead(words: readonly string[]): SearchAhead | null {
  const [command, flag, path, ...others] = words;
  const isPlain =
    command === 'scan' &&
    flag === '--path' &&
    path !== undefined &&
    !path.startsWith('-') &&
    /^(?:|--format \w+)$/u.test(others.join(' '));
  if (!isPlain) return null;
  const rooms = openScanRooms();
  const look = beginLook(rooms, path, []);
  // The rejection is seen by who scans.
  look.catch(() => undefined);
  const close = () => {
    rooms.trees.close();
    setFlagsFromString('--turbofan');
    setFlagsFromString('--regexp-tier-up');
  };
  return {
    rooms,
    path,
    look,
    // A scan is over before the last stage of the compiler has paid for itself. Not said when Node starts: compiled code
    // that was kept, Node's own too, is only good for the same settings.
    programLoaded: () => {
      setFlagsFromString('--no-turbofan');
      // An expression looks at so much text that it is compiled at once, not first interpreted.
      setFlagsFromString('--no-regexp-tier-up');
    },
    close,
    end: () => {
      close();
      // Nothing is left to do, and taking a process apart takes longer than to end it.
      process.stdout.write('', (error) => {
        // Who hears the errors of the output tells it and ends the process.
        if (!error) process.exit();
      });
    },
  };
}
