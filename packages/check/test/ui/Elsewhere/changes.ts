/** Changes what it is given; this file does not use the library. */
export function record(out: number[], x: number): void {
  out.push(x)
}
export const recordAll = (out: number[], xs: readonly number[]): void => xs.forEach(x => record(out, x))
export const lengthOf = (out: readonly number[]): number => out.length
export default class Table {
  readonly rows: number[] = []
  static clear(rows: number[]): void {
    rows.length = 0
  }
}
