import pg from 'pg';

/** pg's own parsers, but int8 as a number; beyond 2^53 it throws rather than rounds. Ours alone, not process-wide. */
export const parseTypes: pg.CustomTypesConfig = {
  getTypeParser: (id, format) =>
    id === pg.types.builtins.INT8 && format !== 'binary'
      ? exactNumber
      : pg.types.getTypeParser(id, format),
};

function exactNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 ${text} does not fit a number`);
  return value;
}
