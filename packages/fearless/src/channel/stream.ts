/** Channels beside the platform's own streams: everything of an iterable into a channel, a receiver as a `ReadableStream`. */
import { dropHandle, type Handle } from '../memory/handles/handle.ts'

/** What a sender can send everything of. */
export type Source<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T>

/** Sends each value of a source, waiting where a send waits. Whatever ends it, the source learns of it. */
export async function sendAll<T>(source: Source<T>, send: (value: T) => PromiseLike<void> | void): Promise<void> {
  for await (const value of valuesOf(source)) await send(value)
}

function valuesOf<T>(source: Source<T>): Iterable<T> | AsyncIterable<T> {
  return Symbol.iterator in source || Symbol.asyncIterator in source ? source : readerOf(source)
}

/** A stream where the platform cannot iterate it yet. */
async function* readerOf<T>(stream: ReadableStream<T>): AsyncIterable<T> {
  const reader = stream.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if (done) break
      yield value
    }
    ended = true
  } finally {
    if (!ended) await reader.cancel()
    reader.releaseLock()
  }
}

/** A stream of what a receiver receives. Cancelling it, and its end, drop the receiver. */
export function streamOf<T>(receiver: Handle & AsyncIterable<T>): ReadableStream<T> {
  const messages = receiver[Symbol.asyncIterator]()
  return new ReadableStream<T>(
    {
      async pull(controller) {
        try {
          const { done, value } = await messages.next()
          if (done !== true) return controller.enqueue(value)
          controller.close()
        } catch (error) {
          controller.error(error)
        }
        dropHandle(receiver)
      },
      cancel: () => dropHandle(receiver),
    },
    // Nothing is taken out of the channel before somebody reads.
    { highWaterMark: 0 },
  )
}
