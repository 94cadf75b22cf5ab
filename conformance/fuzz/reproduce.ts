/** Names one case: the same three give the same input and the same course. */
export interface CaseId {
  readonly target: string;
  readonly seed: number;
  readonly number: number;
}

export function reproduceWith({ target, seed, number }: CaseId): string {
  return `npm run conformance -- fuzz --target ${target} --seed ${seed} --case ${number}`;
}
