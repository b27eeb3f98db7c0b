import { key, positive, section } from '../key.ts';

export const database = section(
  'PostgreSQL. DATABASE_URL names an external server; without it an embedded one runs in dataDir.',
  {
    poolSize: key(positive.max(1000), 10, {
      description: 'Connections that one process holds at most.',
      restart: true,
    }),
  },
);
