import { z } from 'zod';

// Schemas are checked without code made at run time, which the content security policy forbids. Imported before every
// module that makes a schema: zod tries it out when the first one is made.
z.config({ jitless: true });
