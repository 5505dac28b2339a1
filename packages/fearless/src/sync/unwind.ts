/** A method that a resource may have: called instead of its disposer when an error is on its way. */
export const UNWIND: unique symbol = Symbol.for('fearless.unwind') as never
