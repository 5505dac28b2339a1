/**
 * Bridges between channels and the platform's streams: sends an iterable into a channel, returns a receiver as a
 * `ReadableStream`.
 */
import { dropHandle, type Handle } from '../memory/handles/handle.ts'

/** The sources whose values `sendAll` sends. */
export type SendSource<T> = Iterable<T> | AsyncIterable<T> | ReadableStream<T>

/** Sends each value of a source, waiting where a send waits. Closes the source's iterator if the send fails. */
export async function sendAll<T>(source: SendSource<T>, send: (value: T) => PromiseLike<void> | void): Promise<void> {
  for await (const value of valuesOf(source)) await send(value)
}

function valuesOf<T>(source: SendSource<T>): Iterable<T> | AsyncIterable<T> {
  return Symbol.iterator in source || Symbol.asyncIterator in source ? source : readerOf(source)
}

/** Iterates over a stream on platforms whose streams are not async iterable. */
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

/** Returns a stream of the receiver's messages. It drops the receiver when it is cancelled or ends. */
export function streamOfReceiver<T>(receiver: Handle & AsyncIterable<T>): ReadableStream<T> {
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
    // The stream receives a message only when a reader asks for one.
    { highWaterMark: 0 },
  )
}
