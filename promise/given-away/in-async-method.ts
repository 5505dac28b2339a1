// A method reads its field after an `await` during which another method has moved the field.
// refused by: run MovedError
import { mpsc, sleep, type Sender } from 'fearless'

class Buffer {
  lines: string[] = ['a']
  flush(to: Sender<string[]>): void {
    to.send(this.lines)
  }
  async last(): Promise<string | undefined> {
    const { lines } = this
    await sleep(5)
    return lines.at(-1)
  }
}

const [tx, rx] = mpsc.channel<string[]>()
const buffer = new Buffer()
const last = buffer.last()
buffer.flush(tx)
console.log((await rx.recv()).length, await last)
