import { ParleyError } from "parleyjs";

/** The row of a statement that always gives one. */
export function onlyRow<Row>({ rows }: { readonly rows: readonly Row[] }): Row {
  const [row] = rows;
  if (row === undefined) throw new ParleyError("INTERNAL", "a statement that always returns a row returned none");
  return row;
}
