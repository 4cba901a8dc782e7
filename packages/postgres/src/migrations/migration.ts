/** Names that SQL is made for. Checked before: they are written into statements as they are. */
export interface SchemaNames {
  /** The schema, quoted. */
  readonly schema: string;
  /** The channel of its notifications, not quoted. */
  readonly channel: string;
}

/** One step of the schema. Forward only, and never changed once it was released. */
export interface Migration {
  readonly version: number;
  readonly name: string;
  /** The oldest schema version whose code still works after this step: the one before it, at the latest. */
  readonly worksFrom: number;
  /** The statements, to be run in one transaction. */
  readonly sql: (names: SchemaNames) => string;
}
