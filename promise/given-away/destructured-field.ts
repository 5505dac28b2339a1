// A field that was moved to a thread is read through its object.
// refused by: run MovedError
import { move, thread } from 'fearless'

class Store {
  rows: number[] = []
  async fill(): Promise<void> {
    const { rows } = this
    await thread.spawn(
      move(() => {
        rows.push(42)
      }),
    )
  }
}

const store = new Store()
await store.fill()
console.log(store.rows)
