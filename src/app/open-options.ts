import { dirname } from 'node:path';
import type { ServiceRole } from '../domain/service-role.ts';
import type { Gate } from '../operations/gate.ts';
import type { Needs } from '../operations/operation.ts';
import type { ServicePorts } from '../operations/service/run-service.ts';
import type { OpenServer } from '../operations/service/server.ts';
import type { LoadedConfig } from '../platform/config/load-config.ts';
import type { IdentityRooms } from './doors/open-identity.ts';
import type { SearchAhead } from './search-ahead.ts';

/** What a start was asked for, with the world it runs in. */
export interface OpenOptions {
  readonly needs: Needs;
  /** Its name; light ones load only what it needs. */
  readonly operation: string;
  readonly flags: {
    readonly config?: string;
    readonly debug?: boolean;
    readonly verbose?: boolean;
    /** False starts a service without the rules of the configuration being asked; its schema always is. */
    readonly validateConfig?: boolean;
    /** Nothing goes to the terminal, because something else fills it. */
    readonly quiet?: boolean;
  };
  readonly overrides: Readonly<Record<string, unknown>>;
  /** Values that hold where nothing else sets the key, by key. */
  readonly fallbacks?: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths start. */
  readonly folder: string;
  readonly version: string;
  readonly isTerminal: boolean;
  /** What a service that is started does; all of it when left out. */
  readonly role?: ServiceRole;
  /** A service that looks once and ends, without a server: nothing is made ready for calls. */
  readonly isOnce?: boolean;
  /** A configuration that was read before; else it is read as the flags say. */
  readonly loaded?: LoadedConfig;
  /** Serves also what needs no store, behind the same audited gate, for a program that embeds us. */
  readonly whole?: boolean;
  /** What git was asked before the program was loaded. */
  readonly ahead?: SearchAhead;
}

/** The loop, and the server that may run beside it. */
export interface WorkingRooms {
  readonly service: ServicePorts;
  readonly sandbox: string;
  readonly openServer: OpenServer;
}

/** What was built: the gate and what has to be closed again. */
export interface Manager {
  readonly gate: Gate;
  readonly dataDir: string | null;
  /** Who somebody is; null without a store. */
  readonly identity: IdentityRooms | null;
  /** What drives the loop; null unless the operation needs it. */
  readonly engine: WorkingRooms | null;
  close(): Promise<void>;
}

/** Folder of the configuration file, or where the command was typed. */
export function configFolder(options: OpenOptions, loaded: LoadedConfig): string {
  return loaded.file === null ? options.folder : dirname(loaded.file);
}
