import fc from 'fast-check';
import { expect, it } from 'vitest';
import { applyEdit, emptyDocument, inverseOf, type ProjectDocument } from './document.ts';
import type { Edit, RowChange } from './rows.ts';

const ids = ['a', 'b', 'c', 'd'];

/** One wish: a row of a table gets a value, or goes. */
const wish = fc.record({
  table: fc.constantFrom('points' as const, 'settings' as const),
  id: fc.constantFrom(...ids),
  value: fc.option(fc.integer(), { nil: undefined }),
});
type Wish = typeof wish extends fc.Arbitrary<infer T> ? T : never;

const rowOf = ({ table, id }: Wish, value: number): RowChange['after'] =>
  table === 'settings' ? { id, value } : { id, x: value, y: -value, stratum: 1 };

/** The edit that makes wishes come true, one after the other, with what each row was before. */
function editOf(document: ProjectDocument, wishes: readonly Wish[]): Edit {
  let now = document;
  const changes: RowChange[] = [];
  for (const one of wishes) {
    const { table, id, value } = one;
    const known = now[table].get(id);
    const before = table === 'settings' && now.settings.has(id) ? { id, value: known } : known;
    if (before === undefined && value === undefined) continue;
    const change = {
      table,
      id,
      ...(before === undefined ? {} : { before }),
      ...(value === undefined ? {} : { after: rowOf(one, value) }),
    } as RowChange;
    changes.push(change);
    now = applyEdit(now, { label: '', changes: [change] });
  }
  return { label: 'Wishes', changes };
}

it('any edits are undone by their inverses in reverse, and done again by the inverses of these', () => {
  fc.assert(
    fc.property(fc.array(fc.array(wish, { maxLength: 6 }), { maxLength: 8 }), (rounds) => {
      let document = emptyDocument;
      const history: { readonly edit: Edit; readonly before: ProjectDocument }[] = [];
      for (const wishes of rounds) {
        const edit = editOf(document, wishes);
        history.push({ edit, before: document });
        document = applyEdit(document, edit);
      }
      const end = document;
      for (const { edit, before } of history.toReversed()) {
        document = applyEdit(document, inverseOf(edit));
        expect(document).toEqual(before);
      }
      for (const { edit } of history) document = applyEdit(document, inverseOf(inverseOf(edit)));
      expect(document).toEqual(end);
    }),
  );
});

it('leaves what an edit does not touch as the same objects, so that views of it need not be drawn again', () => {
  const edit = editOf(emptyDocument, [{ table: 'points', id: 'a', value: 3 }]);
  const document = applyEdit(emptyDocument, edit);
  expect(document.points).not.toBe(emptyDocument.points);
  expect(document.layers).toBe(emptyDocument.layers);
  expect(document.settings).toBe(emptyDocument.settings);
  expect(emptyDocument.points.size).toBe(0);
});
