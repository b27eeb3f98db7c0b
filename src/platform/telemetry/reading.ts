/** One value that is read when somebody looks. Null: it could not be measured, and is left out. */
export interface Reading {
  readonly name: string;
  readonly help: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number | null;
}
