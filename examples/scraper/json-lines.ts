/**
 * A file of JSON lines that is complete up to its last line at every moment.
 *
 * `write` returns when the file has room again, so a slow disk slows the crawl instead of filling the memory.
 * A disk that fails is told by the next `write`, or by `close`.
 */
import { createWriteStream } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { once } from 'node:events'

export class JsonLines {
  readonly #stream: WriteStream
  #failure: Error | undefined
  /** Settles when the stream has room again; one for all who wait. */
  #room: Promise<void> | undefined

  private constructor(stream: WriteStream) {
    this.#stream = stream
    stream.on('error', error => {
      this.#failure ??= error
    })
  }

  /** Throws if the file cannot be written. */
  static async open(path: string): Promise<JsonLines> {
    const stream = createWriteStream(path)
    await once(stream, 'open')
    return new JsonLines(stream)
  }

  async write(value: unknown): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#stream.write(`${JSON.stringify(value)}\n`)) return
    this.#room ??= once(this.#stream, 'drain').then(() => {
      this.#room = undefined
    })
    await this.#room
  }

  async close(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure
    await new Promise<void>((resolve, reject) => {
      this.#stream.once('error', reject)
      this.#stream.end(resolve)
    })
  }
}
