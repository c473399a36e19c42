import type { RowChange, RowOf, TableName } from '../../app/project/rows.ts';

type Identified = { readonly id: string };

/** A row that is new. */
export function put<Table extends TableName>(
  table: Table,
  after: RowOf<Table> & Identified,
): RowChange {
  return { table, id: after.id, after } as RowChange;
}

/** A row with other values. */
export function changed<Table extends TableName>(
  table: Table,
  before: RowOf<Table> & Identified,
  after: RowOf<Table>,
): RowChange {
  return { table, id: before.id, before, after } as RowChange;
}

/** A row that goes. */
export function removed<Table extends TableName>(
  table: Table,
  before: RowOf<Table> & Identified,
): RowChange {
  return { table, id: before.id, before } as RowChange;
}

/** A setting; absent value: forgets it. */
export function setting(id: string, before: unknown, value: unknown): RowChange {
  return {
    table: 'settings',
    id,
    ...(before === undefined ? {} : { before: { id, value: before } }),
    ...(value === undefined ? {} : { after: { id, value } }),
  };
}
