/**
 * A file of JSON lines, which at every moment contains only complete lines.
 *
 * `write` returns when the stream has room again, so a slow disk slows the crawl instead of filling the memory. After
 * an error of the disk the next `write`, or `close`, throws.
 */
import { createWriteStream } from 'node:fs'
import type { WriteStream } from 'node:fs'
import { once } from 'node:events'

export class JsonLines {
  readonly #stream: WriteStream
  #failure: Error | undefined
  /** Resolves when the stream has room again; all waiting writes share it. */
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
