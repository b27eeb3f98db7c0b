import { ShieldCheck } from 'lucide-react';
import { definePage } from '../../page.ts';
import { reportSearch, securitySearch } from './search.ts';

/** Who came in and who was kept out, what secrets are how old, and whether the audit log is what was written. */
export const security = definePage({
  path: '/security',
  title: 'Security',
  permission: null,
  search: securitySearch,
  nav: { icon: ShieldCheck },
  places: [
    { word: 'Security: audit log', search: { tab: 'audit' } },
    { word: 'Security: verify the audit log', search: { tab: 'chain' } },
    { word: 'Security: blocked clients', search: { tab: 'blocked' } },
    { word: 'Security: sessions', search: { tab: 'sessions' } },
    { word: 'Security: API tokens', search: { tab: 'tokens' } },
    { word: 'Security: credentials', search: { tab: 'credentials' } },
  ],
  load: () => import('./security.tsx').then(({ SecurityPage }) => ({ View: SecurityPage })),
});

/** The evidence report, to be read and printed. */
export const evidenceReport = definePage({
  path: '/security/report',
  title: 'Audit evidence',
  permission: 'audit:read',
  search: reportSearch,
  places: [{ word: 'Security: evidence report' }],
  load: () => import('./report.tsx').then(({ ReportPage }) => ({ View: ReportPage })),
});
