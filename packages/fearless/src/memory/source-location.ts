/** Source lines of the program, for the messages of this library. */

/** The path of this library, whose frames are not the program's. */
const own = new URL('..', import.meta.url).pathname

/** Whether a stack frame, or its file, belongs to the library. */
export function isOwnFrame(frame: string): boolean {
  return frame.includes(own)
}

/** Returns the source line of the program that called the library. */
export function placeOfCaller(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const { stack } = new Error()
  Error.stackTraceLimit = limit
  return placeIn(stack) ?? 'unknown place'
}

/** Returns the first location in a stack that belongs to the program, or undefined. */
export function placeIn(stack: string | undefined): string | undefined {
  const frames = (stack ?? '').split('\n').slice(1)
  const frame = frames.find(line => !isOwnFrame(line)) ?? ''
  // Closures are extracted into files of other names, which keep the line numbers.
  return /\(?((?:file:|https?:|\/|[A-Z]:)[^\s()]*)\)?\s*$/.exec(frame)?.[1].replace(/\?fl=\w+|\.fl-\w+\.mjs/, '')
}
