/** Lines of the program, for what this library says about it. */

/** Where this library is: its frames are not the program's. */
const own = new URL('..', import.meta.url).pathname

/** The line of the program that called the library. */
export function placeOfCaller(): string {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = 30
  const frames = (new Error().stack ?? '').split('\n').slice(1)
  Error.stackTraceLimit = limit
  const frame = frames.find(line => !line.includes(own)) ?? ''
  const place = /\(?((?:file:|https?:|\/|[A-Z]:)[^\s()]*)\)?\s*$/.exec(frame)?.[1] ?? 'unknown place'
  // Closures are cut out of files whose lines they keep.
  return place.replace(/\?fl=\w+|\.fl-\w+\.mjs/, '')
}
