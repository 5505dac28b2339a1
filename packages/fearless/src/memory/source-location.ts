/** Lines of the program, for what this library says about it. */

/** Where this library is: its frames are not the program's. */
const own = new URL('..', import.meta.url).pathname

/** Whether a frame of a stack, or its file, is the library's. */
export function isOwnFrame(frame: string): boolean {
  return frame.includes(own)
}

/** The line of the program that called the library. */
export function placeOfCaller(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const { stack } = new Error()
  Error.stackTraceLimit = limit
  return placeIn(stack) ?? 'unknown place'
}

/** The first line of a stack that is the program's. */
export function placeIn(stack: string | undefined): string | undefined {
  const frames = (stack ?? '').split('\n').slice(1)
  const frame = frames.find(line => !isOwnFrame(line)) ?? ''
  // Closures are cut out of files whose lines they keep.
  return /\(?((?:file:|https?:|\/|[A-Z]:)[^\s()]*)\)?\s*$/.exec(frame)?.[1].replace(/\?fl=\w+|\.fl-\w+\.mjs/, '')
}
