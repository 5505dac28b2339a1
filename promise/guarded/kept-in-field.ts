// An object keeps a guarded list in a field and pushes after the release.
// refused by: run TypeError
import { Mutex } from 'fearless'

class Log {
  readonly #lines = new Mutex<string[]>([])
  #last: string[] = []
  async open(): Promise<void> {
    using lines = await this.#lines.lock()
    this.#last = lines.value
  }
  add(line: string): void {
    this.#last.push(line)
  }
  size(): Promise<number> {
    return this.#lines.with(lines => lines.length).then(n => n)
  }
}

const log = new Log()
await log.open()
log.add('a')
console.log(await log.size())
