import type pg from 'pg';

/** A statement that is prepared once a connection under its name. */
export interface Prepared {
  readonly name: string;
  readonly text: string;
}

/**
 * Asks what has one answer: the one column of its one row, as the text that PostgreSQL writes; null for NULL and for no
 * row. Values are texts too. For what each call waits for: `pool.query` asks for a description of the columns each time
 * and makes a result of rows, which costs half as much again as the question.
 */
export async function askOne(
  pool: Pick<pg.Pool, 'query'>,
  statement: Prepared,
  values: readonly (string | null)[],
): Promise<string | null> {
  const answer: unknown = pool.query(new OneAnswer(statement, values));
  // The pool's types say that it hands the query back, as a client does; it answers a promise.
  return await (answer as Promise<string | null>);
}

/** As much of a connection as a query of one's own is given (pg, `Submittable`). */
interface Connection {
  readonly stream: { cork(): void; uncork(): void };
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
  parse(statement: Prepared): void;
  bind(of: { readonly statement: string; readonly values: readonly (string | null)[] }): void;
  execute(portal: object): void;
  sync(): void;
}

/** The messages of the extended query protocol in one write, without asking for a description. */
class OneAnswer implements pg.Submittable {
  /** Read by the client, which keeps what it has parsed under them. */
  readonly name: string;
  readonly text: string;
  /** Set by the client. */
  callback: ((error: Error | null, answer?: string | null) => void) | undefined;
  readonly #values: readonly (string | null)[];
  #answer: string | null = null;

  constructor({ name, text }: Prepared, values: readonly (string | null)[]) {
    this.name = name;
    this.text = text;
    this.#values = values;
  }

  submit(given: unknown): void {
    const connection = given as Connection;
    const { parsedStatements, submittedNamedStatements, stream } = connection;
    stream.cork();
    try {
      if ((parsedStatements[this.name] ?? submittedNamedStatements[this.name]) === undefined) {
        connection.parse(this);
        submittedNamedStatements[this.name] = this.text;
      }
      connection.bind({ statement: this.name, values: this.#values });
      connection.execute({});
      connection.sync();
    } finally {
      stream.uncork();
    }
  }

  handleDataRow({ fields }: { readonly fields: readonly (string | null)[] }): void {
    this.#answer = fields[0] ?? null;
  }

  handleCommandComplete(): void {
    // What matters is that the connection is ready again.
  }

  handleError(error: Error): void {
    this.callback?.(error);
  }

  handleReadyForQuery(): void {
    this.callback?.(null, this.#answer);
  }
}
