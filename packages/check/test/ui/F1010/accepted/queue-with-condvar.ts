import { Arc, Condvar, Mutex } from 'fearless'
export class Queue<T> {
  readonly #items = new Arc(new Mutex<number[]>([]))
  readonly #news = new Arc(new Condvar())
  readonly label: T
  constructor(label: T) { this.label = label }
  push(item: number): void {
    {
      using items = this.#items.lock().wait()
      items.value = [...items.value, item]
    }
    this.#news.notifyOne()
  }
  pop(): number {
    let items = this.#items.lock().wait()
    while (items.value.length === 0) items = this.#news.until(items).wait()
    const [first, ...rest] = items.value
    items.value = rest
    drop(items)
    return first!
  }
}
import { drop } from 'fearless'
