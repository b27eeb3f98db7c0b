import { z } from 'zod';
import { key, positive, section, webAddress } from '../key.ts';

export const telemetry = section('What is sent to an OpenTelemetry collector.', {
  otlp: section('OTLP over HTTP, as JSON.', {
    endpoint: key(webAddress.nullable(), null, {
      description:
        'Address of a collector without /v1/logs; null sends nothing. What it does not take is dropped, the files have it all.',
      restart: true,
      env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
      example: 'http://localhost:4318',
    }),
    signals: key(z.array(z.enum(['logs', 'traces', 'metrics'])), ['logs', 'traces', 'metrics'], {
      description: 'What is sent.',
      restart: true,
    }),
    credential: key(z.string().min(1).nullable(), null, {
      description:
        'Name of the credential whose value is sent as the header `authorization`; null sends none.',
      restart: true,
      example: 'OTLP_AUTHORIZATION',
    }),
    everySeconds: key(positive.max(3600), 15, {
      description: 'Seconds between two times that the figures are sent.',
      restart: true,
    }),
  }),
});
