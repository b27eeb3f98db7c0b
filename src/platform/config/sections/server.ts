import { z } from 'zod';
import { addresses, key, lines, positive, section, webAddress } from '../key.ts';

export const server = section('The server of the REST API and the dashboard.', {
  host: key(z.string().min(1).max(255), '127.0.0.1', {
    description: 'Address to listen on. 0.0.0.0 and :: listen everywhere: put https in front.',
    restart: true,
  }),
  port: key(z.number().int().min(0).max(65_535), 8080, {
    description: 'Port to listen on; 0 takes any free one.',
    restart: true,
  }),
  publicUrl: key(webAddress.nullable(), null, {
    description:
      'Address that people use when a proxy stands in front; with https sessions are held to https.',
    restart: true,
    example: 'https://manager.example.com',
  }),
  allowedHosts: key(lines, [], {
    description:
      'Host names that requests may be for, beside localhost, the address to listen on and publicUrl.',
    restart: true,
    example: ['manager.internal'],
  }),
  trustedProxies: key(addresses, [], {
    description:
      'Addresses or ranges of proxies whose X-Forwarded headers are believed; nobody is by default.',
    restart: true,
    example: ['10.0.0.0/8'],
  }),
  bodyLimitKb: key(positive.max(10_240), 1024, {
    description: 'Largest body of a request, in kilobytes.',
    restart: true,
  }),
  maxConnections: key(positive.max(100_000), 1000, {
    description: 'Connections that are held open at once.',
    restart: true,
  }),
  maxConnectionsPerAddress: key(positive.max(100_000), 100, {
    description:
      'The same for one client address, an IPv6 network of 64 bits being one. This machine and trustedProxies are not counted.',
    restart: true,
  }),
});
