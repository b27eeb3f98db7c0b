/** How the server stands in the network; from the section `server` of the configuration. */
export interface HttpSettings {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The descriptor of a listening socket that whoever started this process holds; null to open one. */
  readonly inheritedSocket: number | null;
  /** Address that people use, when something stands in front; null when they come directly. */
  readonly publicUrl: string | null;
  /** Host names beside the loopback ones, the bound one and that of the public address. */
  readonly allowedHosts: readonly string[];
  /** Addresses or ranges whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[];
  readonly bodyLimitBytes: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}
