import { Mutex, type Wait } from 'fearless'

const count = new Mutex(0)
const increment = (): Wait<number> => count.update(n => n + 1)
class Counter {
  static add() {
    return count.update(n => n + 1)
  }
  add = () => Counter.add()
}
increment()
Counter.add()
new Counter().add()
