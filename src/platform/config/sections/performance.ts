import { z } from 'zod';
import { key, positive, section } from '../key.ts';

export const performance = section('Measuring the service itself.', {
  monitoringEnabled: key(z.boolean(), true, {
    description: 'Keep figures of every operation.',
  }),
  retentionDays: key(positive.max(3650), 30, { description: 'Days that figures are kept.' }),
});
