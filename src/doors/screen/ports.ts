import type { z } from 'zod';
import type { Contract, Schema } from '../../operations/operation.ts';

/** What the screen is given: a way through the gate, and what it sits beside. */
export interface ScreenPorts {
  /** Asks one operation as the person at this terminal. Throws AppError. */
  call<C extends Asked>(contract: C, input: z.input<C['input']>): Promise<z.output<C['output']>>;
  /** `own`: the service runs in this process and ends with the screen; `other`: one that runs elsewhere is watched. */
  readonly service: 'own' | 'other';
  /** What the own service said last, newest last; empty beside another one. */
  said(): readonly string[];
}

type Asked = Pick<Contract, 'name'> & { readonly input: Schema; readonly output: Schema };
