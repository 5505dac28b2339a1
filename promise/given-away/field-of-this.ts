// A field that was moved to a thread is read in the same method.
// refused by: check F0382, run MovedError
import { move, thread } from 'fearless'

class Store {
  rows: number[] = []
  async fill(): Promise<number> {
    const { rows } = this
    await thread.spawn(move(() => rows.push(42)))
    return this.rows.at(0) ?? 0
  }
}

console.log(await new Store().fill())
