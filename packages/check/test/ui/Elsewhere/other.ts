/** Functions of the same names as the library's. */
export const move = <T>(f: () => T): (() => T) => f
export const thread = { spawn: <T>(f: () => T): T => f() }
